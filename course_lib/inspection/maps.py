"""Pictures of what a network's answer depends on, each in a few lines; and how alike two of them are.

Every function takes one image with one label and returns one map, or N images with N labels and
returns N maps. The model is only read: its mode, its weights and its gradients stay as they are.
Derived, and put beside their controls, in the chapter *What did it learn?*
"""

import torch
from scipy.stats import rankdata
from torch.nn import functional

from course_lib.checks import check_integer
from course_lib.evaluation import device_of, evaluation_mode, predict


def saliency(model, image, label):
    """Return how steeply the label's logit changes with every pixel, whatever the direction.

    Parameters
    ----------
    model : torch.nn.Module
        From images (N, C, H, W) to logits (N, num_classes).
    image : torch.Tensor
        Shape (C, H, W) or (1, C, H, W); with N labels (N, C, H, W).
    label : int
        The class whose logit is taken; or N of them, shape (N,).

    Returns
    -------
    torch.Tensor
        Shape (H, W), or (N, H, W): the absolute gradient, of several channels the largest.

    References
    ----------
    Simonyan, Vedaldi and Zisserman (2014), arXiv:1312.6034.

    Examples
    --------
    >>> linear = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 2))
    >>> _ = linear[1].weight.data.copy_(torch.tensor([[1, -2, 3, 0], [0, 0, 0, 5]]))
    >>> saliency(linear, torch.zeros(1, 2, 2), 0).tolist()  # the weights, without their signs
    [[1.0, 2.0], [3.0, 0.0]]
    """
    return input_gradient(model, image, label).abs().amax(dim=-3)


def input_gradient(model, image, label):
    """Return the gradient of the label's logit with respect to the pixels, with its signs.

    Arguments as in `saliency`; the result has the shape of one image, (C, H, W), or (N, C, H, W).
    """
    images, labels, one = _batch(model, image, label)
    images = images.clone().requires_grad_()
    with torch.enable_grad(), evaluation_mode(model):
        (gradient,) = torch.autograd.grad(_logits_of(model(images), labels).sum(), images)
    return gradient[0] if one else gradient


@torch.no_grad()
def occlusion_map(model, image, label, patch_size, stride=1, fill=None):
    """Return by how much the label's logit falls when a patch of the image is covered.

    Parameters
    ----------
    model, image, label
        As in `saliency`.
    patch_size : int
        Side of the square that covers, in pixels.
    stride : int, optional
        Pixels from one position of the patch to the next.
    fill : float, optional
        What it is covered with; the default is the smallest value of the image.

    Returns
    -------
    torch.Tensor
        Shape (rows, columns), or (N, rows, columns), one number for each position of the patch that
        fits: positive where covering hurts, negative where it helps, and exactly 0 where the patch
        has the colour that was there.

    Raises
    ------
    ValueError
        If the patch does not fit into the image.

    References
    ----------
    Zeiler and Fergus (2014), arXiv:1311.2901.
    """
    images, labels, one = _batch(model, image, label)
    size = check_integer("patch_size", patch_size, least=1)
    step = check_integer("stride", stride, least=1)
    height, width = images.shape[2:]
    if size > min(height, width):
        raise ValueError(f"A patch of {size} pixels does not fit into an image of {height} x {width}.")
    before = _logits_of(predict(model, images), labels)  # (N,)
    patches = _squares(height, width, size, step).to(images.device)  # (rows, columns, H, W)
    falls = torch.zeros(len(images), *patches.shape[:2]).to(before)
    for picture, label, logit, fall in zip(images, labels, before, falls, strict=True):  # for the memory
        paint = picture.min() if fill is None else fill
        covered = torch.where(patches[:, :, None], paint, picture)  # (rows, columns, C, H, W)
        changed = (covered != picture).flatten(2).any(dim=2)  # black on black stays as it was, at no cost
        if changed.any():
            after = predict(model, covered[changed])  # (changes, num_classes)
            fall[changed] = logit - _logits_of(after, label.expand(len(after)))
    return falls[0] if one else falls


def _squares(height, width, size, step):
    """Return which pixels a square covers at each of its positions: (rows, columns, H, W) of bool."""
    covered = []
    for side in (height, width):
        first, pixels = torch.arange(0, side - size + 1, step)[:, None], torch.arange(side)
        covered.append((first <= pixels) & (pixels < first + size))  # (positions, pixels)
    return covered[0][:, None, :, None] & covered[1][None, :, None, :]


def grad_cam(model, image, label, layer):
    r"""Return where a layer's maps speak for the label: their sum, each weighted by its mean gradient.

    .. math:: \max\Bigl(0, \sum_k \alpha_k A_k\Bigr), \qquad
       \alpha_k = \frac{1}{H' W'} \sum_{i,j} \frac{\partial z}{\partial A_{k,i,j}}

    Behind a head that averages every map, this is the map's exact share in the logit. Behind one that
    flattens, a gradient differs from place to place, and its mean forgets where.

    Parameters
    ----------
    model, image, label
        As in `saliency`.
    layer : str or torch.nn.Module
        One of the model's layers, or its name as in `activations`; its output is (N, K, H', W').

    Returns
    -------
    torch.Tensor
        Shape (H', W'), or (N, H', W'), at the layer's resolution, nowhere negative.

    Raises
    ------
    ValueError
        If the layer makes no maps, or is not used.

    References
    ----------
    Selvaraju et al. (2017), arXiv:1610.02391.
    """
    images, labels, one = _batch(model, image, label)
    module = layer if isinstance(layer, torch.nn.Module) else model.get_submodule(str(layer))
    kept = []

    def keep(_module, _inputs, output):
        kept.append(output)
        return output.clone()  # an in-place ReLU may follow: let it write elsewhere

    hook = module.register_forward_hook(keep)
    try:
        with torch.enable_grad(), evaluation_mode(model):
            logit = _logits_of(model(images.clone().requires_grad_()), labels).sum()
    finally:
        hook.remove()
    if not kept or kept[-1].ndim != 4:
        made = tuple(kept[-1].shape) if kept else "nothing"
        raise ValueError(f"grad_cam needs a layer with maps (N, K, H, W); layer {layer!r} made {made}.")
    (gradient,) = torch.autograd.grad(logit, kept[-1])
    weights = gradient.mean(dim=(2, 3), keepdim=True)  # (N, K, 1, 1)
    cam = (weights * kept[-1].detach()).sum(dim=1).relu()  # (N, H', W')
    return cam[0] if one else cam


def rank_correlation(map_a, map_b, where=None):
    """Return Spearman's rank correlation of two maps: are the same places large in both?

    Only the order of the values counts, so that it does not matter how a map is scaled.

    Parameters
    ----------
    map_a, map_b : torch.Tensor
        Shape (H, W), or (N, H, W) for N pairs.
    where : torch.Tensor of bool, optional
        Of the same shape; the places that count. By default all.

    Returns
    -------
    torch.Tensor
        Shape () or (N,), in -1..1; nan where a map has one value only.

    Examples
    --------
    >>> rank_correlation(torch.tensor([[1.0, 2], [3, 4]]), torch.tensor([[1.0, 4], [9, 16]])).item()
    1.0
    """
    map_a, map_b = torch.as_tensor(map_a).detach().cpu(), torch.as_tensor(map_b).detach().cpu()
    where = torch.ones_like(map_a, dtype=torch.bool) if where is None else where
    if map_a.ndim not in (2, 3) or not map_a.shape == map_b.shape == where.shape:
        shapes = [tuple(value.shape) for value in (map_a, map_b, where)]
        raise ValueError(f"Expected maps (H, W) or (N, H, W) of one shape, got {shapes}.")
    rhos = _rhos(*(values.reshape(-1, *map_a.shape[-2:]).flatten(1) for values in (map_a, map_b, where)))
    return rhos.reshape(map_a.shape[:-2])


def _rhos(rows_a, rows_b, where):
    """Return the correlation of the ranks of two arrays, row by row: (N, D) each, `where` of bool."""
    centred = []
    for rows in (rows_a, rows_b):
        # what does not count shares the lowest rank: it moves all other ranks of its row equally
        lowest = rows.double().masked_fill(~where, -torch.inf)
        ranks = torch.from_numpy(rankdata(lowest.numpy(), axis=1)) * where
        centred.append((ranks - ranks.sum(dim=1, keepdim=True) / where.sum(dim=1, keepdim=True)) * where)
    varies = torch.stack([ranks.any(dim=1) for ranks in centred]).all(dim=0)
    return functional.cosine_similarity(*centred).where(varies, torch.nan)


def _batch(model, image, label):
    """Return images (N, C, H, W), labels (N,), and whether it was one image with one label."""
    images, labels = torch.as_tensor(image), torch.as_tensor(label)
    one = labels.ndim == 0
    if one and images.ndim == 3:
        images = images[None]
    labels = labels.reshape(-1) if one else labels
    if images.ndim != 4 or labels.ndim != 1 or len(images) != len(labels):
        raise ValueError(
            "Expected one image (C, H, W) with one label, or images (N, C, H, W) with N labels, "
            f"got {tuple(images.shape)} and {tuple(torch.as_tensor(label).shape)}."
        )
    device = device_of(model)
    return images.detach().to(device), labels.to(device), one


def _logits_of(logits, labels):
    num_classes = logits.shape[1]
    if labels.min() < 0 or labels.max() >= num_classes:
        low, high = int(labels.min()), int(labels.max())
        raise ValueError(f"Labels must lie in 0..{num_classes - 1}, got {low} to {high}.")
    return logits.gather(1, labels[:, None])[:, 0]  # (N,)
