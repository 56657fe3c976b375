"""Looking inside a network: every layer's output is what running the layers one by one gives."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler
from torch import nn

from course_lib.inspection import (
    activations,
    degree_basis,
    kept_bytes,
    linear_probe,
    other_of_class,
    patch_likeness,
    plane_energy,
    probes,
    shape_trace,
    top_patches,
)
from course_lib.models import MLP, SimpleCNN, num_parameters


@pytest.fixture
def images():
    return torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("model", [MLP, SimpleCNN])
def test_activations_are_the_outputs_of_the_layers_one_after_the_other(model, images):
    model = model()
    found, values = activations(model, images), images
    for name, layer in model.named_children():
        values = layer(values)
        assert torch.equal(found[name], values), name
    assert list(found) == [name for name, _ in model.named_children()]


def test_activations_survive_a_later_in_place_layer(images):
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 5), nn.ReLU(inplace=True))
    found = activations(model, images)
    assert torch.equal(found["1"], model[1](images.flatten(1)))
    assert found["1"].min() < 0
    assert found["2"].min() == 0


def test_activations_have_no_graph_and_stay_what_they_were(images):
    model, graphs = MLP(), []
    model[3].register_forward_hook(lambda module, inputs, output: graphs.append(output.requires_grad))
    found = activations(model, images)
    before = found["3"].clone()
    activations(model, -images)
    assert not any(values.requires_grad for values in found.values())
    assert not any(graphs)
    assert torch.equal(found["3"], before)


def test_activations_are_those_of_evaluation_mode_and_leave_every_mode(images):
    model = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.BatchNorm1d(784))
    model[2].eval()
    found = activations(model, images)
    assert torch.equal(found["1"], images.flatten(1))
    assert [module.training for module in model] == [True, True, False]


def test_nested_layers_are_named_by_their_path(images):
    model = nn.Sequential(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()), nn.Flatten())
    assert list(activations(model, images)) == ["0.0", "0.1", "1"]


def test_a_layer_used_twice_keeps_its_last_output():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(2, 2)

        def forward(self, x):
            return self.dense(self.dense(x))

    model = Twice()
    x = torch.rand(4, 2)
    assert torch.equal(activations(model, x)["dense"], model(x))


def test_a_layer_with_two_names_is_traced_twice_and_its_parameters_count_once(images):
    pool, conv = nn.MaxPool2d(2), nn.Conv2d(1, 1, 3)
    model = nn.Sequential(conv, pool, conv, pool, nn.Flatten(), nn.Linear(25, 3))
    trace = shape_trace(model, images)
    assert [layer.name for layer in trace] == ["0", "1", "2", "3", "4", "5"]
    assert [layer.output_shape for layer in trace[:4]] == [(1, 26, 26), (1, 13, 13), (1, 11, 11), (1, 5, 5)]
    assert [layer.num_parameters for layer in trace] == [10, 0, 0, 0, 0, 78]
    assert sum(layer.num_parameters for layer in trace) == num_parameters(model)
    assert list(activations(model, images)) == ["0", "1", "2", "3", "4", "5"]


def test_a_weight_that_two_layers_share_counts_once(images):
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 784), nn.Linear(784, 784))
    model[2].weight = model[1].weight
    assert [layer.num_parameters for layer in shape_trace(model, images)] == [0, 784 * 785, 784]


def num_hooks(model):
    return sum(len(module._forward_hooks) for module in model.modules())


def test_no_hook_stays_behind_even_after_an_error(images):
    model = SimpleCNN()
    activations(model, images)
    assert num_hooks(model) == 0
    with pytest.raises(ValueError, match="expects images"):
        activations(model, images[:, :, :20])
    assert num_hooks(model) == 0
    assert model.training


def test_the_trace_of_the_cnn_is_its_diagram(images):
    trace = shape_trace(SimpleCNN(), images[:1])
    assert [layer.output_shape for layer in trace] == [
        (16, 28, 28), (16, 28, 28), (16, 14, 14), (32, 14, 14), (32, 14, 14), (32, 7, 7),
        (1568,), (128,), (128,), (10,),
    ]  # fmt: skip
    assert [layer.num_parameters for layer in trace if layer.num_parameters] == [160, 4_640, 200_832, 1_290]
    assert [layer.kind for layer in trace][:3] == ["Conv2d", "ReLU", "MaxPool2d"]


def test_a_line_of_a_trace_cannot_be_changed(images):
    with pytest.raises(AttributeError):
        shape_trace(MLP(), images)[0].num_parameters = 0


def test_the_trace_of_a_batch_is_that_of_one_image(images):
    assert shape_trace(MLP(), images) == shape_trace(MLP(), images[:1])


def test_the_trace_prints_as_a_table_that_ends_with_the_sum(images):
    model = SimpleCNN()
    lines = repr(shape_trace(model, images)).splitlines()
    assert lines[0].split() == ["layer", "kind", "output", "shape", "parameters"]
    assert lines[1].split() == ["0", "Conv2d", "16", "x", "28", "x", "28", "160"]
    assert lines[-1].split() == ["sum", f"{num_parameters(model):,}"]
    assert len(lines) == len(list(model)) + 2
    column = lines[0].index("parameters")
    assert all(line[column - 1] == " " and line[column] != " " for line in lines)


# --- what the backward pass needs


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_the_bytes_kept_are_inputs_results_and_the_places_of_the_maxima(device):
    with torch.device(device):
        model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(27, 5))
        images = torch.zeros(2, 1, 8, 8)
    inputs, relu, pooled = 2 * 64, 2 * 3 * 36, 2 * 3 * 9
    # the convolution keeps its input, ReLU its result, pooling its input (the same) and int64 places,
    # the dense layer its input; weights are not counted
    assert kept_bytes(model, images) == 4 * (inputs + relu + pooled) + 8 * pooled


def test_a_frozen_model_keeps_nothing():
    model = nn.Conv2d(1, 3, 3).requires_grad_(False)
    assert kept_bytes(model, torch.zeros(2, 1, 8, 8)) == 0


def test_the_plane_energy_of_a_plane_is_one_and_of_what_is_symmetric_zero():
    rows, columns = np.indices((3, 4)) - np.array([1, 1.5])[:, None, None]
    planes = [2 * rows, -columns, 3 * rows - 5 * columns]
    others = [np.ones((3, 4)), rows**2, rows * columns]  # flat, a line, a saddle
    np.testing.assert_allclose(plane_energy([*planes, *others]), [1, 1, 1, 0, 0, 0], atol=1e-14)


@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (5, 4)])
def test_the_plane_energy_is_the_share_that_least_squares_explains(shape, rng):
    kernels = rng.normal(size=(6, 1, *shape))
    grid = np.stack([axis.ravel() for axis in (np.ones(shape), *np.indices(shape))], axis=1)  # (K L, 3)
    flat = kernels.reshape(6, -1).T
    fitted = grid @ np.linalg.lstsq(grid, flat, rcond=None)[0]
    expected = ((fitted - flat.mean(axis=0)) ** 2).sum(axis=0) / (flat**2).sum(axis=0)
    np.testing.assert_allclose(plane_energy(kernels), expected, rtol=1e-10)
    np.testing.assert_allclose(plane_energy(torch.from_numpy(-7 * kernels[:, 0])), expected, rtol=1e-10)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_random_kernels_have_two_of_their_dimensions_in_the_plane(size, rng):
    share = plane_energy(rng.normal(size=(20_000, size, size)))
    assert share.mean() == pytest.approx(2 / size**2, abs=0.01)  # standard error at most 0.002


def test_the_plane_energy_refuses_what_is_no_kernel_and_gives_zeros_no_shape():
    assert np.isnan(plane_energy(np.zeros((1, 3, 3))))
    for shape in ((3, 3), (2, 2, 3, 3), (4, 1, 3)):
        with pytest.raises(ValueError, match="plane_energy expects kernels"):
            plane_energy(np.ones(shape))


def test_the_nine_patterns_are_orthonormal_and_span_the_polynomials_of_their_degrees():
    patterns, degrees = degree_basis()
    flat = patterns.reshape(9, 9)
    np.testing.assert_allclose(flat @ flat.T, np.eye(9), atol=1e-14)
    rows, columns = np.indices((3, 3)) - 1
    for power_r, power_c in np.ndindex(3, 3):
        surface = (rows.astype(float) ** power_r * columns**power_c).ravel()
        inside = flat[degrees <= power_r + power_c]  # nothing of a higher degree is needed
        np.testing.assert_allclose(inside.T @ (inside @ surface), surface, atol=1e-14)
    assert np.bincount(degrees).tolist() == [1, 2, 3, 2, 1]


# --- what a linear model reads


def ridge_by_scikit_learn(features, labels, num_fit, num_choose):
    """The same with another library, and the smallest of the penalties that are equally good."""
    scaled = StandardScaler().fit(features[:num_fit]).transform(features)
    scaled *= ((num_fit - 1) / num_fit) ** 0.5  # it divides by N, and we by N - 1
    targets = np.eye(labels.max() + 1)[labels[:num_fit]]
    answers = []
    for penalty in (0.01, 0.1, 1, 10):
        alpha = penalty * (scaled[:num_fit] ** 2).sum() / num_fit
        predicted = Ridge(alpha).fit(scaled[:num_fit], targets).predict(scaled).argmax(axis=1)
        right = predicted == labels
        answers.append((right[num_fit : num_fit + num_choose].mean(), right[num_fit + num_choose :].mean()))
    return max(answers, key=lambda pair: pair[0])[1]


@pytest.mark.parametrize("num_features", [5, 80])  # fewer and more than the 60 rows that are fitted
def test_the_probe_is_ridge_regression_with_the_penalty_that_the_second_part_prefers(num_features, rng):
    labels = rng.integers(3, size=200)
    features = rng.normal(size=(200, num_features)) * 10 + 3
    features[:, :3] += 12 * np.eye(3)[labels]
    ours = linear_probe(torch.from_numpy(features), torch.from_numpy(labels), 60, 30)
    assert ours == pytest.approx(ridge_by_scikit_learn(features, labels, 60, 30), abs=1e-12)
    assert 0.4 < ours < 0.98  # no ceiling: a wrong penalty would show


def test_the_probe_chooses_among_four_penalties_from_a_hundredth_to_ten():
    assert probes.PENALTIES == (0.01, 0.1, 1, 10)


def test_the_probe_takes_maps_and_features_that_never_change():
    labels = torch.arange(60) % 2
    maps = torch.zeros(60, 2, 3, 3)
    maps[:, 1, 1, 1] = labels.float()
    assert linear_probe(maps, labels, 20, 20) == 1


def test_the_probe_reads_several_tasks_from_the_same_features_as_it_reads_each(rng):
    tasks = torch.from_numpy(rng.integers(3, size=(2, 200)))
    features = torch.from_numpy(
        rng.normal(size=(200, 12)) + 2 * np.eye(12)[tasks[0]] + np.eye(12)[tasks[1] + 3]
    )
    found = linear_probe(features, tasks, 60, 30)
    assert found == [linear_probe(features, task, 60, 30) for task in tasks]
    assert found[1] < found[0] < 0.99


@pytest.mark.parametrize(("shape", "sizes"), [((9,), (3, 3)), ((9, 2), (6, 3)), ((8, 2), (3, 3))])
def test_the_probe_refuses_what_leaves_nothing_to_measure(shape, sizes):
    with pytest.raises(ValueError, match="Expected features"):
        linear_probe(torch.zeros(shape), torch.zeros(9, dtype=torch.int64), *sizes)


# --- maximally activating patches, and other images


def test_the_top_patch_of_a_convolution_is_what_it_has_multiplied(rng):
    images = torch.from_numpy(rng.normal(size=(6, 1, 9, 8)))
    convolution = nn.Conv2d(1, 4, kernel_size=3, stride=2, padding=1, bias=False).double()
    maps = convolution(images).detach()
    patches = top_patches(maps, images, stride=2, padding=1, size=3, count=2)  # (2, 4, 3, 3)
    products = (patches * convolution.weight[:, 0]).sum(dim=(2, 3))
    best = maps.amax(dim=(2, 3)).topk(2, dim=0).values  # of different images
    torch.testing.assert_close(products, best)


def test_patches_at_the_border_have_the_fill_around_them():
    images = torch.zeros(1, 1, 2, 2)
    images[..., 0, 0] = 1
    made = top_patches(images, images, stride=1, padding=1, size=3, fill=-1.0, count=1)[0, 0]
    assert made.tolist() == [[-1, -1, -1], [-1, 1, 0], [-1, 0, 0]]
    images, maps = torch.arange(12.0).reshape(1, 1, 3, 4), torch.tensor([[[[0.0, 0.0], [0.0, 1.0]]]])
    below = top_patches(maps, images, stride=2, padding=1, size=3, fill=-1.0, count=1)[0, 0]
    assert below.tolist() == [[5, 6, 7], [9, 10, 11], [-1, -1, -1]]


def test_nine_patches_are_returned_unless_told_otherwise():
    images = torch.rand(12, 1, 4, 4)
    assert top_patches(images, images, stride=1, padding=0, size=1).shape == (9, 1, 1, 1)


def test_top_patches_refuse_maps_of_other_images():
    with pytest.raises(ValueError, match="Expected maps"):
        top_patches(torch.zeros(3, 1, 2, 2), torch.zeros(4, 1, 2, 2), stride=1, padding=0, size=1, count=1)


def test_the_likeness_of_patches_is_the_mean_cosine_of_all_pairs(rng):
    patches = rng.normal(size=(4, 3, 5, 6))
    flat = patches.reshape(4, 3, 30)
    pairs = [(i, j) for i in range(4) for j in range(i)]
    expected = np.mean([np.corrcoef(flat[i, k], flat[j, k])[0, 1] for i, j in pairs for k in range(3)])
    assert patch_likeness(torch.from_numpy(patches)) == pytest.approx(expected)


def test_the_other_image_is_another_one_of_the_same_class():
    labels = np.random.default_rng(3).integers(4, size=50)
    order = other_of_class(torch.from_numpy(labels)).numpy()
    assert (order != np.arange(50)).all()
    assert sorted(order) == list(range(50))
    assert (labels[order] == labels).all()
    assert not np.array_equal(order, other_of_class(labels, seed=1))


def test_a_probe_needs_one_row_to_be_measured_on_and_no_more():
    numbers = torch.arange(61.0) % 9 - 4
    assert linear_probe(numbers[:, None], (numbers > 0).long(), num_fit=40, num_choose=20) in (0.0, 1.0)
