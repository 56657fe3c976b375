"""How long until 99 % and 99.5 % on MNIST, from the start of Python, import and data included?

For every seed a process of its own, with nothing but torch, NumPy and the book's data file, trains
a small relative of FastCNN for a number of epochs that was fixed beforehand on validation images
(``--validation`` repeats that), and measures the test images once. The clock is the parent's: from the
start of the process until its answer.

What keeps the clock short:

* The network sees the inner 24x24 pixels of 28x28, and its first convolution has stride 2.
* Two threads take half of every batch each, with a copy of the network that shares its parameters. Each
  operation then runs on one core from its start to its end, and no core waits after every operation.
* The images stay bytes: a batch is cut out of them, and moved at random, by one indexing.
* Freed memory stays with the process: glibc would hand a step's maps back to the system and ask for 2,400
  fresh pages at the next one, which is a sixth of the processor's time.
* The data are unpacked in a second thread while PyTorch is imported.
* The network answers after one look, and after nine, a pixel apart, where it is in doubt: that is one image
  in ten, costs a tenth of a second and saves part of an epoch.
* AdamW is written out on one vector that holds all parameters: the first optimiser of ``torch.optim``
  in a process imports PyTorch's compiler, which costs nearly as much as the import of PyTorch itself.

    python benchmarks/mnist_99.py                # 5 seeds, about two minutes on two quiet cores
    python benchmarks/mnist_99.py --seeds 1
"""

import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from itertools import pairwise, product

# epochs: a part of one is a part of its steps; the rate goes up and down along straight lines all the same.
RECIPES = {
    "99": {"epochs": 1.0, "max_shift": 0, "batch_size": 128, "target": 0.99, "seconds": 8},
    "99.5": {"epochs": 5.0, "max_shift": 2, "batch_size": 256, "target": 0.995, "seconds": 20},
}
PEAK, FLOOR, WARMUP, DECAY, SMOOTHING = 1e-2, 1e-3, 0.25, 1e-2, 0.1
BETAS, EPSILON = (0.9, 0.999), 1e-8  # of AdamW, as PyTorch has them
SIZE = 24  # of what the network sees of an image
WORKERS = 2  # threads; also on a machine with more cores, because each normalises its own half of a batch
DOUBT = 0.85  # what a network is less sure of it looks at again; smoothed labels end at 0.91
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_MMAP_THRESHOLD_": str(2**25)}  # bytes, glibc's
NUM_VALIDATION, TUNING_SEED = 10_000, 100  # on validation images the seeds are others, too


def child(path, name, seed, validation):
    """Train once and print the accuracy and where the seconds went."""
    clock = [time.perf_counter()]
    import numpy as np

    arrays = {}
    reader = threading.Thread(target=read, args=(np, path, arrays))
    reader.start()  # unpacking leaves Python to the import
    import torch

    clock.append(time.perf_counter())
    reader.join()
    train, test = load(torch, arrays, validation)
    clock.append(time.perf_counter())
    torch.manual_seed(seed)
    torch.set_num_threads(max(1, torch.get_num_threads() // WORKERS))  # of each worker
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = network(torch.nn).to(device, memory_format=torch.channels_last)
    train, test = ([tensor.to(device) for tensor in part] for part in (train, test))
    with ThreadPoolExecutor(WORKERS) as pool:
        fit(torch, model, *train, RECIPES[name], torch.Generator().manual_seed(seed), pool)
        clock.append(time.perf_counter())
        accuracy = measured(torch, model, *test, pool)
    clock.append(time.perf_counter())
    spent = [f"{after - before:.2f}" for before, after in pairwise(clock)]
    print(accuracy, *spent, flush=True)


def read(np, path, arrays):
    """Unpack the book's file into a dictionary."""
    with np.load(path, allow_pickle=False) as archive:
        for name in archive.files:
            arrays[name] = archive[name]


def load(torch, arrays, validation):
    """Return (images, labels) to train on and to measure; with `validation`, both from the training set."""

    def tensors(part):
        return torch.from_numpy(arrays[f"x_{part}"]), torch.from_numpy(arrays[f"y_{part}"]).long()

    if validation is None:
        return tensors("train"), tensors("test")
    images, labels = tensors("train")
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(validation))
    chosen, left = order[:NUM_VALIDATION], order[NUM_VALIDATION:]
    return (images[left], labels[left]), (images[chosen], labels[chosen])


def network(nn):
    """Return the layers."""
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=5, stride=2, padding=2, bias=False),
        nn.BatchNorm2d(16), nn.ReLU(inplace=True),                      # (16, 12, 12)
        nn.Conv2d(16, 32, kernel_size=3, bias=False),
        nn.BatchNorm2d(32), nn.ReLU(inplace=True),                      # (32, 10, 10)
        nn.Conv2d(32, 32, kernel_size=3, bias=False),                   # (32, 8, 8)
        nn.MaxPool2d(kernel_size=2),
        nn.BatchNorm2d(32), nn.ReLU(inplace=True),                      # (32, 4, 4)
        nn.Conv2d(32, 64, kernel_size=3, bias=False),
        nn.BatchNorm2d(64), nn.ReLU(inplace=True),                      # (64, 2, 2)
        nn.Flatten(), nn.Linear(256, 10),                               # (10,)
    )  # fmt: skip


def fit(torch, model, images, labels, recipe, generator, pool):
    """Take the recipe's steps: AdamW, a triangle of rates, smoothed labels, shifted images."""
    copies = [model, *(deepcopy(model) for _ in range(WORKERS - 1))]
    optimizer = AdamW(torch, copies)
    windows, batch_size = windows_of(images), recipe["batch_size"]

    def add_gradients(model, chosen, moves):
        logits = model(cut(torch, windows, chosen, moves))  # (B / WORKERS, 10)
        loss = torch.nn.functional.cross_entropy(logits, labels[chosen], label_smoothing=SMOOTHING)
        (loss / WORKERS).backward()

    num_steps = round(recipe["epochs"] * len(images) / batch_size)
    batches = random_batches(torch, len(images), batch_size, recipe["max_shift"], generator)
    for step, (chosen, moves) in zip(range(num_steps), batches, strict=False):
        list(pool.map(add_gradients, copies, chosen.chunk(WORKERS), moves.chunk(WORKERS)))
        optimizer.step(PEAK * rate_factor(step, num_steps))


def windows_of(images):
    """Return a view of all windows: the images' bytes at (N, top, left, SIZE, SIZE)."""
    return images.unfold(1, SIZE, 1).unfold(2, SIZE, 1)


def cut(torch, windows, chosen, moves):
    """Return a window of each chosen image, moved from the middle by its own (down, right)."""
    places = moves + windows.shape[1] // 2
    pixels = windows[chosen, places[:, 0], places[:, 1]]  # (B, SIZE, SIZE), bytes
    return pixels.float().div_(255).unsqueeze(3).permute(0, 3, 1, 2)  # (B, 1, SIZE, SIZE), channels last


def random_batches(torch, num_images, batch_size, max_shift, generator):
    """Yield the images of each batch and their moves, epoch after epoch in another order, without end."""
    while True:
        order = torch.randperm(num_images, generator=generator)
        moves = torch.randint(-max_shift, max_shift + 1, (num_images, 2), generator=generator)
        yield from zip(order.split(batch_size), moves.split(batch_size), strict=True)


class AdamW:
    """``torch.optim.AdamW`` for all parameters at once, which become parts of one long vector.

    The copies of a model share that vector; their gradients are added.
    """

    def __init__(self, torch, copies):
        self.copies = [list(model.parameters()) for model in copies]
        self.join = lambda tensors: torch.cat([tensor.flatten() for tensor in tensors])
        with torch.no_grad():
            self.weights = self.join(self.copies[0])  # (P,)
        sizes = [parameter.numel() for parameter in self.copies[0]]
        for parameters in self.copies:
            for parameter, part in zip(parameters, self.weights.split(sizes), strict=True):
                parameter.data = part.view(parameter.shape)
        self.mean, self.square = torch.zeros_like(self.weights), torch.zeros_like(self.weights)
        self.num_steps = 0

    def step(self, rate):
        """Move the parameters along their gradients, and forget these."""
        self.num_steps += 1
        grad = sum(self.join([parameter.grad for parameter in parameters]) for parameters in self.copies)
        self.mean.lerp_(grad, 1 - BETAS[0])
        self.square.mul_(BETAS[1]).addcmul_(grad, grad, value=1 - BETAS[1])
        root = (self.square / (1 - BETAS[1] ** self.num_steps)).sqrt_().add_(EPSILON)
        self.weights.mul_(1 - rate * DECAY)
        self.weights.addcdiv_(self.mean, root, value=-rate / (1 - BETAS[0] ** self.num_steps))
        for parameters in self.copies:
            for parameter in parameters:
                parameter.grad = None


def rate_factor(step, num_steps):
    """Return the factor of the peak: up along a line, down along a line."""
    top, last = WARMUP * num_steps - 1, num_steps - 1
    share = step / top if step < top else (last - step) / (last - top)
    return FLOOR + (1 - FLOOR) * share


def measured(torch, model, images, labels, pool):
    """Return the accuracy in evaluation mode."""
    model.eval()
    windows = windows_of(images)
    parts = torch.arange(len(images)).split(500)
    found = torch.cat(list(pool.map(lambda chosen: answers(torch, model, windows, chosen), parts)))
    return (found == labels.to(found.device)).double().mean().item()


def answers(torch, model, windows, chosen):
    """Return a class for each chosen image; where it is in doubt, after nine looks, a pixel apart."""

    def look(chosen, move):
        moves = torch.tensor([move]).expand(len(chosen), 2)
        return model(cut(torch, windows, chosen, moves)).softmax(1)  # (B, 10)

    with torch.inference_mode():
        shares = look(chosen, (0, 0))
        doubtful = (shares.amax(1) < DOUBT).nonzero().flatten().to(chosen.device)
        shares[doubtful] = sum(look(chosen[doubtful], move) for move in product((-1, 0, 1), repeat=2))
        return shares.argmax(1)


def main():
    """Run every recipe with every seed; print the means, and fail where they miss their targets."""
    import argparse

    from course_lib.data import files

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--recipe", choices=RECIPES, help="one of them alone")
    parser.add_argument("--epochs", type=float, help="in place of the recipe's; only with --validation")
    parser.add_argument("--validation", action="store_true", help="on 10,000 training images set aside")
    arguments = parser.parse_args()
    if arguments.epochs and not arguments.validation:
        parser.error("--epochs needs --validation: the number of epochs is not chosen on test images.")
    files.load_arrays(files.MNIST)  # a download, where needed, is not part of it; nor is its proof
    names = [name for name in RECIPES if arguments.recipe in (None, name)]
    means = {name: mean_run(name, arguments, str(files.MNIST.path)) for name in names}
    print(", ".join(f"{100 * accuracy:.2f} % after {seconds:.1f} s" for accuracy, seconds in means.values()))
    missed = [
        name
        for name, (accuracy, seconds) in means.items()
        if accuracy < RECIPES[name]["target"] or seconds > RECIPES[name]["seconds"]
    ]
    return 1 if missed and not arguments.validation else 0


def mean_run(name, arguments, path):
    """Run one recipe with all seeds; return the mean accuracy and the mean seconds."""
    import statistics

    print(f"{name} %: accuracy, seconds in all, of the processor; import, data, training, measuring")
    first, runs = TUNING_SEED if arguments.validation else 0, []
    for seed in range(first, first + arguments.seeds):
        runs.append(timed_child(path, name, seed, arguments))
        print(row(*runs[-1]), flush=True)
    means = [statistics.mean(column) for column in zip(*runs, strict=True)]
    print("mean" + row(*means))
    return means[:2]


def row(accuracy, seconds, busy, *parts):
    """Return one line of the report."""
    in_turn = "  ".join(f"{part:5.2f}" for part in parts)
    return f"  {accuracy:.2%} {seconds:6.1f} s {busy:6.1f} s;   {in_turn}"


def timed_child(path, name, seed, arguments):
    """Run the child; return its accuracy, the seconds to its answer, the processor's, and their parts."""
    import subprocess

    epochs = arguments.epochs or RECIPES[name]["epochs"]
    command = [sys.executable, __file__, "child", path, name, str(seed), str(epochs)]
    command += ["validation"] * arguments.validation
    start, busy = time.perf_counter(), processor_seconds()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | KEEP_MEMORY)
    answer = process.stdout.readline().split()
    seconds = time.perf_counter() - start
    if process.wait() != 0 or not answer:
        raise SystemExit(f"The run of seed {seed} failed.")
    accuracy, *parts = map(float, answer)
    return accuracy, seconds, processor_seconds() - busy, *parts


def processor_seconds():
    """Return the seconds that all children so far kept the processor busy, on all threads."""
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        RECIPES[sys.argv[3]]["epochs"] = float(sys.argv[5])
        # each seed sets other images aside: the mean is then over images, too
        child(*sys.argv[2:4], int(sys.argv[4]), validation=int(sys.argv[4]) if len(sys.argv) > 6 else None)
    else:
        raise SystemExit(main())
