"""The recording: jobs, resuming, a Dask cluster; what is committed is what the jobs give."""

import json
from dataclasses import asdict, replace

import joblib
import numpy as np
import pytest
import torch
from conftest import ROOT
from sklearn.model_selection import RepeatedKFold

from regutils import data, results, train
from regutils.__main__ import main
from regutils.course.recorded import photographs as runs
from regutils.course.recorded import small
from regutils.tools.record import command
from regutils.tools.record import studies as made

RECORDED = ROOT / "notebooks" / "recorded"
FILES = sorted(RECORDED.glob("cifar10_*.json"))
TINY = {"n_train": 60, "n_val": 40, "epochs": 2, "every": 1}
ROWS = {"0": {}, "0.01": {"penalty": "l2", "lam": 0.01}}
TWO = {name: made.Study("a test", ROWS, (0, 1), common=TINY) for name in ("one", "two")}


@pytest.fixture(scope="module")
def npz(tmp_path_factory):
    """Coloured digits in the format of --pictures."""
    found = data.coloured_digits()
    parts = {"train": slice(600), "test": slice(600, 800)}
    arrays = {f"{name}_x": found.x[part] for name, part in parts.items()}
    arrays |= {f"{name}_y": found.y[part] for name, part in parts.items()}
    path = tmp_path_factory.mktemp("pictures") / "digits.npz"
    np.savez(path, **arrays)
    return str(path)


def go(npz, folder, studies=TWO, n_jobs=1):
    """Record some studies; return the runs of the first."""
    command.record(studies, folder / "out", folder / "work", npz, n_jobs)
    return json.loads((folder / "out" / f"{next(iter(studies))}.json").read_text())["runs"]


def test_a_job_is_deterministic_plain_json_and_keeps_its_best_weights(npz):
    how = {"penalty": "l1", "lam": 1e-3, "p": 0.2, "augment": True, "mixup": 0.4}
    job = runs.Job(**how, early=True, test=True, **TINY)
    (same, one), (_, two) = command.one(job, npz), command.one(job, npz)
    assert same == job and one.pop("seconds") >= 0 and two.pop("seconds") >= 0
    assert one == two == json.loads(json.dumps(one))
    assert len(one["running"]) == 2 and one["epochs"] == [1, 2]
    best = 1 + int(np.argmin(one["val_error"]))
    shorter = command.one(replace(job, epochs=best), npz)[1]
    assert shorter["test_error"] == one["test_error"]


def test_job_of_a_sweep_keeps_histograms_filters_and_zeros(npz):
    result = runs.Job(penalty="l1", lam=0.05, **TINY).run(npz)
    for layer, size in results.WEIGHTS.items():
        assert sum(result["histogram"][layer]) + result["zeros"][layer] == size
        assert len(result["histogram"][layer]) == len(runs.EDGES) - 1
    assert result["zeros"]["linear1"] > 0


def test_note_trains_on_the_test_part_in_order(npz):
    everything = runs.read_pictures(npz)
    split = runs.Job(note=True, n_train=150, n_val=50).split(everything)
    assert torch.equal(split.train.x, everything.test.x[:150] / 255)
    assert torch.equal(split.train.y, everything.test.y[:150])
    assert torch.equal(split.val.x, everything.x[:50] / 255)


def test_stopped_recording_goes_on_job_by_job(npz, tmp_path, monkeypatch):
    ran, one = [], command.one

    def stop(job, pictures):
        if len(ran) == 2:
            raise KeyboardInterrupt
        ran.append(job)
        return one(job, pictures)

    monkeypatch.setattr(command, "one", stop)
    with pytest.raises(KeyboardInterrupt):
        go(npz, tmp_path)
    assert len(list((tmp_path / "work").glob("*.json"))) == 2
    assert not list((tmp_path / "out").iterdir())
    monkeypatch.setattr(command, "one", lambda *job: ran.append(job[0]) or one(*job))
    found = go(npz, tmp_path)
    assert len(ran) == len(set(ran)) == 4, "no job is run twice, nor by two studies"
    assert found == json.loads((tmp_path / "out" / "two.json").read_text())["runs"]
    assert found == go(npz, tmp_path / "at once")
    next((tmp_path / "work").glob("*.json")).write_text('{"running": [2.3')
    ran.clear()
    assert go(npz, tmp_path) == found and len(ran) == 1, "half a file is done again"


def test_another_source_or_job_is_another_run():
    job = runs.Job(penalty="l1", lam=2e-4)
    assert command.kept_as(job, "a") != command.kept_as(job, "b")
    assert command.kept_as(job, "a") != command.kept_as(replace(job, seed=1), "a")


def test_on_a_dask_cluster_of_two_workers(npz, tmp_path):
    distributed = pytest.importorskip("distributed")
    how = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**how) as cluster:
        with distributed.Client(cluster.scheduler_address), joblib.parallel_config(backend="dask"):
            one = go(npz, tmp_path, n_jobs=-1)
    other = go(npz, tmp_path / "here")
    for label, row in one.items():
        for run, same in zip(row, other[label]):
            np.testing.assert_allclose(run["running"], same["running"], rtol=2e-3)


@pytest.mark.parametrize("word, status", [("--help", 0), ("nonsense", 2)])
def test_command_line(word, status, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["record", word])
    said = capsys.readouterr()
    assert ended.value.code == status
    assert ("--scheduler" in said.out) if status == 0 else ("STUDY must be" in said.err)


def test_a_run_that_diverges_is_a_result(npz, tmp_path):
    """Valid JSON with null, read as NaN; shorter runs beside it keep their shape."""
    rows = {f"{lr:g}": {"lr": lr, "penalty": "l2", "lam": 1.0} for lr in (0.01, 1e6)}
    go(npz, tmp_path, {"lost": made.Study("a test", rows, (0,), common=TINY)})
    text = (tmp_path / "out" / "lost.json").read_text()
    json.loads(text, parse_constant=pytest.fail)
    found = results.read("lost", tmp_path / "out")
    assert found["val_loss"].shape == (2, 1, 2) and np.isfinite(found["val_loss"][0]).all()
    assert np.isnan(found["val_loss"][1, 0, -1]) and found["epochs"] == [1, 2]
    assert np.isfinite(found["filters"][0]).all()


def test_it_is_found_out_before_the_work_that_a_result_cannot_be_kept(tmp_path):
    (tmp_path / "out").write_text("a file, not a folder")
    with pytest.raises(ValueError, match="must be a folder that can be written to"):
        go("nothing is read", tmp_path)


@pytest.mark.parametrize("place", ["notebooks", ".", "/"])
def test_recorded_results_are_found_wherever_a_notebook_runs(place, monkeypatch):
    monkeypatch.chdir(ROOT / place)
    assert results.read("cifar10_l2")["values"][0] == 0
    with pytest.raises(ValueError, match=r"name must be one of .*cifar10_l2.*; got 'l9'"):
        results.read("l9")


@pytest.mark.parametrize("text", ["[]", '{"runs": {}}', "half a fi"])
def test_a_file_that_was_not_recorded_is_refused_in_one_sentence(text, tmp_path):
    (tmp_path / "mine.json").write_text(text)
    with pytest.raises(ValueError, match=r"mine\.json must be as `regutils record` writes it"):
        results.read("mine", tmp_path)


# What is committed


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_recorded_file_says_how_it_was_made_and_has_every_run(path):
    found = json.loads(path.read_text(encoding="utf-8"))
    assert path.stat().st_size < 100_000
    assert found["data"].startswith("CIFAR-10") and "regutils record" in found["command"]
    assert found["device"] and all("PyTorch" in version for version in found["versions"])
    wanted = made.STUDIES[path.stem].jobs()
    assert found["jobs"] == {label: [asdict(job) for job in row] for label, row in wanted.items()}
    assert found["runs"].keys() == wanted.keys() and found["seeds"] == [0, 1, 2]
    for label, row in found["runs"].items():
        for job, result in zip(wanted[label], row, strict=True):
            assert len(result["running"]) == job.epochs and result["epochs"][-1] == job.epochs
            assert np.isfinite([*result["running"], *result["val_loss"]]).all()


def test_methods_have_the_strength_with_the_lowest_validation_error_of_their_sweep():
    sweeps = {"L2": "l2", "L1": "l1", "dropout": "dropout"}
    sweeps |= {"label smoothing": "smoothing", "mixup": "mixup"}
    for name, sweep in sweeps.items():
        found = results.read(f"cifar10_{sweep}", RECORDED)
        best = np.nanargmin(found["val_error"][1:, :, -1].mean(1)) + 1
        assert found["values"][best] in made.CHOSEN[name].values(), name


def test_fifths_are_judged_by_the_network_that_saw_neither_fold(monkeypatch):
    """Choosing's table [λ, r, i, j] against one network that is trained without folds i and j."""
    monkeypatch.setattr(small, "LAMS", (0.0, 0.008))
    found = torch.tensor(small.Choosing(3).run(None)["fifths"])
    assert found.shape == (2, 5, 5, 5)
    split = small.digits(3)
    folds = ~train.train_masks(RepeatedKFold(n_splits=5, n_repeats=5, random_state=3), 100)[10:15]
    saw_neither = ~(folds[:, None] | folds).flatten(0, 1)
    how = small.HOW | {"seeds": [2] * 25, "train_mask": saw_neither}
    held = train.sweep(small.NETWORK, split, (0.0, 0.008), **how).held_out(split.train)
    wanted = held.unflatten(1, (5, 5)).where(folds[:, None], 0).sum(-1)
    assert (found[:, 2] - wanted).abs().sum() <= 2  # of 1,000 pictures: rounding
