"""What NumPy and torch say about shapes that do not fit, in words."""

import re

SAID = (
    (
        r"could not be broadcast together with shapes (\(.*?\)) (\(.*?\))",
        "Shapes {0} and {1} meet where equal ones are expected.",
    ),
    (
        r"operand 1 has a mismatch in its core dimension 0.*\(size (\d+) is different from (\d+)\)",
        "`@` takes as many columns on its left as rows on its right; here {1} columns meet {0} rows.",
    ),
    (
        r"mat1 and mat2 shapes cannot be multiplied \(\d+x(\d+) and (\d+)x\d+\)",
        "A dense layer that takes {1} numbers gets {0}.",
    ),
    (
        r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\) at .*dimension (\d+)",
        "Along axis {2} one tensor has {0} entries and the other one {1}, where as many are expected.",
    ),
    (
        r"shape '\[(.*?)\]' is invalid for input of size (\d+)",
        "{1} numbers do not fill an array of shape ({0}).",
    ),
    (r"shape-mismatch for sum", "The axes that are summed over have different lengths in the two arrays."),
    (
        r"index (\d+) is out of bounds for axis (\d+) with size (\d+)",
        "There is no index {0}: axis {1} has {2} entries, counted from 0.",
    ),
)


def in_words(error):
    """Return an error about shapes as a sentence, an empty text for any other error.

    >>> in_words(ValueError("operands could not be broadcast together with shapes (4,) (3,) "))
    'Shapes (4,) and (3,) meet where equal ones are expected.'
    """
    for pattern, words in SAID:
        found = re.search(pattern, str(error))
        if found:
            return words.format(*found.groups())
    return ""
