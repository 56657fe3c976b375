"""Numbers that a forward pass makes, counted where torch computes them. Internal."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

aten = torch.ops.aten
PRODUCTS = (aten.convolution, aten.mm, aten.addmm, aten.bmm, aten.baddbmm)
POOLINGS = (aten.max_pool2d_with_indices, aten.avg_pool2d, aten._adaptive_avg_pool2d, aten.mean)


def count(model, images):
    """Return (multiply-adds, activations) of one forward pass.

    A multiply-add is a weight, or an attention's number, times a number, added to a sum; torch
    counts it as two operations. Activations are the numbers of the input and those that come out of
    convolutions, matrix products and poolings: ReLUs and normalisations work in place of them.
    """
    with torch.no_grad(), FlopCounterMode(display=False) as operations, ActivationCounter() as activations:
        model(images)
    return operations.get_total_flops() // 2, images.numel() + activations.count


class ActivationCounter(TorchDispatchMode):
    """Adds up the sizes of what convolutions, matrix products and poolings put out.

    A pooling that changes nothing, as VGG's adaptive one of 7x7 to 7x7, is no pooling.
    """

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        output = func(*args, **(kwargs or {}))
        kind = func.overloadpacket
        if kind in PRODUCTS:
            self.count += output.numel()
        elif kind in POOLINGS and args[0].ndim == 4:
            pooled = output[0] if isinstance(output, tuple) else output
            self.count += pooled.numel() if pooled.shape != args[0].shape else 0
        return output
