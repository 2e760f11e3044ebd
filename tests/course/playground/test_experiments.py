"""The guided experiments can be done, and what is not done gets its hint."""

import pytest
from claims import SOLUTION
from conftest import ROOT, read

from regutils.course.playground import TrainingSession, experiment, parse
from regutils.course.playground.experiments import EXPERIMENTS


class Stand:
    """A dashboard without widgets; `said` is what an experiment says 20 steps into each run and at
    its end."""

    def __init__(self, number):
        self.number, self.said = number, []
        self.paste(EXPERIMENTS[number][0])

    def paste(self, line):
        self.session = TrainingSession(parse(line))

    def start_again(self):
        self.session.reset()

    def run(self, steps, **moves):
        self.session.apply(**(vars(self.session.setting) | moves))
        for taken in range(1, steps + 1):
            self.session.step()
            if taken in (20, steps):
                self.said.append(repr(experiment(self.number, self)))
        return self


@pytest.mark.parametrize("number", EXPERIMENTS)
def test_before_it_is_tried_it_is_not_attempted(number):
    untouched = f"Experiment {number}: not attempted yet."
    assert repr(experiment(number, ...)) == untouched
    assert repr(experiment(number, Stand(number))) == untouched
    assert Stand(number).run(220, data="xor", width=2).said == [untouched, untouched]


# What is said along the notebook's way and a wrong one after it, and that wrong one.
WAYS = {
    1: (
        "not attempted | Now raise λ | train on | right. Training error"
        " | not attempted | First let it learn the wrong labels",
        lambda stand: stand.start_again() or stand.run(220, lam=0.01),
    ),
    2: (
        "not attempted | 0 of 320 weights are exactly 0. The subgradient | Raise λ | Raise λ"
        " | weights are exactly 0. Raise λ | right. | right. | lower λ",
        lambda stand: stand.run(300, lam=0.5),
    ),
    3: (
        "not attempted | not attempted | not attempted | 1/lr is 2 | not attempted | not attempted"
        " | by 1 − 2·lr·λ = -1 | right. | not attempted | not the first | not the first",
        lambda stand: stand.start_again() or stand.run(20, lam=0.0).run(300, lam=5.0),
    ),
}


@pytest.mark.parametrize("number", EXPERIMENTS)
def test_the_notebooks_way_does_it_and_is_told_the_next_step_all_along(number):
    notebook = read(ROOT / "notebooks" / "07_playground.ipynb")
    asked = [c.source for c in notebook.cells if f"**Experiment {number} " in c.source]
    assert f"`{EXPERIMENTS[number][0]}`" in asked[0]
    ids = [c.id for c in notebook.cells]
    check = next(c for c in notebook.cells if f"experiment({number}, attempt)" in c.source)
    expected, wrong_way = WAYS[number]
    stand = Stand(number)
    exec(
        SOLUTION.search(notebook.cells[ids.index(check.id) + 1].source)[1], {"explorer_live": stand}
    )
    wrong_way(stand)
    for said, wanted in zip(stand.said, expected.split(" | "), strict=True):
        assert wanted in said, stand.said


def test_other_numbers_are_refused():
    with pytest.raises(ValueError, match="number must be one of 1, 2"):
        experiment(6, ...)
