"""How long a reader waits for the first figure of a notebook: from the start of its kernel, cell by cell."""

import time

from jupyter_client.manager import start_new_kernel
from myst_nb.core.read import read_myst_markdown_notebook
from rows import ROOT, row, shares

CHAPTERS = ("convolution", "data_and_baselines", "first_cnn")
ROUNDS = 3


def measured(rounds=ROUNDS):
    """Return a row for each of the chapters."""
    runs = {chapter: [] for chapter in CHAPTERS}
    for _ in range(rounds):
        for chapter in CHAPTERS:
            runs[chapter].append(waited(chapter))
    return [
        row(f"first figure, {chapter}", [sum(run.values()) for run in found], "s", rest=shares(middle(found)))
        for chapter, found in runs.items()
    ]


def middle(runs):
    """Return the parts of the run whose sum is the median."""
    return sorted(runs, key=lambda run: sum(run.values()))[len(runs) // 2]


def waited(chapter):
    """Return the seconds of each step up to the first picture of a chapter."""
    text = (ROOT / f"chapters/{chapter}.md").read_text(encoding="utf-8")
    cells = [cell.source for cell in read_myst_markdown_notebook(text).cells if cell.cell_type == "code"]
    start = time.perf_counter()
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(ROOT / "chapters"))
    parts = {"kernel": time.perf_counter() - start, "imports": 0.0, "cells": 0.0}
    try:
        for number, source in enumerate(filter(str.strip, cells)):
            start, shown = time.perf_counter(), []
            client.execute_interactive(source, output_hook=shown.append, timeout=300)
            parts["imports" if number == 0 else "cells"] += time.perf_counter() - start
            if any("image/png" in message["content"].get("data", {}) for message in shown):
                return parts
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    raise ValueError(f"{chapter} draws no figure.")
