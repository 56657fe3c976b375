"""The capstone: the best network of at most 10,000 parameters and 600,000 multiply-adds, by fair rules.

`try_out` trains an entry once and says its validation accuracy, as often as you like. `final` trains
it with three fixed seeds, reads the test images and writes what came into a scoreboard, a local
file whose lines are chained by their hashes.
"""

from course_lib.capstone.checker import final, settings, try_out
from course_lib.capstone.network import (
    MOST_MULTIPLY_ADDS,
    MOST_PARAMETERS,
    Residual,
    Size,
    measured,
    reference,
    reset,
)
from course_lib.capstone.scoreboard import STORED, append, ranking, read

__all__ = [
    "MOST_MULTIPLY_ADDS", "MOST_PARAMETERS", "STORED", "Residual", "Size", "append", "final", "measured",
    "ranking", "read", "reference", "reset", "settings", "try_out",
]  # fmt: skip
