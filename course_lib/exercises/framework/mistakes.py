"""Which mistake an answer looks like: it is compared with the solution, with that mistake made in it.

Nothing is guessed. A mistake is named where the answer gives exactly what the solution with the mistake
gives, wherever the exercise's own checks ask; and where one mistake explains that, no second one is named.
"""

import contextlib
import copy
import inspect
import io
import sys
import warnings
from dataclasses import dataclass
from functools import cache, cached_property, wraps
from itertools import combinations

import numpy as np

from course_lib.exercises.framework.comparisons import NotAttempted, as_array

MOST_AT_ONCE = 5  # mistakes in one answer
MOST_NAMED = 2  # of them
MOST_CASES = 24  # of the arguments that the checks use, which tell mistakes apart
RAISED = object()


@dataclass(frozen=True)
class Mistake:
    """A piece of the solution's source, what somebody writes in its place, and what to say to that."""

    right: str
    wrong: str
    words: str


class Lookalikes:
    """The solution of an exercise with its mistakes, one or a few at once.

    Parameters
    ----------
    exercise : Exercise
        Its reference, a function, is asked what the checks ask; its `mistakes` are made in its source.
    """

    def __init__(self, exercise):
        self.exercise = exercise

    def words(self, answer):
        """Return what is to be said to an answer; an empty text if it looks like no mistake."""
        if not self.exercise.mistakes or not inspect.isfunction(answer):
            return ""
        given = [outcome(answer, case) for case in self.cases]
        stops = [n for n, result in enumerate(given) if is_raised(result)]
        asked = stops or range(len(given))  # what stops an answer is mended first
        for words, gives in self.variants:
            if given and all(same(given[n], gives(n)) for n in asked):
                return words
        return ""

    @cached_property
    def cases(self):
        """The arguments with which the checks call the solution, as (args, kwargs)."""
        seen = []

        @wraps(self.exercise.reference)
        def recorded(*args, **kwargs):
            if len(seen) < MOST_CASES:
                seen.append(copy.deepcopy((args, kwargs)))
            return self.exercise.reference(*args, **kwargs)

        for check in self.exercise.checks:
            check(recorded)
        return seen

    @cached_property
    def variants(self):
        """Pairs (words, what the variant gives in the case of a number), fewest mistakes first."""
        mistakes = self.exercise.mistakes
        found = []
        for count in range(1, min(MOST_AT_ONCE, len(mistakes)) + 1):
            for chosen in combinations(mistakes, count):
                source = with_mistakes(self.exercise.source, chosen)
                if source:
                    found.append((in_a_row(chosen), self._results(source)))
        return found

    def _results(self, source):
        @cache
        def function():
            namespace = dict(vars(sys.modules[self.exercise.reference.__module__]))
            exec(source, namespace)  # our own solution, of this package
            return namespace[self.exercise.reference.__name__]

        return cache(lambda number: outcome(function(), self.cases[number]))


def in_a_row(mistakes):
    """Return the words of the first mistakes; whoever mends these hears of the others.

    >>> in_a_row([Mistake("", "", words) for words in ("This.", "That.", "And that.")])
    'This. That. And there is more.'
    """
    more = ["And there is more."] if len(mistakes) > MOST_NAMED else []
    return " ".join([mistake.words for mistake in mistakes[:MOST_NAMED]] + more)


def with_mistakes(source, mistakes):
    """Return a source with all mistakes made in it, an empty text if two of them are of the same place.

    >>> with_mistakes("2 * x + 1", [Mistake("2", "3", "Not three."), Mistake("+ 1", "", "Where is one?")])
    '3 * x '
    >>> with_mistakes("2 * x", [Mistake("2", "3", "Not three."), Mistake("2", "4", "Not four.")])
    ''
    """
    places = [(source.find(mistake.right), mistake) for mistake in mistakes]
    places.sort(key=lambda pair: pair[0])
    ends = [place + len(mistake.right) for place, mistake in places]
    if any(place < end for (place, _), end in zip(places, [0, *ends], strict=False)):
        return ""
    for place, mistake in reversed(places):
        source = source[:place] + mistake.wrong + source[place + len(mistake.right) :]
    return source


def outcome(function, case):
    """Return what a function gives; if it raises, what it raised."""
    args, kwargs = copy.deepcopy(case)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            return function(*args, **kwargs)
    except (Exception, SystemExit) as error:
        return RAISED, type(error).__name__, str(error)


def is_raised(result):
    """Whether an outcome is that of a function which raised."""
    return isinstance(result, tuple) and len(result) > 0 and result[0] is RAISED


def same(a, b):
    """Whether two outcomes are the same, as far as rounding allows.

    >>> same((1, [2.0]), (1.0, np.array([2])))
    True
    >>> same((1, "a"), (1, "b"))
    False
    """
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    try:
        first, second = as_array(a, "one outcome"), as_array(b, "the other one")
    except (AssertionError, NotAttempted):
        return repr(a) == repr(b)
    return first.shape == second.shape and np.allclose(first, second, 1e-6, 1e-12, equal_nan=True)
