"""The same sweep on loky and on a local Dask cluster: the same bits, also when a worker is killed."""

import logging
import os
import signal

import joblib
import numpy as np
import pytest

from course_lib.experiments import sweep

distributed = pytest.importorskip("dask.distributed")
pytestmark = [pytest.mark.pipeline, pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")]
SETTINGS, SEEDS = (1, 2, 3), (0, 1)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, local_directory=tmp_path_factory.mktemp("dask"),
            dashboard_address=None, silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):  # fmt: skip
        yield client


def trainings(marker=None):
    """Return an experiment, and if there is a marker to leave, one that kills its process the first time."""

    def final_loss(num_filters, seed):  # a function in a function travels whole: workers import no test
        from threadpoolctl import threadpool_limits

        from course_lib.data import load_patterns
        from course_lib.numpy_cnn import fit, tiny_cnn

        if marker is not None and (num_filters, seed) == (2, 1) and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        data = load_patterns(num_train_per_class=6, num_validation_per_class=6)
        sets = (data.train_images, data.train_labels), (data.test_images, data.test_labels)
        with threadpool_limits(1):
            history = fit(tiny_cnn(num_filters, seed=seed), *sets, num_epochs=3, seed=seed)
        return history.validation_loss[-1]

    return final_loss


def results(backend, run, **settings):
    with joblib.parallel_config(backend, **settings):
        found = sweep(run, SETTINGS, SEEDS, n_jobs=None)
    return np.stack([found[setting] for setting in SETTINGS])


def test_loky_and_dask_return_what_one_process_returns(client):
    alone = results("sequential", trainings())
    assert len(np.unique(alone)) == alone.size  # a worker that mixes up its tasks would be seen
    assert np.array_equal(results("loky", trainings(), n_jobs=2), alone)
    assert np.array_equal(results("dask", trainings()), alone)


def test_a_killed_worker_loses_no_result_on_dask_and_all_of_them_on_loky(client, tmp_path):
    marker = tmp_path / "killed"
    assert np.array_equal(results("dask", trainings(marker)), results("sequential", trainings()))
    assert marker.exists()
    marker.unlink()
    with pytest.raises(joblib.externals.loky.process_executor.TerminatedWorkerError):
        results("loky", trainings(marker), n_jobs=2)
