"""New images from old ones while training: every image moved a little, differently in each epoch."""

import torch

from course_lib.data import shift_images


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
