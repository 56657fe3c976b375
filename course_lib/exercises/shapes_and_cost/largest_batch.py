"""How many images fit: the memory of training, solved for the batch."""

from course_lib.exercises.framework import WrongAnswer, exercise, expect_integer

# VGG-16 (138,357,544 parameters; 15,237,608 activations with the input) on three devices, then two by hand
CASES = (
    ((24_000_000_000, 138_357_544, 15_237_608), 357),
    ((8_000_000_000, 138_357_544, 15_237_608), 94),
    ((2_000_000_000, 138_357_544, 15_237_608), 0),
    ((1_000, 10, 21), 10),
    ((160, 10, 1), 0),
)


def every_case(answer):
    for case, expected in CASES:
        what = "memory={:,}, num_parameters={:,}, num_activations={:,}".format(*case)
        expect_integer(answer(*case), expected, what)


def fitting(bytes_per_parameter, bytes_per_activation=4):
    def answer(memory, num_parameters, num_activations):
        free = memory - bytes_per_parameter * num_parameters
        return max(0, free // (bytes_per_activation * num_activations))

    return answer


@exercise(
    difficulty="idea",
    checks=(every_case,),
    hints=(
        "What is needed once, however many images there are, and what for each image?",
        "A parameter is kept in four versions. Does an activation have as many?",
        "What should come back if not even the parameters fit?",
    ),
    wrong_answers=(
        WrongAnswer(fitting(4), "expected 357", "weights only"),
        WrongAnswer(fitting(8), "expected 357", "Adam's averages forgotten"),
        WrongAnswer(fitting(16, 16), "expected 357", "Adam for activations, too"),
        WrongAnswer(fitting(4, 1), "expected 357", "numbers for bytes"),
        WrongAnswer(lambda m, p, a: (m - 16 * p) // (4 * a), "expected 0", "a negative batch"),
        WrongAnswer(lambda m, p, a: max(0, (m - 16 * p) / (4 * a)), "the integer 357", "a part of an image"),
    ),
)
def largest_batch(memory, num_parameters, num_activations):
    fixed = 16 * num_parameters  # weights, gradients, Adam's two averages: 4 bytes each
    return max(0, (memory - fixed) // (4 * num_activations))
