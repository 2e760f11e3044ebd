"""The guided experiments can be done, and what is not done gets its hint."""

import pytest
from claims import SOLUTION
from conftest import ROOT, read

from regutils.course.playground import Dashboard, TrainingSession, experiment, parse
from regutils.course.playground.experiments import EXPERIMENTS


class Stand:
    """A dashboard without widgets."""

    def __init__(self, number):
        self.session = TrainingSession(parse(EXPERIMENTS[number][0]))

    def go(self, steps, **moves):
        self.session.apply(**(vars(self.session.setting) | moves))
        for _ in range(steps):
            self.session.step()
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
    assert f"`{EXPERIMENTS[number][0]}`" in asked[0]
    ids = [c.id for c in notebook.cells]
    check = next(c for c in notebook.cells if f"experiment({number}, attempt)" in c.source)
    way = SOLUTION.search(notebook.cells[ids.index(check.id) + 1].source)[1]
    names = {"explorer_live": Dashboard()}
    exec(way, names)
    assert experiment(number, names["attempt"]).status == "right"


def test_wrong_labels_are_learned_and_forgotten():
    stand = Stand(1).go(400, lam=0.01)
    said(1, stand, "not yet", "First let it learn the wrong labels")
    stand.session.reset()
    stand.go(2000, lam=0.0)
    said(1, stand, "not yet", "Now raise λ")
    stand.go(20, lam=0.01)
    said(1, stand, "not yet", "train on")


def test_the_proximal_step_makes_half_of_the_weights_0_and_the_subgradient_none():
    stand = Stand(2).go(600).go(600, lam=0.005)
    said(2, stand, "not yet", "0 of 320 weights are exactly 0. The subgradient")
    stand.session.reset()
    stand.go(600, proximal=True, lam=0.001)
    said(2, stand, "not yet", "Raise λ")
    stand.go(800, lam=0.01)
    said(2, stand, "right", "of 320 weights are exactly 0")
    stand.go(300, lam=0.5)
    said(2, stand, "not yet", "lower λ")


def test_the_edge_of_divergence_is_one_over_lr():
    stand = Stand(3).go(100).go(300, lam=1.0)
    said(3, stand, "not yet", "1/lr is 2")
    stand.session.reset()
    stand.go(100, lam=0.0).go(300, lam=5.0)
    said(3, stand, "not yet", "not the first")
    stand.session.reset()
    stand.go(100, lam=0.0).go(300, lam=2.0)
    said(3, stand, "right", "by 1 − 2·lr·λ = -1")


def test_other_numbers_are_refused():
    with pytest.raises(ValueError, match="number must be one of 1, 2"):
        experiment(6, ...)
