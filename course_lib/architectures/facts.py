"""When each family of networks appeared, and the one idea that it is remembered for. Internal."""

# Beginning of torchvision's name: year of the first publication or preprint, the idea.
# The longest beginning that fits counts.
FACTS = {
    "lenet5": (1998, "convolution, pooling, dense layers, trained from pixels to answer"),
    "alexnet": (2012, "the same plan, large, with ReLU and dropout, on graphics cards"),
    "vgg": (2014, "nothing but 3x3 convolutions, in stacks"),
    "googlenet": (2014, "parallel kernel sizes behind cheap 1x1 convolutions"),
    "inception": (2015, "large kernels factored into small and one-sided ones"),
    "resnet": (2015, "each block adds to what it receives"),
    "squeezenet": (2016, "1x1 convolutions squeeze the channels before each 3x3"),
    "densenet": (2016, "each layer reads all earlier ones of its stage"),
    "resnext": (2016, "residual blocks with grouped convolutions"),
    "wide_resnet": (2016, "fewer residual blocks, each wider"),
    "mobilenet_v2": (2018, "depthwise convolutions between a wide and a narrow 1x1"),
    "mobilenet_v3": (2019, "its blocks chosen by search, with gates on the channels"),
    "shufflenet": (2018, "half of the channels pass by, then all are shuffled"),
    "mnasnet": (2018, "blocks searched for by their seconds on a telephone"),
    "efficientnet": (2019, "depth, width and image size grow together"),
    "efficientnet_v2": (2021, "searched again, for seconds of training"),
    "regnet": (2020, "widths that grow along a straight line"),
    "vit": (2020, "no convolution but the first: patches attend to patches"),
    "swin": (2021, "attention inside windows that shift"),
    "convnext": (2022, "a residual network with the habits of transformers"),
    "maxvit": (2022, "attention in blocks and on grids, between convolutions"),
}


def facts_of(name):
    """Return (year, idea) of a network by torchvision's name; (None, "") for one that is not listed."""
    fitting = [beginning for beginning in FACTS if name.startswith(beginning)]
    return FACTS[max(fitting, key=len)] if fitting else (None, "")
