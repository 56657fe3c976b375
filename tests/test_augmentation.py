"""Images that change while a network trains: anew in each epoch, each by itself, and as the seed says."""

from dataclasses import replace

import pytest
import torch
from torchvision.transforms import v2

from course_lib.data import ImageData
from course_lib.models import LinearClassifier
from course_lib.reproducibility import set_seed
from course_lib.training import TrainConfig, each_image, train

CONFIG = TrainConfig(num_epochs=3, batch_size=4, seed=5)


@pytest.fixture
def data():
    generator = torch.Generator().manual_seed(0)
    images, labels = torch.randn(12, 1, 28, 28, generator=generator), torch.arange(12) % 10
    return ImageData(images[:8], labels[:8], images[8:], labels[8:], tuple("0123456789"), "noise", "drawn")


def trained(data, config=CONFIG, **settings):
    set_seed(0)
    model = LinearClassifier()
    train(model, data, config, **settings)
    return model[-1].weight.detach().clone()


def test_each_epoch_asks_once_for_all_training_images_and_changes_only_these(data):
    asked = []

    def augment(images):
        asked.append(images.clone())
        return images + len(asked)

    before = data.fingerprint
    trained(data, augment=augment)
    assert len(asked) == 3
    for images in asked:  # the plain ones, not those of the epoch before
        torch.testing.assert_close(images, data.train_images, rtol=0, atol=0)
    assert data.fingerprint == before


def test_a_network_trains_on_the_changed_images(data):
    shifted = replace(data, train_images=data.train_images + 1)
    expected = trained(shifted)
    torch.testing.assert_close(trained(data, augment=lambda images: images + 1), expected, rtol=0, atol=0)
    assert not torch.equal(trained(data), expected)


def test_what_is_drawn_follows_the_seed_of_the_training_and_leaves_torchs_own_alone(data):
    augment = each_image(v2.RandomHorizontalFlip())
    first = trained(data, augment=augment)
    torch.manual_seed(99)
    state = torch.get_rng_state()
    assert torch.equal(trained(data, augment=augment), first)
    torch.manual_seed(99)
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.equal(trained(data, replace(CONFIG, seed=6), augment=augment), first)


def test_a_transform_of_torchvisions_draws_once_for_a_batch_and_here_for_each_image():
    images = torch.arange(4.0).expand(64, 1, 4, 4).clone()
    torch.manual_seed(0)
    flip = v2.RandomHorizontalFlip()
    together, one_by_one = (
        (flipped(images)[:, 0, 0, 0] == 3).double().mean() for flipped in (flip, each_image(flip))
    )
    assert together in (0, 1)
    assert 0.25 < one_by_one < 0.75  # four standard errors of a fair coin


def test_a_checkpoint_and_a_function_are_one_too_many(data, tmp_path):
    with pytest.raises(ValueError, match="augment"):
        train(LinearClassifier(), data, CONFIG, checkpoint=tmp_path / "a.npz", augment=lambda images: images)
