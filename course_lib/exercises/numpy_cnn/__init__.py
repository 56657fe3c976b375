"""Exercises of the chapter *What does loss.backward() do?*, in the order of the page."""

from course_lib.exercises.numpy_cnn.average_pool_backward import average_pool_backward
from course_lib.exercises.numpy_cnn.batch_norm_backward import batch_norm_backward
from course_lib.exercises.numpy_cnn.cases import cases
from course_lib.exercises.numpy_cnn.diagnosis import diagnosis, patients
from course_lib.exercises.numpy_cnn.dilated_conv2d import dilated_conv2d

__all__ = [
    "average_pool_backward", "batch_norm_backward", "cases", "diagnosis", "dilated_conv2d", "patients",
]  # fmt: skip

EXERCISES = (
    average_pool_backward, diagnosis, dilated_conv2d, batch_norm_backward, cases,
)  # fmt: skip
