"""What a network costs, and what its units see. Internal; import from ``course_lib.architectures``."""

import copy
import math
from dataclasses import asdict, dataclass
from functools import cache

import torch
from torch import nn

from course_lib.architectures.building import build, known_name
from course_lib.architectures.counting import count
from course_lib.architectures.facts import facts_of
from course_lib.architectures.fields import field_of
from course_lib.checks import check_integer
from course_lib.models import num_parameters


@dataclass(frozen=True)
class Costs:
    """The costs of one network for one image.

    Attributes
    ----------
    parameters : int
    multiply_adds : int
        Products of a weight, or of two numbers in an attention, with a number, each added to a sum.
        Published "FLOPs" of networks are mostly these, and sometimes twice as many.
    activations : int
        Numbers of the input and of what convolutions, matrix products and poolings put out.
    convolutions, dense_layers : int
        How many there are; a dense layer reads the image as one vector.
    dense_share : float
        The share of the parameters in dense layers, 0..1. A linear layer that is applied at each
        position, as in a transformer, shares its weights and is none.
    receptive_field : int, or math.inf
        Pixels per axis that a unit of the last map may depend on; infinite where gates or attention
        let every pixel count.
    window_field : int
        The same for windows alone, without gates and attention.
    input_size : (int, int, int)
        Channels, height and width of the image.
    """

    parameters: int
    multiply_adds: int
    activations: int
    convolutions: int
    dense_layers: int
    dense_share: float
    receptive_field: float
    window_field: int
    input_size: tuple


@dataclass(frozen=True)
class Summary(Costs):
    """One line of the ledger: the costs of a known network, its year and its idea."""

    name: str
    year: int | None
    idea: str


@cache
def summary(name, image_size=None):
    """Return the line of the ledger of a known network, computed on the meta device.

    Nothing is downloaded, and no weight takes memory. Where torchvision's network differs from the
    published one, this is torchvision's, without the auxiliary heads of GoogLeNet and Inception.

    Parameters
    ----------
    name : str
        LeNet-5, or a classification network of torchvision, as `networks` lists them; capitals and
        punctuation do not matter.
    image_size : int, optional
        Height and width; the default is 224, and 28 for LeNet-5.

    Returns
    -------
    Summary
        ``.parameters .multiply_adds .activations .dense_share .receptive_field .year .idea`` and more.

    Raises
    ------
    ValueError
        For an unknown name, or an image that the network does not take.

    Examples
    --------
    >>> vgg = summary("VGG-16")
    >>> f"{vgg.parameters:,}", f"{vgg.multiply_adds / 1e9:.2f}", f"{vgg.dense_share:.0%}"
    ('138,357,544', '15.47', '89%')
    >>> vgg.receptive_field, vgg.year
    (212, 2014)
    """
    known = known_name(name)
    if image_size is not None:
        check_integer("image_size", image_size, least=1)
    try:
        model, shape = build(known, image_size)
        costs = _costs(model, shape)
    except (RuntimeError, AssertionError, ValueError) as error:
        size = "its usual size" if image_size is None else f"{image_size} x {image_size}"
        raise ValueError(f"{known} does not take images of {size}: {error}") from error
    year, idea = facts_of(known)
    return Summary(**asdict(costs), name=known, year=year, idea=idea)


def measure(module, image_shape):
    """Return the `Costs` of a network of your own for one image.

    The module stays as it is: a copy without weights is measured.

    Parameters
    ----------
    module : torch.nn.Module
        From images (1, channels, height, width) to anything.
    image_shape : (int, int, int)

    Examples
    --------
    >>> from course_lib.models import SmallResNet
    >>> costs = measure(SmallResNet(), (3, 32, 32))
    >>> costs.parameters, costs.multiply_adds
    (78042, 3457664)
    """
    channels, height, width = (check_integer("image_shape", side, least=1) for side in image_shape)
    return _costs(copy.deepcopy(module).to("meta").eval(), (1, channels, height, width))


def _costs(model, shape):
    images = torch.empty(shape, device="meta")
    dense = _dense_layers(model, images)
    multiply_adds, activations = count(model, images)
    view, parameters = field_of(model, images), num_parameters(model)
    window_field = max(view.size)
    return Costs(
        parameters=parameters,
        multiply_adds=multiply_adds,
        activations=activations,
        convolutions=sum(isinstance(layer, nn.Conv2d) for layer in model.modules()),
        dense_layers=len(dense),
        dense_share=sum(num_parameters(layer) for layer in dense) / max(parameters, 1),
        receptive_field=math.inf if view.everything else window_field,
        window_field=window_field,
        input_size=tuple(shape[1:]),
    )


def _dense_layers(model, images):
    """Return the linear layers that see one vector per image, found by a pass with a hook on each."""
    found = set()

    def note(layer, inputs, output):
        if inputs[0].ndim == 2:
            found.add(layer)

    hooks = [m.register_forward_hook(note) for m in model.modules() if isinstance(m, nn.Linear)]
    try:
        with torch.no_grad():
            model(images)
    finally:
        for hook in hooks:
            hook.remove()
    return found
