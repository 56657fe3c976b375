"""Record a number after each block with hooks, and leave the model as it was."""

import numpy as np
import torch

from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect, expect_close
from course_lib.models import Block, ResidualMLP
from course_lib.reproducibility import set_seed


def problem(num_blocks=11):
    """A small residual network whose batch normalisations have seen something, and images."""
    set_seed(0)
    model = ResidualMLP(num_blocks=num_blocks, hidden_features=6, image_size=4)
    images = torch.randn(40, 1, 4, 4)
    with torch.no_grad():
        model.train()(2 * images + 1)
    return model, images


def expected(model, images):
    """Run the layers one by one, without hooks."""
    sizes, x = [], images
    modes = [module.training for module in model.modules()]
    model.eval()
    with torch.no_grad():
        for layer in model:
            x = layer(x)
            sizes += [x.abs().mean().item()] if isinstance(layer, Block) else []
    for module, mode in zip(model.modules(), modes, strict=True):
        module.training = mode
    return np.array(sizes)


def sizes_in_order(answer):
    """Check that eleven blocks get their sizes in the order in which they run."""
    model, images = problem()
    wanted = expected(model, images)
    got = as_array(answer(model, images), "The sizes of 11 blocks")
    if got.shape == wanted.shape and not np.allclose(got, wanted, rtol=1e-4):
        lexical = [wanted[i] for i in sorted(range(11), key=lambda i: str(i + 4))]
        expect(
            not np.allclose(got, lexical, rtol=1e-4),
            "The blocks are sorted as words, so that block 10 comes before block 4: keep the order in which "
            "they run.",
        )
        expect(
            not np.allclose(got, expected_in_training(*problem()), rtol=1e-4),
            "Your sizes are those of training mode, where an image's numbers depend on its batch.",
        )
    expect_close(got, wanted, "The sizes of 11 blocks", rtol=1e-4)


def expected_in_training(model, images):
    """Return the mean size after each block, as a pass in training mode would find it."""
    sizes, x = [], images
    with torch.no_grad():
        for layer in model.train():
            x = layer(x)
            sizes += [x.abs().mean().item()] if isinstance(layer, Block) else []
    return np.array(sizes)


def nothing_is_left_behind(answer):
    """Check that hooks, running means and modes are afterwards as they were."""
    model, images = problem(3)
    model[2].eval()
    modes = [module.training for module in model.modules()]
    state = {name: value.clone() for name, value in model.state_dict().items()}
    answer(model, images)
    left = sum(len(module._forward_hooks) for module in model.modules())
    expect(left == 0, f"{left} hooks are still there: every later pass would run them, too. Remove them.")
    for name, value in model.state_dict().items():
        expect(torch.equal(value, state[name]), f"Your measurement changed {name}: it ran in training mode.")
    expect(
        [module.training for module in model.modules()] == modes,
        "Some modules are in another mode than before. One of them was in evaluation mode while the rest "
        "trained: give each its own mode back.",
    )
    once, twice = as_array(answer(model, images), "sizes"), as_array(answer(model, images), "sizes")
    expect(len(once) == len(twice) == 3, f"Asked again, you return {len(twice)} sizes for 3 blocks.")


def slip(*, train=False, leave_hooks=False, lexical=False, restore="each", change=False):
    """Return an answer with one mistake."""

    def answer(model, images):
        found, handles = {}, []
        modes = {module: module.training for module in model.modules()}

        def listen(name):
            def hook(_module, _inputs, output):
                found[name] = output.abs().mean().item()
                return output / 2 if change else None

            return hook

        for name, module in model.named_children():
            if isinstance(module, Block):
                handles.append(module.register_forward_hook(listen(name)))
        model.train(train)
        with torch.no_grad():
            model(images)
        for handle in handles:
            handle.remove() if not leave_hooks else None
        for module, mode in modes.items():
            module.training = {"each": mode, "all": True, "none": module.training}[restore]
        return [found[name] for name in (sorted(found) if lexical else found)]

    return answer


@exercise(
    title="Hooks that leave no trace",
    difficulty="idea",
    checks=(sizes_in_order, nothing_is_left_behind),
    hints=(
        "register_forward_hook returns a handle; handle.remove() takes the hook away again.",
        "Write down module.training of every module before you call model.eval(). Hooks are called in the "
        "order in which modules run: what appends to a list needs no sorting.",
    ),
    wrong_answers=(
        WrongAnswer(slip(train=True), "those of training mode", "training mode"),
        WrongAnswer(slip(leave_hooks=True), "hooks are still there", "hooks not removed"),
        WrongAnswer(slip(lexical=True), "sorted as words", "block 10 before block 4"),
        WrongAnswer(slip(restore="none"), "another mode", "left in evaluation mode"),
        WrongAnswer(slip(restore="all"), "its own mode", "everything set to training"),
        WrongAnswer(slip(change=True), "The sizes of 11 blocks", "the hook returns something"),
        WrongAnswer(lambda model, images: expected(model, images)[:-1], "shape (11,)", "one missing"),
    ),
)
def block_sizes(model, images):
    sizes, handles = [], []
    modes = {module: module.training for module in model.modules()}

    def remember(module, inputs, output):
        sizes.append(output.abs().mean().item())

    for module in model:
        if isinstance(module, Block):
            handles.append(module.register_forward_hook(remember))
    model.eval()
    with torch.no_grad():
        model(images)
    for handle in handles:
        handle.remove()
    for module, mode in modes.items():
        module.training = mode
    return sizes
