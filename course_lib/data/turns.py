"""Images turned within their frame."""

import math

from course_lib.checks import is_number


def turn_images(images, degrees, fill):
    """Turn images about their middle, counter-clockwise; what comes in at the corners is `fill`.

    A pixel of the result is the mean of the four pixels around the place where it came from, weighted
    by how near they are (bilinear interpolation). Turns by a multiple of 90 degrees are exact to rounding.

    Parameters
    ----------
    images : torch.Tensor
        Shape (N, C, H, W), floating point.
    degrees : float or torch.Tensor of shape (N,)
        One angle for all images, or one for each; negative angles turn clockwise.
    fill : float or array of shape (C,)
        ``ImageData.background`` for normalised images.

    Returns
    -------
    torch.Tensor
        Shape (N, C, H, W).

    Raises
    ------
    ValueError
        For images that are no floats of four axes, or angles that are neither one number nor one for
        each image.

    Examples
    --------
    >>> import torch
    >>> turn_images(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), 90, fill=0.0).round()
    tensor([[[[2., 4.],
              [1., 3.]]]])
    """
    import torch  # late: importing course_lib.data imports no torch
    from torch.nn import functional

    if images.ndim != 4 or not images.is_floating_point():
        raise ValueError(f"Expected floats of shape (N, C, H, W), got {images.dtype} {tuple(images.shape)}.")
    height, width = images.shape[2:]
    radians = _angles(degrees, images) * (math.pi / 180)  # (N,)
    cos, sin, zero = radians.cos(), radians.sin(), torch.zeros_like(radians)
    # from a pixel of the result to where it came from, on axes that run from -1 to 1
    rows = [
        torch.stack(row, 1) for row in ((cos, -sin * height / width, zero), (sin * width / height, cos, zero))
    ]
    grid = functional.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    fill = images.new_tensor(fill).reshape(-1, 1, 1)  # (1, 1, 1) or (C, 1, 1)
    # outside the frame there are zeros: so the fill is zero while turning
    return functional.grid_sample(images - fill, grid, mode="bilinear", align_corners=False) + fill


def _angles(degrees, images):
    """Return one angle for each image, shape (N,)."""
    import torch

    if is_number(degrees):
        return images.new_full((len(images),), float(degrees))
    angles = torch.as_tensor(degrees).to(images)
    if angles.shape != images.shape[:1] or not angles.isfinite().all():
        raise ValueError(
            f"Expected one finite angle, or one for each of {len(images)} images, got {degrees!r}."
        )
    return angles
