"""What processes of torchrun wrote is found, also where two of them wrote into one line."""

from types import SimpleNamespace

import pytest

from course_lib.processes import Torchrun


def running(words, ended=None):
    """Return a run that wrote some words, and is still running unless it ended with a code."""
    run = Torchrun("a.module")
    run.output = lambda: words
    run._process = SimpleNamespace(poll=lambda: ended)
    return run


def test_the_number_of_a_process_is_found_in_a_line_that_two_wrote():
    run = running("rank 0 of 2: process 12, gloo on cpurank 1 of 2: process 345, gloo on cpu\n\n")
    assert (run.process_of(0), run.process_of(1)) == (12, 345)


def test_the_number_is_that_of_the_last_start():
    assert running("rank 1 of 2: process 3, gloo\nrank 1 of 2: process 4, gloo\n").process_of(1) == 4


@pytest.mark.parametrize(("ended", "error"), [(1, RuntimeError), (None, TimeoutError)])
def test_words_that_never_come_are_named(ended, error):
    with pytest.raises(error, match="step 20"):
        running("step 10", ended).wait_for("step 20", seconds=0.05)
