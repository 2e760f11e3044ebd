"""A notebook's cell may end with any of these: each says in a line what it is."""

import pytest
import torch

from regutils import data, models, train


def fitted():
    model = models.MLP(2, 4, 2)
    how = {"optimizer": lambda p: torch.optim.SGD(p, lr=0.1), "progress": False}
    return train.fit(model, data.moons(30), epochs=3, **how)


def swept():
    how = {"penalty": "l2", "seeds": [0, 1], "steps": 30, "lr": 0.1, "progress": False}
    return train.sweep(lambda: models.MLP(2, 4, 2), data.moons(30), [0.0, 0.1], **how)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (data.moons, ["Split(", "(60, 2)", "int64"]),
        (lambda: data.sine().train, ["Examples(", "(20, 1)", "float32"]),
        (data.coloured_digits, ["coloured digits", "1797", "10 classes"]),
        (fitted, ["3 records", "val_loss", "→"]),
        (train.History, ["0 records"]),
        (swept, ["λ from 0 to 0.1", "2 values × 2 seeds", "30 records"]),
    ],
)
def test_it_says_in_a_line_what_it_is(make, told):
    text = repr(make())
    assert len(text) < 300 and "\n" not in text
    assert all(part in text for part in told)
