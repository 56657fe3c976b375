"""New images from old ones: every image moved or turned a little, by an amount of its own."""

import torch

from course_lib.checks import is_number
from course_lib.data import shift_images, turn_images


def randomly_shifted(images, max_shift, fill, generator):
    """Return a copy of the images, each moved by its own random number of pixels.

    Rows and columns move independently by -max_shift..max_shift, all equally likely; what comes
    into the frame is `fill`. The moves of the whole set are drawn at once and on the CPU: they are
    the same on every device.

    Parameters
    ----------
    images : torch.Tensor
        Shape (N, C, H, W).
    max_shift : int
        In pixels, at least 1.
    fill : float or array of shape (C,)
        ``ImageData.background`` for normalised images.
    generator : torch.Generator
        Advanced by 2 N draws.

    Returns
    -------
    torch.Tensor
        Shape (N, C, H, W), in the memory layout of `images`.

    Examples
    --------
    >>> images = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    >>> randomly_shifted(images, 1, fill=0.0, generator=torch.Generator().manual_seed(2))
    tensor([[[[4., 0.],
              [0., 0.]]]])
    """
    num_moves = 2 * max_shift + 1  # in each direction
    rows, columns = torch.randint(num_moves, (2, len(images)), generator=generator)  # (N,) each
    move_of = rows * num_moves + columns  # (N,)
    shifted = torch.empty_like(images)
    for move in range(num_moves**2):  # all images of one move at once: 25 copies, not 60,000
        down, right = move // num_moves - max_shift, move % num_moves - max_shift
        moved = (move_of == move).nonzero().flatten().to(images.device)
        shifted[moved] = shift_images(images[moved], down, right, fill)
    return shifted


def randomly_turned(images, most_degrees, fill, generator):
    """Return a copy of the images, each turned about its middle by its own random angle.

    Angles are uniform in -most_degrees..most_degrees and drawn on the CPU: they are the same on
    every device. What comes in at the corners is `fill`; see `course_lib.data.turn_images`.

    Parameters
    ----------
    images : torch.Tensor
        Shape (N, C, H, W), floating point.
    most_degrees : float
        At least 0.
    fill : float or array of shape (C,)
        ``ImageData.background`` for normalised images.
    generator : torch.Generator
        Advanced by N draws.

    Returns
    -------
    torch.Tensor
        Shape (N, C, H, W).

    Raises
    ------
    ValueError
        For a `most_degrees` that is no finite number of at least 0.

    Examples
    --------
    >>> images = torch.zeros(1, 1, 5, 5)
    >>> images[0, 0, 1, 2] = 1.0
    >>> turned = randomly_turned(images, 90, fill=0.0, generator=torch.Generator().manual_seed(3))
    >>> round(turned.sum().item(), 2)
    1.0
    """
    if not is_number(most_degrees) or most_degrees < 0:
        raise ValueError(f"most_degrees must be a finite number of at least 0, got {most_degrees!r}.")
    share = 2 * torch.rand(len(images), generator=generator) - 1  # (N,), from -1 to 1
    return turn_images(images, most_degrees * share, fill)


def each_image(transform):
    """Return a function of a batch that applies a random transform to each of its images by itself.

    A transform of ``torchvision.transforms.v2`` that is given a whole batch draws once, and changes
    all images alike; a DataLoader gives it one image at a time, and so does this.

    Parameters
    ----------
    transform : callable
        From an image (C, H, W) to an image, all of one size.

    Examples
    --------
    >>> doubled = each_image(lambda image: 2 * image)
    >>> doubled(torch.ones(2, 1, 1, 1)).flatten()
    tensor([2., 2.])
    """

    def transformed(images):
        return torch.stack([transform(image) for image in images])

    return transformed
