"""Maximally activating patches: which parts of images make a map largest, and how alike they are."""

from torch.nn import functional

from course_lib.checks import check_integer


def top_patches(maps, images, *, stride, padding, size, fill=0.0, count=9):
    """Return the patches of different images at which each map is largest.

    Parameters
    ----------
    maps : torch.Tensor
        Shape (N, K, H', W'): of every image, K maps.
    images : torch.Tensor
        Shape (N, 1, H, W).
    stride, padding, size : int
        The geometry of a unit, as `course_lib.geometry.receptive_field` gives it: how far apart the
        patches of two neighbours are, how far the first begins before the image, and their side.
    fill : float, optional
        What lies around an image.
    count : int, optional
        How many patches, at most N.

    Returns
    -------
    torch.Tensor
        Shape (count, K, size, size), the best first.

    Raises
    ------
    ValueError
        For maps and images that do not belong together, or too few images.

    Examples
    --------
    >>> import torch
    >>> images = torch.arange(8.0).reshape(2, 1, 2, 2)
    >>> top_patches(images, images, stride=1, padding=0, size=1, count=1)  # the brightest pixel
    tensor([[[[7.]]]])
    """
    count = check_integer("count", count, least=1)
    if maps.ndim != 4 or images.ndim != 4 or images.shape[1] != 1 or not count <= len(maps) == len(images):
        raise ValueError(
            f"Expected maps (N, K, H', W') and images (N, 1, H, W) with N at least {count}, "
            f"got {tuple(maps.shape)} and {tuple(images.shape)}."
        )
    values, places = maps.flatten(2).max(dim=2)  # (N, K)
    best = values.topk(count, dim=0).indices  # (count, K)
    # as much on the other side as the last unit reaches over it; less than nothing crops
    after = [stride * (maps.shape[axis] - 1) + size - padding - images.shape[axis] for axis in (2, 3)]
    padded = functional.pad(images[:, 0], (padding, after[1], padding, after[0]), value=fill)
    patches = padded.unfold(1, size, stride).unfold(2, size, stride)  # (N, H', W', size, size): a view
    place, width = places.gather(0, best), maps.shape[3]
    return patches[best, place // width, place % width]


def patch_likeness(patches):
    """Return how alike the patches of a map are: the mean cosine of two, each minus its mean grey.

    Parameters
    ----------
    patches : torch.Tensor
        Shape (count, K, H, W), at least two for each of K maps.

    Returns
    -------
    float
        Mean over all pairs of a map, and over the maps: 1 if all are alike but for brightness and
        contrast, about 0 for patches of noise.

    Examples
    --------
    >>> import torch
    >>> ramp = torch.arange(4.0).reshape(1, 1, 2, 2)
    >>> brighter, inverted = torch.cat([ramp, 3 * ramp + 1]), torch.cat([ramp, -ramp])
    >>> round(patch_likeness(brighter), 4), round(patch_likeness(inverted), 4)
    (1.0, -1.0)
    """
    count = len(patches)
    flat = patches.flatten(2)  # (count, K, H W)
    flat = functional.normalize(flat - flat.mean(dim=2, keepdim=True), dim=2)
    together = flat.sum(dim=0).square().sum(dim=1)  # (K,): all ordered pairs, and each patch with itself
    itself = flat.square().sum(dim=(0, 2))
    return ((together - itself) / (count * (count - 1))).mean().item()
