"""What notebook 04 states about dropout, each formula against a simulation or a library that would show it wrong."""

import torch

from regutils import data, models, sweep


def test_sweep_ends_without_a_progress_bar():
    split = data.digits(20)
    result = sweep.sweep(lambda: models.MLP(64, 10), split, [0.0], penalty=None, seeds=[0], steps=3, lr=0.1, every=2,
                         progress=False)
    assert result.steps.tolist() == [2, 3]
