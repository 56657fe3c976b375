"""Exercises of the chapter on augmentation and real images, in the order of the page."""

from course_lib.exercises.augmentation_and_cifar.confusion_interval import confusion_interval
from course_lib.exercises.augmentation_and_cifar.few_photographs import few_photographs, final
from course_lib.exercises.augmentation_and_cifar.harm import harm
from course_lib.exercises.augmentation_and_cifar.standard_errors import standard_errors
from course_lib.exercises.augmentation_and_cifar.to_batch import to_batch
from course_lib.exercises.augmentation_and_cifar.with_control import with_control

EXERCISES = (to_batch, confusion_interval, harm, with_control, standard_errors, few_photographs)

__all__ = [
    "EXERCISES", "confusion_interval", "few_photographs", "final", "harm", "standard_errors", "to_batch",
    "with_control",
]  # fmt: skip
