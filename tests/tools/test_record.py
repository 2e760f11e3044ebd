"""The recording.

Jobs, studies, resume, a Dask cluster; what is committed is whole and can be reproduced.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace

import joblib
import numpy as np
import pytest
import torch
from conftest import ROOT

from regutils import data, results
from regutils.tools.record import command
from regutils.tools.record import photographs as runs
from regutils.tools.record import studies as made

RECORDED = ROOT / "notebooks" / "recorded"
FILES = sorted(RECORDED.glob("cifar10_*.json"))
SWEEPS = [name for name in ("l2", "dropout", "l1") if RECORDED / f"cifar10_{name}.json" in FILES]
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
TINY = {"n_train": 60, "n_val": 40, "epochs": 2, "every": 1}


@pytest.fixture(scope="module")
def npz(tmp_path_factory):
    """Coloured digits in the format of --pictures."""
    found = data.coloured_digits()
    path = tmp_path_factory.mktemp("pictures") / "digits.npz"
    np.savez(
        path,
        train_x=found.x[:600],
        train_y=found.y[:600],
        test_x=found.x[600:800],
        test_y=found.y[600:800],
    )
    return str(path)


ROWS = {"0": {}, "0.01": {"penalty": "l2", "lam": 0.01}}
TWO = {name: made.Study("a test", ROWS, (0, 1), common=TINY) for name in ("one", "two")}


def here():
    return joblib.Parallel(n_jobs=1, return_as="generator_unordered")


def go(npz, tmp_path, report=lambda line: None, parallel=here, studies=TWO):
    out, work = tmp_path / "out", tmp_path / "work"
    how = {"parallel": parallel, "report": report, "threads": None}
    command.record(studies, out, work, npz, "digits", **how)


def test_a_job_is_deterministic_and_plain_json(npz):
    job = runs.Job(
        penalty="l1", lam=1e-3, p=0.2, augment=True, mixup=0.4, early=True, test=True, **TINY
    )
    (same, one), (_, two) = command.one(job, npz, None), command.one(job, npz, None)
    assert same == job
    for result in (one, two):
        result.pop("seconds")
    assert one == two == json.loads(json.dumps(one))
    assert one["taken_epoch"] in (1, 2) and 0 <= one["test_error"] <= 1 and len(one["running"]) == 2
    assert one["val_error"][one["taken_epoch"] - 1] == min(one["val_error"])


def test_job_of_a_sweep_keeps_histograms_filters_and_zeros(npz):
    result = runs.Job(penalty="l1", lam=0.05, **TINY).run(npz)
    for layer, size in results.WEIGHTS.items():
        assert sum(result["histogram"][layer]) + result["zeros"][layer] == size
        assert len(result["histogram"][layer]) == len(runs.EDGES) - 1
    assert result["zeros"]["linear1"] > 0


def test_the_threshold_of_l1_is_that_of_the_loss_in_spite_of_momentum():
    """For one weight with gradient g(w) = w − 1, SGD with momentum m and threshold lr·λ/(1 − m)
    ends at 1 − λ.
    """
    from regutils.penalties import soft_threshold

    lr, m, lam, w, v = 0.05, 0.9, 0.3, torch.tensor(0.0), 0.0
    for _ in range(3000):
        v = m * v + (w - 1)
        w = soft_threshold(w - lr * v, lr * lam / (1 - m))
    assert abs(w - (1 - lam)) < 1e-3


def test_bfloat16_runs_train_like_float32(npz, monkeypatch):
    """The recording's precision.

    The same losses within half a percent over an epoch, for the note's program.
    """
    job = runs.Job(
        note=True, n_train=200, n_val=100, epochs=2, every=1, lr=0.01, momentum=0.0, batch_size=64
    )
    low = job.run(npz)
    fit = runs.train.fit
    monkeypatch.setattr(runs.train, "fit", lambda *a, **k: fit(*a, **k | {"autocast": False}))
    full = job.run(npz)
    np.testing.assert_allclose(low["running"], full["running"], rtol=5e-3)


def test_note_trains_on_the_test_part_in_order(npz):
    everything = runs.read_pictures(npz)
    split = runs.Job(note=True, n_train=150, n_val=50).split(everything)
    assert torch.equal(split.train.x, everything.test.x[:150] / 255)
    assert torch.equal(split.train.y, everything.test.y[:150])
    assert torch.equal(split.val.x, everything.x[:50] / 255)


def test_stopped_recording_goes_on_job_by_job(npz, tmp_path):
    lines = []

    def stop(line):
        lines.append(line)
        if len(lines) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go(npz, tmp_path, stop)
    assert len(list((tmp_path / "work").glob("*.json"))) == 2
    assert not list((tmp_path / "out").iterdir())
    said = []
    go(npz, tmp_path, said.append)
    assert len(said) == 2
    assert said[0].startswith("one: 3 of 4 runs, about ") and "min left" in said[0]
    go(npz, tmp_path / "whole")
    one, other, two = (
        json.loads((folder / "out" / f"{name}.json").read_text())["runs"]
        for folder, name in ((tmp_path, "one"), (tmp_path / "whole", "one"), (tmp_path, "two"))
    )
    assert one == other == two and len(list((tmp_path / "work").iterdir())) == 4
    next((tmp_path / "work").glob("*.json")).write_text('{"running": [2.3')
    go(npz, tmp_path, said.append)
    assert len(said) == 3, "half a file is done again"


def test_another_source_or_kind_of_job_is_another_run():
    job = runs.Job(penalty="l1", lam=2e-4)
    other = [(job, "b"), (replace(job, seed=1), "a"), (runs.Pulled(), "a")]
    assert command.kept_as(job, "a") not in [command.kept_as(*each) for each in other]


def test_on_a_dask_cluster_of_two_workers(npz, tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as cluster:
        with distributed.Client(cluster.scheduler_address), joblib.parallel_config(backend="dask"):
            cluster_jobs = {"return_as": "generator_unordered", "batch_size": 1}
            go(npz, tmp_path, parallel=lambda: joblib.Parallel(**cluster_jobs))
    go(npz, tmp_path / "here")
    one, other = (
        json.loads((folder / "out" / "one.json").read_text())["runs"]
        for folder in (tmp_path, tmp_path / "here")
    )
    for label, row in one.items():
        for run, same in zip(row, other[label]):
            np.testing.assert_allclose(run["running"], same["running"], rtol=2e-3)


def test_command_line():
    def regutils(*words):
        return subprocess.run(
            [sys.executable, "-m", "regutils", "record", *words], capture_output=True, text=True
        )

    said, wrong = regutils("--help"), regutils("nonsense")
    assert said.returncode == 0 and "--scheduler" in said.stdout and "--pictures" in said.stdout
    assert wrong.returncode != 0 and "STUDY must be" in wrong.stderr


def test_a_run_that_diverges_is_a_result(npz, tmp_path):
    """Valid JSON with null, read as NaN; shorter runs beside it keep their shape."""

    rows = {f"{lr:g}": {"lr": lr, "penalty": "l2", "lam": 1.0} for lr in (0.01, 1e6)}
    go(npz, tmp_path, studies={"lost": made.Study("a test", rows, (0,), common=TINY)})
    text = (tmp_path / "out" / "lost.json").read_text()
    json.loads(text, parse_constant=pytest.fail)
    found = results.read("lost", tmp_path / "out")
    assert found["val_loss"].shape == (2, 1, 2) and np.isfinite(found["val_loss"][0]).all()
    assert np.isnan(found["val_loss"][1, 0, -1]) and found["epochs"] == [1, 2]
    assert np.isfinite(found["filters"][0]).all()


def test_it_is_found_out_before_the_work_that_a_result_cannot_be_kept(npz, tmp_path):
    (tmp_path / "out").write_text("a file, not a folder")
    said = []
    with pytest.raises(ValueError, match="must be a folder that can be written to"):
        go(npz, tmp_path, said.append)
    assert said == []


@pytest.mark.parametrize("place", ["notebooks", ".", "notebooks/recorded", "tests/tools"])
def test_recorded_results_are_found_wherever_a_notebook_runs(place, monkeypatch):
    monkeypatch.chdir(ROOT / place)
    assert results.read("cifar10_l2")["values"][0] == 0


def test_recorded_results_are_found_outside_the_checkout_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert results.read("cifar10_l2")["values"][0] == 0
    with pytest.raises(
        ValueError, match=r"name must be one of .*cifar10_l2.* in recorded/; got 'l9'"
    ):
        results.read("l9")


@pytest.mark.parametrize("text", ["{}", "[]", '{"runs": {}}', "half a fi"])
def test_a_file_that_was_not_recorded_is_refused_in_one_sentence(text, tmp_path):
    (tmp_path / "mine.json").write_text(text)
    with pytest.raises(ValueError, match=r"mine\.json must be as `regutils record` writes it"):
        results.read("mine", tmp_path)


# --- what is committed


def test_recording_is_small():
    assert {path.stem for path in FILES} <= set(made.STUDIES)
    assert sum(path.stat().st_size for path in FILES) < 2e6


@every_file
def test_recorded_file_says_how_it_was_made_and_has_every_run(path):
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found["data"].startswith("CIFAR-10") and "regutils record" in found["command"]
    assert found["device"] and all("PyTorch" in version for version in found["versions"])
    assert found["seeds"] == [0, 1, 2]
    assert found["jobs"].keys() == found["runs"].keys()
    for label, row in found["runs"].items():
        jobs = [runs.Job(**job) for job in found["jobs"][label]]
        assert [job.seed for job in jobs] == found["seeds"] and len(row) == 3
        for job, result in zip(jobs, row):
            assert len(result["running"]) == job.epochs and result["epochs"][-1] == job.epochs
            assert np.isfinite([*result["running"], *result["val_loss"]]).all()
    assert "/" not in found["command"]


@every_file
def test_recorded_jobs_are_those_of_the_module(path):
    """So that the committed files are what the committed code would make."""
    jobs = made.STUDIES[path.stem].jobs()
    wanted = {label: [asdict(job) for job in row] for label, row in jobs.items()}
    assert json.loads(path.read_text())["jobs"] == json.loads(json.dumps(wanted))


def test_methods_have_the_strength_with_the_lowest_validation_error_of_their_sweep():
    sweeps = {"L2": "l2", "L1": "l1", "dropout": "dropout"}
    sweeps |= {"label smoothing": "smoothing", "mixup": "mixup"}
    for name, sweep in sweeps.items():
        found = results.read(f"cifar10_{sweep}", RECORDED)
        best = np.nanargmin(found["val_error"][1:, :, -1].mean(1)) + 1
        assert found["values"][best] in made.CHOSEN[name].values(), name


def test_a_recorded_point_comes_out_again():
    """Train the first four epochs of the L2 sweep again; needs the recorded pictures."""
    if not (path := os.environ.get("REGUTILS_PICTURES")):
        pytest.skip("set REGUTILS_PICTURES to the file given to regutils record --pictures")
    found = json.loads((RECORDED / "cifar10_l2.json").read_text())
    job, then = runs.Job(**found["jobs"]["0"][0]), found["runs"]["0"][0]
    now = replace(job, epochs=4).run(path)
    np.testing.assert_allclose(now["running"], then["running"][:4], rtol=0.02)
    np.testing.assert_allclose(now["val_loss"][0], then["val_loss"][0], rtol=0.02)


def test_runs_that_sweeps_share_are_the_same_in_every_file():
    sweeps = [
        json.loads((RECORDED / f"cifar10_{name}.json").read_text())["runs"]["0"] for name in SWEEPS
    ]
    assert all(runs == sweeps[0] for runs in sweeps)


@pytest.mark.parametrize("name", SWEEPS)
def test_sweeps_have_nine_strengths_and_three_seeds(name):
    sweep = results.read(f"cifar10_{name}", RECORDED)
    assert len(sweep["values"]) >= 9 and sweep["val_error"].shape[:2] == (len(sweep["values"]), 3)
    assert sweep["values"] == sorted(sweep["values"]) and sweep["values"][0] == 0
    assert sweep["filters"].shape == (len(sweep["values"]), 32, 3, 5, 5)
    for layer, size in results.WEIGHTS.items():
        counted = sweep["histogram"][layer].sum(1) + sweep["zeros"][layer] * size
        np.testing.assert_allclose(counted, size)
