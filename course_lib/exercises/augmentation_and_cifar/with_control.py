"""The control that an augmentation needs: as many images and steps, and nothing changed."""

import torch

from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect

IMAGES = torch.rand(6, 1, 4, 4, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([3, 0, 1, 1, 2, 0])
PARTS = ("the augmented images", "the control", "the labels")


def mirrored(images):
    return images.flip(3)


def sets(answer):
    """Return the reader's two sets and their labels as arrays, after a look at their shapes."""
    made = answer(IMAGES, LABELS, mirrored)
    expect(made is not None, "Expected two sets and labels, got None. Does your function end with `return`?")
    three = isinstance(made, (tuple, list)) and len(made) == 3
    expect(three, f"Expected three things, {', '.join(PARTS)}, got {type(made).__name__}.")
    augmented, control, labels = (as_array(part, name) for part, name in zip(made, PARTS, strict=True))
    for name, part, shape in zip(
        PARTS, (augmented, control, labels), ((1, 4, 4), (1, 4, 4), ()), strict=True
    ):
        expect(
            part.shape[1:] == shape,
            f"{name}: expected shape {('N', *shape)}, got {part.shape}.".replace("'N'", "N").replace(
                ",)", ")"
            ),
        )
    return augmented, control, labels


def equally_many(answer):
    """Check that both sets are as large as each other, and have a label for each image."""
    augmented, control, labels = sets(answer)
    expect(
        len(control) == len(augmented),
        f"In an epoch the control sees {len(control)} images and the other one {len(augmented)}: "
        "then a difference may come from more steps.",
    )
    expect(len(labels) == len(augmented), f"There are {len(augmented)} images and {len(labels)} labels.")
    expect(len(augmented) == 12, f"Each of the 6 images twice makes 12, got {len(augmented)}.")


def as_it_was_made(image, label):
    """Return where an image comes from: its number, whether it is changed, whether its label is right."""
    for changed, originals in ((False, IMAGES), (True, mirrored(IMAGES))):
        for number, original in enumerate(originals.numpy()):
            if abs(image - original).max() < 1e-6:
                return number, changed, label == LABELS[number].item()
    return None, None, None


def contents(answer):
    """Check what is in the two sets, in whatever order."""
    augmented, control, labels = sets(answer)
    for name, images, changed in ((PARTS[0], augmented, True), (PARTS[1], control, False)):
        found = [as_it_was_made(image, label) for image, label in zip(images, labels, strict=True)]
        expect(all(number is not None for number, _, _ in found), f"{name}: one of them is new to me.")
        counts = [sum(kind[:2] == (n, c) for kind in found) for c in (False, True) for n in range(6)]
        wanted = [1] * 12 if changed else [2] * 6 + [0] * 6
        words = "once as it is and once transformed" if changed else "twice, as it is"
        expect(
            counts == wanted,
            f"{name}: each image should be there {words}; "
            f"of {len(images)} images {sum(counts[6:])} are transformed.",
        )
        expect(all(right for _, _, right in found), f"{name}: a label does not belong to its image.")


@exercise(
    title="The control of an augmentation, for each model",
    difficulty="idea",
    checks=(equally_many, contents),
    hints=(
        "What else changes when a training set gets twice as many images, while epochs and batches stay?",
        "The control is the training that somebody would have got who repeats what is there.",
    ),
    wrong_answers=(
        WrongAnswer(
            lambda x, y, t: (torch.cat([x, t(x)]), x, torch.cat([y, y])), "more steps", "the plain set"
        ),
        WrongAnswer(lambda x, y, t: (t(x), x, y), "makes 12", "instead of the images"),
        WrongAnswer(
            lambda x, y, t: (torch.cat([x, t(x)]), torch.cat([x, x]), y),
            "12 images and 6 labels",
            "labels forgotten",
        ),
        WrongAnswer(
            lambda x, y, t: (torch.cat([t(x), t(x)]), torch.cat([x, x]), torch.cat([y, y])),
            "12 are transformed",
            "all transformed",
        ),
        WrongAnswer(
            lambda x, y, t: (torch.cat([x, t(x)]), torch.cat([x, x]), y.repeat_interleave(2)),
            "does not belong to its image",
            "labels in another order",
        ),
        WrongAnswer(
            lambda x, y, t: (torch.cat([x, t(x)]), torch.cat([x, torch.rand_like(x)]), torch.cat([y, y])),
            "new to me",
            "noise as a control",
        ),
        WrongAnswer(lambda x, y, t: torch.cat([x, t(x)]), "three things", "no control"),
    ),
)
def with_control(images, labels, transform):
    augmented = torch.cat([images, transform(images)])
    control = torch.cat([images, images])
    return augmented, control, torch.cat([labels, labels])
