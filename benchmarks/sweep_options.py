"""What the benchmarks that keep a record of a sweep over seeds can be asked for."""

import argparse
from pathlib import Path


def sweep_options(description, out, seeds):
    """Return a parser that knows ``--seeds`` and ``--out``; a benchmark may add its own.

    Parameters
    ----------
    description : str
        A benchmark's docstring, of which the first line is shown.
    out : path
        The file where results are kept unless another is named.
    seeds : int
        How many seeds are run unless another number is named.
    """
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=seeds)
    parser.add_argument("--out", type=Path, default=out)
    return parser
