"""The studies on digits and moons: what is committed is what their jobs give."""

import json

import numpy as np
import pytest
import torch
from conftest import ROOT

from regutils.course.recorded.small import SCHEDULES, Choosing, Moved, Opponents, digits

RECORDED = ROOT / "notebooks" / "recorded"
MEASURED = ("train_loss", "val_loss", "train_error", "val_error", "penalty")


def runs(name) -> dict:
    found = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    assert found["command"] == f"regutils record {name}"
    return found["runs"]


def close(ours, theirs, n) -> bool:
    """Counts of wrong answers among n, equal on average to one in a hundred: rounding trains on."""
    ours, theirs = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    return ours.shape == theirs.shape and np.abs(ours - theirs).mean() <= 0.01 * n


def test_the_recorded_contests_are_those_of_their_job():
    recorded = runs("opponents")["data sets"]
    assert len(recorded) == 100
    found = Opponents(seed=3).run(None)
    for name, n in (("held", 100), ("truth", 3 * 1697)):
        assert np.shape(found[name]) == (3, 10, 10)
        assert close(found[name], recorded[3][name], n), name
        # Strength 0 is no method, whichever method's it is.
        none = np.asarray(recorded[3][name])[:, 0]
        assert close(none[1], none[0], n)
        assert close(none[2], none[0], n)
    assert not close(found["truth"], recorded[4]["truth"], 3 * 1697), "another data set"


def test_the_recorded_choices_are_those_of_their_job():
    recorded = runs("choosing")["data sets"]
    assert len(recorded) == 100
    found = Choosing(seed=2).run(None)
    for name, n in (("halves", 100), ("tenths", 100), ("refit", 1697)):
        assert close(found[name], recorded[2][name], n), name
    assert close(found["fifths"], recorded[2]["fifths"], 20)
    # A fold that is left out alone stands on the diagonal: five of them are all hundred.
    fifths = np.asarray(found["fifths"])
    assert fifths.shape == (10, 5, 5, 5)
    np.testing.assert_array_equal(fifths <= 20, True)


@pytest.mark.parametrize("schedule", ["late", "none"])
def test_the_recorded_schedules_are_those_of_their_job(schedule):
    recorded = runs("schedules")
    assert list(recorded) == list(SCHEDULES)
    assert {len(row) for row in recorded.values()} == {10}
    found, told = Moved(1, schedule, epochs=60).run(None), recorded[schedule][1]
    assert found["epochs"] == told["epochs"][:3] == [0, 30, 60]
    if schedule == "none":  # of the others 60 epochs are another schedule
        for name in MEASURED:
            np.testing.assert_allclose(found[name], told[name][:3], rtol=0.02, atol=0.02)
    assert found["lam"] == [0.0, 0.0, 0.02] if schedule == "late" else [0.0] * 3


def test_each_label_is_wrong_by_itself():
    wrong = [digits(seed).train.y != digits(seed, share=0.0).train.y for seed in range(40)]
    counts = torch.stack(wrong).sum(1).double()
    assert abs(counts.mean() - 20) < 2
    assert 2.5 < counts.std() < 5.5  # √(100 · 0.2 · 0.8) = 4
    assert torch.equal(digits(0).train.y, digits(0).train.y)
    assert len(digits(0).val.x) == 1697
