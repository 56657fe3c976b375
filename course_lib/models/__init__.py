"""The book's torch models, each readable as its diagram.

Every line of a model is a stage, with the shape of one sample behind it.
"""

from course_lib.models.classifier import IMAGE_SIZE, ImageClassifier, num_parameters
from course_lib.models.deep import Block, DeepStack, GatedLayer, GatedMLP, ResidualMLP, he_initialise
from course_lib.models.first import MLP, LinearClassifier, SimpleCNN
from course_lib.models.ladder import BatchNormCNN, DropoutCNN, FastCNN, LeNet5
from course_lib.models.patches import MLPMixer, VisionTransformer
from course_lib.models.segmenters import FlatNet, UNet
from course_lib.models.small_resnet import BasicBlock, SmallResNet

__all__ = [
    "IMAGE_SIZE", "MLP", "BasicBlock", "BatchNormCNN", "Block", "DeepStack", "DropoutCNN", "FastCNN",
    "FlatNet", "GatedLayer", "GatedMLP", "ImageClassifier", "LeNet5", "LinearClassifier", "MLPMixer",
    "ResidualMLP", "SimpleCNN", "SmallResNet", "UNet", "VisionTransformer", "he_initialise",
    "num_parameters",
]  # fmt: skip
