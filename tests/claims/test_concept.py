"""Notebook 01's plain PyTorch program: run as it stands, and compared with `train.fit`."""

import nbformat
import numpy as np
import torch
from conftest import ROOT
from torch import nn

from regutils import data, penalties, train


def program():
    """What the program's cells define, after they have run, with nothing of ours in reach."""
    notebook = nbformat.read(ROOT / "notebooks" / "01_concept.ipynb", as_version=4)
    names = ("setup", "loop", "result")
    source = {cell.id: cell.source for cell in notebook.cells}
    defined = {}
    for name in names:
        assert "regutils" not in source[f"concept-plain-{name}"]
        exec(source[f"concept-plain-{name}"], defined)
    return defined


def test_the_plain_program_is_what_fit_does(capsys):
    plain = program()
    assert "weights are exactly 0" in capsys.readouterr().out
    x, y = plain["x"], plain["y"]
    split = data.Split((x[:150], y[:150]), (x[150:650], y[150:650]), (x[650:], y[650:]))
    torch.manual_seed(0)
    twin = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10))
    epochs = 25
    history = train.fit(
        twin,
        split,
        epochs=epochs,
        optimizer=lambda _: torch.optim.SGD(
            penalties.decay_groups(twin, plain["weight_decay"]), lr=plain["lr"]
        ),
        penalty="l1",
        lam=plain["lam"],
        proximal=True,
        batch_size=32,
        seed=0,
        progress=False,
    )
    np.testing.assert_allclose(history.val_error, plain["val_errors"][:epochs], atol=0.0021)
