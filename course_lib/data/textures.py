"""Shapes filled with textures: two cues for one class, which may agree or not."""

import numpy as np

SIDE = 28
SHAPES = ("disc", "square", "triangle", "plus")
TEXTURES = ("rows", "columns", "chequers", "diagonals")
RADIUS, MOST_SHIFT, NOISE = (5.0, 7.0), 3, 0.3  # of the disc of the same area; pixels; standard deviation
GREY = 0.5  # the mean of a shape, whatever its texture


def textured_shapes(shapes, textures, contrast, seed=0):
    """Draw shapes of equal area, filled with textures of equal mean, on black, with noise.

    A texture's smallest piece is two pixels wide, and its phase is random, like size and place of the
    shape: no single pixel says anything about the class.

    Parameters
    ----------
    shapes, textures : array_like of int
        Shape (N,), positions in `SHAPES` and in `TEXTURES`.
    contrast : float
        Pixels of a shape are 0.5 + contrast or 0.5 - contrast, before the noise; from 0 to 0.5.
    seed : int

    Returns
    -------
    torch.Tensor
        (N, 1, 28, 28), float32.

    Raises
    ------
    ValueError
        For a contrast outside 0..0.5, and for classes that do not exist or do not pair up.
    """
    import torch  # the package is imported without it

    shapes, textures = np.asarray(shapes), np.asarray(textures)
    if shapes.ndim != 1 or shapes.shape != textures.shape:
        raise ValueError(f"Every image needs a shape and a texture, got {shapes.shape} and {textures.shape}.")
    if not 0 <= contrast <= GREY:
        raise ValueError(f"contrast must lie between 0 and {GREY}, got {contrast}.")
    for name, classes in (("shapes", shapes), ("textures", textures)):
        if len(classes) and not (classes.min() >= 0 and classes.max() < 4):
            raise ValueError(f"{name} must be 0, 1, 2 or 3, got {classes.min()} to {classes.max()}.")
    rng = np.random.default_rng(seed)
    images = [_draw(*pair, contrast, rng) for pair in zip(shapes, textures, strict=True)]
    return torch.from_numpy(np.stack(images)[:, None].astype(np.float32))


def _draw(shape, texture, contrast, rng):
    radius = rng.uniform(*RADIUS)
    middle = (SIDE - 1) / 2 + rng.uniform(-MOST_SHIFT, MOST_SHIFT, 2)
    down, right = (np.indices((SIDE, SIDE)) - middle[:, None, None]) / radius
    rows, columns = np.indices((SIDE, SIDE)) + rng.integers(4, size=2)[:, None, None]
    inside = _outline(SHAPES[shape], down, right)
    sign = 1 - 2 * _pieces(TEXTURES[texture], rows, columns)
    return np.where(inside, GREY + contrast * sign, 0.0) + rng.normal(0, NOISE, (SIDE, SIDE))


def _outline(shape, down, right):
    """Whether a place lies inside: all four have the area of a disc of radius 1."""
    if shape == "disc":
        return down**2 + right**2 <= 1
    if shape == "square":
        return np.maximum(abs(down), abs(right)) <= np.sqrt(np.pi) / 2
    if shape == "triangle":  # equilateral, one corner up, its centre of mass in the middle
        height = np.sqrt(np.pi * np.sqrt(3))
        return (down <= height / 3) & (abs(right) <= (down + 2 * height / 3) / np.sqrt(3))
    arm = np.sqrt(np.pi * 9 / 20)  # of a plus whose arms are three times as long as half their width
    longer, shorter = np.maximum(abs(down), abs(right)), np.minimum(abs(down), abs(right))
    return (longer <= arm) & (shorter <= arm / 3)


def _pieces(texture, rows, columns):
    """Return 0 or 1 for the pieces of a texture, each two pixels wide."""
    if texture == "rows":
        return rows // 2 % 2
    if texture == "columns":
        return columns // 2 % 2
    if texture == "chequers":
        return (rows // 2 + columns // 2) % 2
    return (rows + columns) // 2 % 2
