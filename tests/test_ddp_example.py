"""The script that trains alone or shared: alone here, on several processes in test_ddp_processes."""

import os
from dataclasses import replace

import pytest
import torch
from torch import nn

from course_lib import ddp_checkpoint, ddp_example, ddp_group
from course_lib.ddp_example import Settings, fit, joint_batch, own_share, parse
from course_lib.ddp_group import CPU, Group, process_group

SETTINGS = Settings(steps=6, batch_size=8, num_images=32, save_every=2)


def make_model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 5), nn.ReLU(), nn.Linear(5, 3))


@pytest.fixture
def images_and_labels():
    generator = torch.Generator().manual_seed(3)
    return torch.randn(32, 1, 4, 4, generator=generator), torch.randint(3, (32,), generator=generator)


def test_an_epoch_visits_every_image_once_and_the_next_one_in_another_order():
    epochs = [torch.cat([joint_batch(4 * e + n, 32, SETTINGS) for n in range(4)]) for e in range(2)]
    assert [sorted(epoch.tolist()) for epoch in epochs] == [list(range(32))] * 2
    assert not torch.equal(*epochs)


def test_batches_depend_on_seed_and_step_alone():
    assert torch.equal(joint_batch(5, 32, SETTINGS), joint_batch(5, 32, SETTINGS))
    assert not torch.equal(joint_batch(5, 32, SETTINGS), joint_batch(5, 32, replace(SETTINGS, seed=1)))


@pytest.mark.parametrize("size", [1, 2, 4])
def test_shares_are_equal_and_together_the_batch(size):
    shares = [own_share(torch.arange(8), Group(rank, size)) for rank in range(size)]
    assert {len(share) for share in shares} == {8 // size}
    assert sorted(torch.cat(shares).tolist()) == list(range(8))


def test_a_batch_without_equal_parts_is_refused_with_one_that_has_them():
    with pytest.raises(ValueError, match="such as 9"):
        own_share(torch.arange(8), Group(0, 3))


def test_a_batch_larger_than_the_images_is_refused():
    with pytest.raises(ValueError, match="needs as many"):
        joint_batch(0, 7, SETTINGS)


def test_alone_the_script_is_plain_gradient_descent(images_and_labels):
    ours, theirs = make_model(), make_model()
    fit(ours, *images_and_labels, SETTINGS)
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.05, momentum=0.9)
    for step in range(6):
        batch = joint_batch(step, 32, SETTINGS)
        optimizer.zero_grad()
        nn.CrossEntropyLoss()(theirs(images_and_labels[0][batch]), images_and_labels[1][batch]).backward()
        optimizer.step()
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


def test_an_interrupted_training_ends_with_the_same_bits(images_and_labels, tmp_path):
    whole, first, second = make_model(), make_model(), make_model()
    fit(whole, *images_and_labels, SETTINGS)
    kept = replace(SETTINGS, steps=4, checkpoint=str(tmp_path / "deep" / "state.pt"))
    fit(first, *images_and_labels, kept)
    losses = fit(second, *images_and_labels, replace(kept, steps=6))
    assert len(losses) == 2
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), second.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(whole.parameters(), first.parameters(), strict=True))
    assert os.listdir(tmp_path / "deep") == ["state.pt"]  # no part is left


def test_a_checkpoint_of_another_training_is_refused(images_and_labels, tmp_path):
    kept = replace(SETTINGS, checkpoint=str(tmp_path / "state.pt"))
    fit(make_model(), *images_and_labels, kept)
    with pytest.raises(ValueError, match=r"learning_rate=0.05 and not 0.1.*another file"):
        fit(make_model(), *images_and_labels, replace(kept, learning_rate=0.1))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"[1, 2]"])
def test_a_damaged_checkpoint_is_refused_with_its_name(images_and_labels, tmp_path, content):
    path = tmp_path / "state.pt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"state.pt cannot be read .* delete it"):
        fit(make_model(), *images_and_labels, replace(SETTINGS, checkpoint=str(path)))


def test_what_is_said_at_the_end_depends_on_what_was_kept(images_and_labels, tmp_path):
    kept = replace(SETTINGS, steps=4, checkpoint=str(tmp_path / "state.pt"))
    assert "Nothing was kept" in ddp_checkpoint.how_to_go_on(SETTINGS)
    assert "before its first checkpoint" in ddp_checkpoint.how_to_go_on(kept)
    fit(make_model(), *images_and_labels, kept)
    assert "after step 4 is in" in ddp_checkpoint.how_to_go_on(kept)


def test_an_error_of_ones_own_is_not_put_down_to_the_others(images_and_labels):
    images, labels = images_and_labels
    with pytest.raises(RuntimeError, match="mat1"):
        fit(make_model(), images[..., :3], labels, SETTINGS)


def test_a_broken_connection_is_put_down_to_the_others():
    shared = Group(1, 2)
    with (
        pytest.raises(ddp_example.OtherProcessLost, match=r"rank 1, step 8.*10 s.*Nothing was kept"),
        ddp_example._others_may_be_lost(shared, 7, SETTINGS),
    ):
        raise RuntimeError("[gloo/transport/tcp/pair.cc] Connection closed by peer")


def test_the_command_line_has_an_option_for_each_setting():
    settings = parse(["--steps", "7", "--learning-rate", "0.5", "--checkpoint", "a.pt"])
    assert settings == Settings(steps=7, learning_rate=0.5, checkpoint="a.pt")


def test_without_torchrun_the_process_is_alone(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    with process_group() as group:
        assert (group.rank, group.size, group.device) == (0, 1, CPU)
        model = make_model()
        assert group.wrap(model) is model


def test_course_device_keeps_the_processes_off_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    assert ddp_group._local_device(1) == CPU


def test_more_processes_than_gpus_are_refused(monkeypatch):
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("LOCAL_RANK", "1")
    with pytest.raises(ValueError, match=r"1 GPUs.*nproc-per-node"), process_group():
        pass
