"""The missing control: a layer that is local but not shared, checked by what its outputs read."""

import torch
from torch import nn
from torch.nn import functional

from course_lib.exercises.framework import WrongAnswer, exercise, expect

IN_CHANNELS, OUT_CHANNELS, SIZE = 2, 3, 5


def made(answer):
    layer = answer(IN_CHANNELS, OUT_CHANNELS, SIZE)
    expect(layer is not None, "Expected a layer, got None. Does your function end with `return`?")
    expect(callable(layer), f"Expected something to call with images, got {type(layer).__name__}.")
    return layer


def images_of(number):
    return torch.randn(number, IN_CHANNELS, SIZE, SIZE, generator=torch.Generator().manual_seed(0))


def maps(answer):
    """Check that four images give maps of the asked shape, the same ones at every call."""
    layer, images = made(answer), images_of(4)
    with torch.no_grad():
        got, again = layer(images), layer(images)
    expect(isinstance(got, torch.Tensor), f"Expected a tensor of maps, got {type(got).__name__}.")
    expected = (4, OUT_CHANNELS, SIZE, SIZE)
    channels = (
        " Does every output channel have weights of its own?" if got.shape[1:2] != expected[1:2] else ""
    )
    expect(
        got.shape == expected,
        f"4 images should give maps of shape {expected}, got {tuple(got.shape)}.{channels}",
    )
    expect(
        torch.allclose(got, again, atol=1e-5),
        "The same images give other maps the second time: draw the weights once, when the layer is made.",
    )


def is_weighted_sum(answer):
    """Check that apart from biases the layer is linear."""
    layer, images = made(answer), images_of(2)
    with torch.no_grad():
        bias = layer(torch.zeros_like(images))
        opposite, once = layer(-images) - bias, layer(images) - bias
    expect(
        torch.allclose(opposite, -once, atol=1e-4) and once.abs().max() > 1e-6,
        "The negative of an image should give the negative map, apart from biases: the ReLU comes outside.",
    )


def weights_of(layer):
    """Return what each output reads: shape (channels * pixels, out_channels, size, size)."""
    count, bright = IN_CHANNELS * SIZE**2, 1e4  # far above the rounding of biases
    pixels = bright * torch.eye(count).reshape(count, IN_CHANNELS, SIZE, SIZE)
    with torch.no_grad():
        return (layer(pixels) - layer(torch.zeros_like(pixels))) / bright


def is_local(answer):
    """Check that an output reads its window of 3 x 3, all of it, and nothing else."""
    two = weights_of(made(answer)), weights_of(made(answer))  # one weight may be drawn as exactly 0
    count = len(two[0])
    pixels = torch.eye(count).reshape(count, IN_CHANNELS, SIZE, SIZE)
    window = functional.conv2d(pixels, torch.ones(OUT_CHANNELS, IN_CHANNELS, 3, 3), padding=1) > 0.5
    reads = torch.stack(two).abs().amax(dim=0) > 1e-9
    expect(
        not (reads & ~window).any(),
        "An output reads pixels outside its window of 3 x 3: this layer is not local.",
    )
    expect(
        not (window & ~reads).any(),
        "An output does not read every pixel of its window, in every channel: the control would differ "
        "from a convolution in more than the sharing.",
    )


def is_not_shared(answer):
    """The kernels at all inner positions, and those of all output channels, must differ."""
    weights = weights_of(made(answer)).reshape(IN_CHANNELS, SIZE, SIZE, OUT_CHANNELS, SIZE, SIZE)
    inner = [(i, j) for i in range(1, SIZE - 1) for j in range(1, SIZE - 1)]
    kernels = torch.stack([weights[:, i - 1 : i + 2, j - 1 : j + 2, :, i, j] for i, j in inner])
    kernels = kernels.movedim(-1, 1).flatten(0, 1).flatten(1)  # (positions * out_channels, channels * 9)
    kernels = functional.normalize(kernels)  # a multiple of the same weights is no other kernel
    distances = torch.cdist(kernels, kernels, compute_mode="donot_use_mm_for_euclid_dist")
    distances += torch.eye(len(kernels))
    expect(
        (distances > 1e-3).all(),
        "Some positions use the same weights, or a multiple of them: this layer shares, at least in part.",
    )


def shared(in_channels, out_channels, size):
    return nn.Conv2d(in_channels, out_channels, 3, padding=1)


def dense(in_channels, out_channels, size):
    weights = nn.Linear(in_channels * size**2, out_channels * size**2)
    return nn.Sequential(nn.Flatten(), weights, nn.Unflatten(1, (out_channels, size, size)))


def depthwise(in_channels, out_channels, size):
    layer = local_layer.reference(1, out_channels, size)
    return lambda images: layer(images[:, :1])


def drawn_at_each_call(in_channels, out_channels, size):
    return lambda images: local_layer.reference(in_channels, out_channels, size)(images)


def rectified(in_channels, out_channels, size):
    layer = local_layer.reference(in_channels, out_channels, size)
    return lambda images: layer(images).relu()


def shared_along_rows(in_channels, out_channels, size):
    rows = [nn.Conv2d(in_channels, out_channels, 3, padding=1) for _ in range(size)]
    return lambda images: torch.stack([rows[i](images)[:, :, i] for i in range(size)], dim=2)


def unpadded(in_channels, out_channels, size):
    return nn.Conv2d(in_channels, out_channels, 3)


def scaled_convolution(in_channels, out_channels, size):
    layer, factors = shared(in_channels, out_channels, size), 1 + torch.rand(size, size)
    return lambda images: factors * layer(images)


def one_output(in_channels, out_channels, size):
    return local_layer.reference(in_channels, 1, size)


def no_return(in_channels, out_channels, size):
    local_layer.reference(in_channels, out_channels, size)


@exercise(
    title="The missing control",
    difficulty="open",
    next_step=(
        "What does the difference become if the two layers learn instead of staying random, and what "
        "has to be equal for the comparison to be fair?"
    ),
    checks=(maps, is_weighted_sum, is_local, is_not_shared),
    hints=(
        "How many weights does it have? Nine for each input channel, each output channel and each position.",
        "`functional.unfold` gives you all windows of an image as columns.",
        "A convolution multiplies all columns with one matrix. What would you multiply each column with?",
    ),
    wrong_answers=(
        WrongAnswer(shared, "use the same weights", "a convolution"),
        WrongAnswer(shared_along_rows, "use the same weights", "shared along each row"),
        WrongAnswer(dense, "is not local", "a dense layer"),
        WrongAnswer(depthwise, "every pixel of its window", "one input channel only"),
        WrongAnswer(drawn_at_each_call, "draw the weights once", "new weights at each call"),
        WrongAnswer(rectified, "the ReLU comes outside", "a ReLU inside"),
        WrongAnswer(scaled_convolution, "a multiple of them", "one factor for each position"),
        WrongAnswer(unpadded, "should give maps of shape", "no padding"),
        WrongAnswer(one_output, "weights of its own", "one output channel for all"),
        WrongAnswer(no_return, "end with `return`", "no return"),
    ),
)
def local_layer(in_channels, out_channels, size):
    inputs = 9 * in_channels  # of one window
    shape = out_channels, inputs, size**2
    weight = (2 * torch.rand(shape) - 1) / inputs**0.5  # as Conv2d starts

    def layer(images):
        windows = functional.unfold(images, kernel_size=3, padding=1)
        maps = torch.einsum("nkp,okp->nop", windows, weight)
        return maps.unflatten(2, (size, size))

    return layer
