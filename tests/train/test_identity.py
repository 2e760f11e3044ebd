"""What decides a result has another fingerprint when, and only when, the result is another."""

import functools
import types

import numpy as np
import pytest
import torch
from torch import nn

from regutils import models
from regutils.train.identity import fingerprint, structure

STRENGTH = 3.0


def scaled(x):
    return STRENGTH * x


def once(by, x):
    return by * x


def countdown(n):
    return n if n == 0 else countdown(n - 1)


def counting():
    calls = []

    def function(x):
        calls.append(x)
        return x

    return function


class Scale:
    def __init__(self, by):
        self.by = by

    def __call__(self, x):
        return self.by * x


class Scaling(nn.Module):
    def __init__(self, by):
        super().__init__()
        self.by = by

    def forward(self, x):
        return self.by * x


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        (1, 1.0),
        (1, True),
        ("1", 1),
        ([1, [2]], [[1], 2]),
        ({"a": 1}, {"a": 2}),
        (torch.zeros(2), torch.zeros(3)),
        (torch.zeros(2), torch.zeros(2, dtype=torch.float64)),
        (torch.tensor([0.0, 1.0]), torch.tensor([1.0, 0.0])),
        (np.arange(3), np.arange(3.0)),
        (functools.partial(once, 1), functools.partial(once, 2)),
        (lambda x: x + 1, lambda x: x + 2),
        (Scale(1), Scale(2)),
        (Scale(1).__call__, Scale(2).__call__),
        (torch.relu, torch.tanh),
        (nn.ReLU, nn.Tanh),
        (None, scaled),
    ],
)
def test_other_content_is_another_fingerprint(one, other):
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(one) == fingerprint(one)


def test_numbers_that_a_function_names_are_part_of_it():
    def at(strength):
        return lambda x: strength * scaled(x)

    assert fingerprint(at(1)) == fingerprint(at(1)) != fingerprint(at(2))
    before = fingerprint(scaled)
    again = types.FunctionType(scaled.__code__, {"STRENGTH": 4.0})
    same = types.FunctionType(scaled.__code__, {"STRENGTH": 3.0})
    assert fingerprint(again) != before == fingerprint(same)
    assert fingerprint(countdown) == fingerprint(countdown), "a function may name itself"


def test_what_a_function_counts_is_no_part_of_it():
    function = counting()
    before = fingerprint(function)
    function(1)
    assert fingerprint(function) == before


def test_a_model_is_its_modules_settings_and_ties_but_not_its_weights():
    def mlp(seed=0, **options):
        return structure(models.seeded(lambda: models.MLP(2, 4, 4, 2, **options), seed))

    assert mlp() == mlp(seed=1)
    others = [mlp(dropout=0.1), mlp(dropout=0.2), mlp(activation=nn.Tanh), mlp(input_dropout=0.1)]
    assert len({mlp(), *others}) == 5
    tied = models.MLP(2, 4, 4, 2)
    tied.linear2.bias = tied.linear1.bias
    frozen = models.MLP(2, 4, 4, 2)
    frozen.linear1.weight.requires_grad_(False)
    assert len({mlp(), structure(tied), structure(frozen), structure(tied.double())}) == 4
    minus = type("Scaling", (nn.Module,), {"forward": lambda self, x: -x})
    plus = type("Scaling", (nn.Module,), {"forward": lambda self, x: +x})
    assert structure(minus()) != structure(plus())
    assert structure(Scaling(1.0)) != structure(Scaling(2.0))
    for setting in (nn.Dropout, nn.LeakyReLU, nn.Softplus):
        assert structure(setting(0.1)) != structure(setting(0.2))
    normed = nn.BatchNorm1d(3)
    before = structure(normed)
    normed(torch.randn(5, 3))
    assert structure(normed) == before, "what it learns is no part of it"
