"""The final of the open task: it trains the reader's 56 layers with seeds of its own."""

from dataclasses import replace

import pytest

from course_lib.data.digits import offline_digits
from course_lib.exercises.deep_networks import fifty_six_layers, final
from course_lib.models import Block, he_initialise


@pytest.fixture
def few_digits(monkeypatch):
    monkeypatch.setitem(final.__globals__, "NUM_EPOCHS_OFFLINE", 1)  # two steps
    data = offline_digits().sample(70)
    return replace(
        data, name="seventy digits", test_images=data.test_images[::9], test_labels=data.test_labels[::9]
    )


def test_the_final_tells_every_accuracy_their_mean_and_the_goal(few_digits):
    answer = final(fifty_six_layers.reference, few_digits, seeds=(7, 8))
    assert answer.status == "not yet"  # few steps
    *accuracies, mean, goal = (
        float(word) for word in answer.message.replace(",", "").replace(";", "").split() if word[0].isdigit()
    )
    assert mean == pytest.approx(sum(accuracies) / 2, abs=0.11)
    assert (len(accuracies), goal) == (2, 80)


def test_the_final_trains_what_the_reader_initialised(few_digits):
    one, other = (
        final(answer, few_digits, seeds=(7,)) for answer in (fifty_six_layers.reference, he_initialise)
    )
    assert one.message != other.message


def test_skips_do_not_reach_the_final(few_digits):
    def add_skips(model):
        for module in model:
            if isinstance(module, Block):
                module.residual = True

    with pytest.raises(AssertionError, match="other layers than before"):
        final(add_skips, few_digits)
