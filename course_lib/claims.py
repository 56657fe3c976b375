"""Claims and their verdicts: how large an effect, how sure, and what was asked for beforehand."""

import math
from numbers import Real

from scipy import special

from course_lib.checks import check_integer
from course_lib.metrics import Z_95

HOLDS, CONDITION, FALSE, OPEN = VERDICTS = ("holds", "holds with a condition", "false", "open")


def judge(effect, standard_error, margin=0.0, num_runs=None):
    r"""Return the verdict on the claim that an effect is at least as large as a margin.

    The claim holds if the whole 95 % interval lies at or above the margin, it is false if the whole
    interval lies below it, and it is open if the margin lies inside: then the measurement was too
    small to tell. A margin that is chosen after the effect was seen can buy any verdict.
    Explained in the chapter on claims.

    Parameters
    ----------
    effect : float
        What was measured: value minus control, in any unit.
    standard_error : float
        Of the effect, in the same unit; 0 for what was counted or computed exactly.
    margin : float, optional
        What the claim must reach, stated beforehand; 0 asks for the direction only.
    num_runs : int, optional
        From how many paired runs the error was estimated. With few of them the interval is wider:
        it takes the quantile of the t distribution with ``num_runs - 1`` degrees of freedom.

    Returns
    -------
    str
        ``"holds"``, ``"false"`` or ``"open"``.

    Raises
    ------
    ValueError
        For numbers that are not finite, a negative error, or fewer than two runs.

    Examples
    --------
    >>> judge(1.5, 0.2), judge(1.5, 0.2, margin=5), judge(1.5, 0.2, margin=1.4)
    ('holds', 'false', 'open')
    >>> judge(1.5, 0.4), judge(1.5, 0.4, num_runs=3)
    ('holds', 'open')
    """
    for name, number in (("effect", effect), ("standard_error", standard_error), ("margin", margin)):
        if not isinstance(number, Real) or not math.isfinite(number):
            raise ValueError(f"{name} must be a finite number, got {number!r}.")
    if standard_error < 0:
        raise ValueError(f"standard_error must not be negative, got {standard_error!r}.")
    quantile = Z_95
    if num_runs is not None:
        check_integer("num_runs", num_runs, least=2)
        quantile = float(special.stdtrit(num_runs - 1, 0.975))
    if effect - quantile * standard_error >= margin:
        return HOLDS
    return FALSE if effect + quantile * standard_error < margin else OPEN


def judge_comparison(comparison, margin=0.0):
    """Return the verdict on a comparison of `course_lib.metrics`; the margin is a fraction, 0.01 a point.

    >>> from course_lib.metrics import compare_over_seeds
    >>> judge_comparison(compare_over_seeds([0.97, 0.98, 0.99], [0.95, 0.97, 0.97]))
    'holds'
    """
    num_runs = getattr(comparison, "num_seeds", None)
    return judge(comparison.difference, comparison.standard_error, margin, num_runs)


def in_points(comparison, digits=1):
    """Return a comparison's difference and standard error in percentage points, as text.

    >>> from course_lib.metrics import compare_over_seeds
    >>> in_points(compare_over_seeds([0.95, 0.97, 0.97], [0.97, 0.98, 0.99]))
    '−1.7 ± 0.3 points'
    """
    difference, error = 100 * comparison.difference, 100 * comparison.standard_error
    return f"{difference:+.{digits}f} ± {error:.{digits}f} points".replace("-", "−")


def under_condition(inside, outside):
    """Return the verdict on a claim that was judged twice: where its condition is met, and where not.

    >>> under_condition(inside="holds", outside="false")
    'holds with a condition'
    >>> under_condition(inside="holds", outside="open")
    'open'
    """
    for verdict in (inside, outside):
        if verdict not in VERDICTS:
            raise ValueError(f"A verdict is one of {VERDICTS}, got {verdict!r}.")
    if inside == outside:
        return inside
    return CONDITION if (inside, outside) == (HOLDS, FALSE) else OPEN


def record(claim, value, control, verdict):
    """Keep a claim's value, control and verdict in the notebook that is running.

    The claims page prints what ``chapters/claims.yml`` says, and a test compares that with these
    records. Only the book's own build calls this.

    Parameters
    ----------
    claim : str
        The claim's id.
    value, control : str
        As they are printed, with their units.
    verdict : str
        One of `VERDICTS`.

    Raises
    ------
    ValueError
        For numbers that are no text, an empty text, or an unknown verdict.
    """
    from myst_nb import glue  # a tool of the book: a reader of a notebook does without

    for text in (value, control):
        if not isinstance(text, str) or not text:
            raise ValueError(f"{claim}: expected value and control as printed, got {text!r}.")
    if verdict not in VERDICTS:
        raise ValueError(f"{claim}: a verdict is one of {VERDICTS}, got {verdict!r}.")
    for name, text in ((claim, value), (f"{claim}-control", control), (f"{claim}-verdict", verdict)):
        glue(f"claim-{name}", text, display=False)
