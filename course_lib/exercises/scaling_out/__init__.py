"""Exercises of the chapter on scaling out, in the order of the page."""

from course_lib.exercises.scaling_out.bytes_sent import bytes_sent
from course_lib.exercises.scaling_out.capture import capture
from course_lib.exercises.scaling_out.loss_factors import loss_factors
from course_lib.exercises.scaling_out.predict_seconds import predict_seconds
from course_lib.exercises.scaling_out.unpadded_accuracy import unpadded_accuracy

EXERCISES = (bytes_sent, loss_factors, unpadded_accuracy, capture, predict_seconds)
