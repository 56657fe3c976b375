"""What do hooks miss of a transformer? The multiply-adds of one attention layer."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    exercise,
    expect_integer,
)

CASES = ((197, 768), (5, 8), (50, 16), (1, 4))  # the first is ViT-B/16: 196 patches and a class token


def heard(num_tokens, width):
    """Return what torch's own counter hears in one attention layer."""
    layer = nn.MultiheadAttention(width, num_heads=2, device="meta")
    tokens = torch.empty(num_tokens, 1, width, device="meta")
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        layer(tokens, tokens, tokens, need_weights=False)
    return counter.get_total_flops() // 2


def counted(answer):
    """Check that every case costs the multiply-adds that torch's own counter hears."""
    for num_tokens, width in CASES:
        expected = heard(num_tokens, width)
        expect_integer(answer(num_tokens, width), expected, f"{num_tokens} tokens of width {width}")


@exercise(
    title="What the hooks missed",
    difficulty="idea",
    checks=(counted,),
    hints=(
        "Four dense layers are applied to every token: queries, keys, values, and the way out.",
        "Every query meets every key, over the whole width; then every token adds up all values. "
        "Heads share the width between them.",
    ),
    mistakes=(
        Mistake(
            "4 * num_tokens",
            "3 * num_tokens",
            "Queries, keys and values have a projection each, and so has the output.",
        ),
        Mistake(
            "comparisons = num_tokens * num_tokens * width",
            "comparisons = num_tokens * num_tokens",
            "To compare a query with a key takes width multiplications, not one.",
        ),
        Mistake(
            "mixtures = num_tokens * num_tokens * width",
            "mixtures = 0",
            "Mixing the values is missing: each token adds up all of them, weighted.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(lambda n, d: 4 * n * d * d, "197 tokens of width 768", "as the hooks count"),
        WrongAnswer(lambda n, d: 3 * n * d * d + 2 * n * n * d, "197 tokens", "the way out forgotten"),
        WrongAnswer(lambda n, d: 4 * n * d * d + n * n * d, "197 tokens", "the values forgotten"),
        WrongAnswer(lambda n, d: 4 * n * d * d + 2 * n * n, "197 tokens", "pairs without their width"),
        WrongAnswer(lambda n, d: 8 * n * d * d + 4 * n * n * d, "197 tokens", "products and sums"),
    ),
)
def attention_cost(num_tokens, width):
    projections = 4 * num_tokens * width * width
    comparisons = num_tokens * num_tokens * width
    mixtures = num_tokens * num_tokens * width
    return projections + comparisons + mixtures
