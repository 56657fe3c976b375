"""What the figures of a training run share: parameters by epoch, checked, and packed for the page."""

import base64

import numpy as np

MOST_NUMBERS = 30_000  # float32 in base64: 160 KB of the page, float16 half of that


def array(values):
    """Return a NumPy array of floats from an array, a tensor on any device, or nested lists."""
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values, dtype=float)


def by_epoch(snapshots):
    """Return the snapshots in the order of their epochs; raise ValueError if that makes no sense."""
    if not isinstance(snapshots, dict) or not snapshots:
        raise ValueError(
            "snapshots must be a dictionary with at least one epoch, as fit(..., snapshot_epochs=(0, 80)) "
            f"gives it, got {snapshots!r}."
        )
    for epoch in snapshots:
        if not isinstance(epoch, int | np.integer) or isinstance(epoch, bool) or epoch < 0:
            raise ValueError(f"The keys of snapshots must be epochs, 0, 1, 2, ..., got {epoch!r}.")
    return {int(epoch): snapshots[epoch] for epoch in sorted(snapshots)}


def check_total(total):
    """Raise ValueError if that many numbers would make a page heavy."""
    if total > MOST_NUMBERS:
        raise ValueError(
            f"{total:,} numbers are too many for a page (at most {MOST_NUMBERS:,}): "
            "keep fewer epochs or filters."
        )


def packed(values, dtype="<f4"):
    """Return numbers as base64 of little-endian floats, as the scripts read them."""
    return base64.b64encode(np.ascontiguousarray(values, dtype=dtype).tobytes()).decode()
