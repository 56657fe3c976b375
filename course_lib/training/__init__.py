"""The training loop of the book: data in one tensor, a permutation per epoch, no DataLoader.

Written out in *Linear, MLP, CNN, side by side*; the first chapter measures what a DataLoader costs.
"""

from course_lib.evaluation import evaluate, predict, vote
from course_lib.training.augmentation import each_image, randomly_shifted, randomly_turned
from course_lib.training.checkpoints import CheckpointError
from course_lib.training.config import History, TrainConfig, describe
from course_lib.training.loop import train, train_epoch
from course_lib.training.schedules import rate_factor

__all__ = [
    "CheckpointError", "History", "TrainConfig", "describe", "each_image", "evaluate", "predict",
    "randomly_shifted", "randomly_turned", "rate_factor", "train", "train_epoch", "vote",
]  # fmt: skip
