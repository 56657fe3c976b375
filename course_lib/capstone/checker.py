"""The checker: every entry is trained in the same way, from weights that the checker draws."""

from course_lib.capstone.network import measured, reset
from course_lib.capstone.scoreboard import append
from course_lib.data import load_mnist
from course_lib.evaluation import evaluate
from course_lib.reproducibility import default_device
from course_lib.training import TrainConfig, train

RATES = (0.003, 0.01, 0.03)
TRY_SEED, FINAL_SEEDS = 0, (101, 102, 103)
MAX_VALIDATION = 5_000


def settings(data, learning_rate=0.01, seed=TRY_SEED):
    """Return how every entry is trained: five epochs of MNIST, AdamW, one cycle, shifts by one pixel.

    Raises
    ------
    ValueError
        For a rate that is not one of `RATES`: three, so that nobody can tune longer than others.
    """
    if learning_rate not in RATES:
        raise ValueError(f"learning_rate must be one of {RATES}, got {learning_rate!r}.")
    return TrainConfig.for_data(
        data, seed=seed, learning_rate=learning_rate, optimizer="adamw", weight_decay=0.01,
        schedule="one-cycle", max_shift=1,
    )  # fmt: skip


def fair_split(data):
    """Return the data with the validation images that all entries share: 5,000 of MNIST's training images."""
    return data.validation_split(min(MAX_VALIDATION, len(data.train_images) // 6), seed=0)


def trained(make, data, learning_rate, seed):
    """Return a trained entry and its size; weights that came with it are drawn anew."""
    network = make()
    size = measured(network)
    reset(network, seed)
    network.to(default_device())
    train(network, data, settings(data, learning_rate, seed))
    if measured(network.cpu()) != size:
        raise ValueError("The network has changed its size while it was trained.")
    return network, size


def try_out(make, learning_rate=0.01, data=None):
    """Train an entry with the seed for trying and return its validation accuracy, a fraction.

    Parameters
    ----------
    make : callable
        Returns a new network of allowed layers.
    learning_rate : float, optional
        One of `RATES`.
    data : course_lib.data.ImageData, optional
        MNIST by default, or what stands in for it.

    Raises
    ------
    ValueError
        If the entry breaks a rule.
    """
    data = fair_split(load_mnist() if data is None else data)
    network, _ = trained(make, data, learning_rate, TRY_SEED)
    return evaluate(network, data.validation_images, data.validation_labels)[1]


def final(make, author, scoreboard, learning_rate=0.01, data=None, description=""):
    """Train an entry with three seeds that nobody has tried, test it, and write the scoreboard.

    Parameters
    ----------
    make, learning_rate, data
        As for `try_out`.
    author : str
        Whose look at the test images this is. Only an author's first look takes part in the ranking.
    scoreboard : path
        A file of one line for each look; it need not exist.
    description : str, optional
        What the entry is, in a few words.

    Returns
    -------
    dict
        The line that was written: see `course_lib.capstone.scoreboard`.
    """
    data = fair_split(load_mnist() if data is None else data)
    accuracies = []
    for seed in FINAL_SEEDS:
        network, size = trained(make, data, learning_rate, seed)
        accuracies.append(evaluate(network, data.test_images, data.test_labels)[1])
    return append(
        scoreboard, author=author, description=description, data=data.name, learning_rate=learning_rate,
        num_parameters=size.num_parameters, multiply_adds=size.multiply_adds, accuracies=accuracies,
    )  # fmt: skip
