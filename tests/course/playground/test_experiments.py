"""The guided experiments can be done, and what is not done gets its hint."""

import pytest
from conftest import ROOT, SOLUTION, read

from regutils.course import playground
from regutils.course.playground import EXPERIMENTS, Ground, experiment, parse


class Stand:
    """A desk without widgets."""

    def __init__(self, number):
        self.ground = Ground(parse(EXPERIMENTS[number].line))

    def go(self, steps, **moves):
        self.ground.apply(**(vars(self.ground.setting) | moves))
        for _ in range(steps):
            self.ground.step()
        return self


def said(number, stand, status, words):
    verdict = experiment(number, stand)
    assert verdict.status == status, verdict
    assert words in verdict.message
    assert repr(verdict).startswith(f"Experiment {number}: {status}.")


@pytest.mark.parametrize("number", EXPERIMENTS)
def test_before_it_is_tried_it_is_not_attempted(number):
    assert repr(experiment(number, ...)) == f"Experiment {number}: not attempted yet."
    said(number, Stand(number), "not attempted yet", "")
    said(number, Stand(number).go(300, data="xor", width=2), "not attempted yet", "")


@pytest.mark.parametrize("number", EXPERIMENTS)
def test_the_notebook_has_its_line_and_a_way_that_does_it(number):
    notebook = read(ROOT / "notebooks" / "07_playground.ipynb")
    asked = [c.source for c in notebook.cells if f"**Experiment {number} " in c.source]
    assert f"`{EXPERIMENTS[number].line}`" in asked[0]
    ids = [c.id for c in notebook.cells]
    check = next(c for c in notebook.cells if f"experiment({number}, attempt)" in c.source)
    way = SOLUTION.search(notebook.cells[ids.index(check.id) + 1].source)[1]
    names = {"desk": playground.desk()}
    exec(way, names)
    assert experiment(number, names["attempt"]).status == "right"


def test_the_spiral_is_lost_between_two_notches():
    stand = Stand(1).go(1000)
    said(1, stand, "not yet", "not lost")
    stand.go(400, lam=0.2)
    said(1, stand, "not yet", "in one jump")
    stand.ground.reset()
    stand.go(600)
    said(1, stand, "not yet", "not within one notch")
    stand.ground.reset()
    stand.go(1000, lam=0.0).go(400, lam=0.02)
    said(1, stand, "not yet", "not lost")
    stand.go(400, lam=0.05)
    said(1, stand, "right", "At λ = 0.02")


def test_soft_threshold_kills_half_the_weights_and_the_subgradient_none():
    stand = Stand(2).go(600).go(600, lam=0.005)
    said(2, stand, "not yet", "0 of 320 weights are exactly 0. The subgradient")
    stand.ground.reset()
    stand.go(600, penalty="L1 soft threshold", lam=0.001)
    said(2, stand, "not yet", "Raise λ")
    stand.go(800, lam=0.01)
    said(2, stand, "right", "of 320 weights are exactly 0")
    stand.go(300, lam=0.5)
    said(2, stand, "not yet", "lower λ")


def test_lies_are_learned_and_taken_back():
    stand = Stand(3).go(400, lam=0.01)
    said(3, stand, "not yet", "First let it learn the lies")
    stand.ground.reset()
    stand.go(2000, lam=0.0)
    said(3, stand, "not yet", "Now raise λ")
    stand.go(20, lam=0.01)
    said(3, stand, "not yet", "train on")
    stand.go(800, lam=0.01)
    said(3, stand, "right", "wrong answers are wrong again")


def test_the_losses_change_places():
    stand = Stand(4).go(600, p=0.5)
    said(4, stand, "not yet", "never was the higher one")
    stand.ground.reset()
    stand.go(1000, p=0.0)
    said(4, stand, "not yet", "one notch up")
    for p in (0.1, 0.2, 0.3, 0.4, 0.5):
        stand.go(500, p=p)
    said(4, stand, "right", "below the training loss")


def test_the_edge_of_divergence_is_one_over_lr():
    stand = Stand(5).go(100).go(300, lam=1.0)
    said(5, stand, "not yet", "1/lr is 2")
    stand.go(300, lam=2.0)  # all its weights are 0: nothing left to diverge
    said(5, stand, "not yet", "1/lr is 2")
    stand.ground.reset()
    stand.go(100, lam=0.0).go(300, lam=5.0)
    said(5, stand, "not yet", "not the first")
    stand.ground.reset()
    stand.go(100, lam=0.0).go(300, lam=2.0)
    said(5, stand, "right", "by 1 − 2·lr·λ = -1")


def test_other_numbers_are_refused():
    with pytest.raises(ValueError, match="number must be one of 1, 2"):
        experiment(6, playground.desk())
