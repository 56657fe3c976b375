"""Images moved within their frame."""

import numpy as np


def shift_images(images, rows, columns, fill):
    """Move images down by `rows` and right by `columns` pixels; what comes in is `fill`.

    Parameters
    ----------
    images : torch.Tensor
        Shape (N, C, H, W).
    rows, columns : int
        Negative values move up and left.
    fill : float or array of shape (C,)
        ``ImageData.background`` for normalised images.

    Raises
    ------
    ValueError
        For a move beyond the frame, or a `fill` that is neither one number nor one per channel.

    Examples
    --------
    >>> import torch
    >>> shift_images(torch.tensor([[[[1., 2.], [3., 4.]]]]), rows=1, columns=0, fill=0.0)
    tensor([[[[0., 0.],
              [1., 2.]]]])
    """
    channels, height, width = images.shape[-3:]
    if abs(rows) > height or abs(columns) > width:
        raise ValueError(f"Images of {height} x {width} cannot move by {rows} rows and {columns} columns.")
    fill = np.asarray(fill, dtype=float)
    if fill.shape not in ((), (1,), (channels,)):
        raise ValueError(f"Expected one fill value, or one for each of {channels} channels, got {fill}.")
    shifted = images.new_tensor(fill.reshape(-1, 1, 1)).expand_as(images).clone()
    kept = images[..., max(-rows, 0) : height - max(rows, 0), max(-columns, 0) : width - max(columns, 0)]
    top, left = max(rows, 0), max(columns, 0)
    shifted[..., top : top + kept.shape[-2], left : left + kept.shape[-1]] = kept
    return shifted
