"""What the exercises about networks of the reader's own have in common."""

import torch
from torch import nn
from torch.nn import functional

from course_lib.evaluation import evaluation_mode
from course_lib.exercises.framework import expect
from course_lib.exercises.framework.shapes import in_words

ONE = torch.zeros(1, 1, 28, 28)


def made(answer):
    """Return the network that a reader's function makes, after a first look at its logits."""
    expect(not isinstance(answer, nn.Module), "Give the function that makes the network, not a network.")
    network = answer()
    expect(network is not None, "Expected a network, got None. Does your function end with `return`?")
    return looked_at(network)


def looked_at(network):
    """Return the network if it makes logits of 28x28 images."""
    expect(isinstance(network, nn.Module), f"Expected a torch module, got {type(network).__name__}.")
    try:
        with evaluation_mode(network), torch.inference_mode():
            logits = network(torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0)))
    except (RuntimeError, ValueError) as error:
        raise AssertionError(
            f"Your network does not take images of 1 x 28 x 28. {in_words(error) or error}"
        ) from None
    shape = tuple(getattr(logits, "shape", ()))
    expect(shape == (3, 10), f"Three images and ten classes make logits of shape (3, 10), got {shape}.")
    sums = logits.sum(dim=1)
    expect(
        not (logits.min() >= 0 and torch.allclose(sums, torch.ones(3), atol=1e-4)),
        "Your network ends with probabilities. Leave the softmax to the cross-entropy: return logits.",
    )
    return network


def layers_with_weights(network):
    """Return (layer, input, output) of every convolution and dense layer, for one image, in order."""
    found, hooks = [], []
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            hooks.append(layer.register_forward_hook(lambda m, x, y: found.append((m, x[0], y))))
    try:
        with evaluation_mode(network), torch.inference_mode():
            network(torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(1)))
    finally:
        for hook in hooks:
            hook.remove()
    return found


def multiply_adds(network):
    """Return the multiply-adds of all convolutions and dense layers for one image."""
    return sum(work_by_layer(network))


def work_by_layer(network):
    """Return the multiply-adds of each convolution and dense layer for one image, in order."""
    return [
        layer.weight.numel() * (y.shape[-1] * y.shape[-2] if isinstance(layer, nn.Conv2d) else 1)
        for layer, _, y in layers_with_weights(network)
    ]


def expect_activations(layers, names):
    """What a layer reads must not be what a pooling alone makes of the output before it."""
    for name, (_, _, output), (_, read, _) in zip(names[:-1], layers[:-1], layers[1:], strict=True):
        straight = [output]
        if output.ndim == 4:
            straight = [functional.max_pool2d(output, 2), functional.avg_pool2d(output, 2)]
        bends = not any(torch.allclose(s.flatten(), read.flatten(), atol=1e-6) for s in straight)
        expect(bends, f"Between {name} and the next one an activation is missing.")
