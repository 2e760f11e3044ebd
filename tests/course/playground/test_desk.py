"""The playground's desk: buttons, line, program, and nothing left behind."""

import asyncio
import gc
import random

import ipywidgets as widgets
import pytest
from conftest import in_a_loop

from regutils import live
from regutils.course import playground
from regutils.live.controls import values


def desk(line="data=moons", steps=200):
    return playground.desk(line, steps)


def test_five_controls_first_and_the_others_folded():
    box = desk()
    shown = [c for c in box.children if c in box.controls.values()]
    assert [name for name, c in box.controls.items() if c in shown] == [
        "data",
        "penalty",
        "lam",
        "p",
        "lr",
    ]
    assert isinstance(box.folds, widgets.Accordion)
    assert box.folds.selected_index is None
    assert "starts training again" in box.folds.titles[-1]
    assert list(box.controls) and set(box.controls) == set(playground.VALUES)


def test_runs_scenes_and_a_line_that_moves_everything():
    box = desk()
    box.run(40, lam=0.01)
    box.run(40, lam=0.1)
    assert [taken for taken, _, _ in box.scenes()] == [40, 80]
    assert box.line.value == "data=moons lam=0.1"
    box.line.value = "data=sine penalty=elastic_net lam=0.002 depth=3"
    assert box.controls["data"].value == "sine"
    assert box.controls["depth"].value == 3
    assert box.training.taken == 0
    assert "fitted curve" in box.image.tooltip
    box.run(20)
    assert "Step 20" in box.reading


def test_a_wrong_line_is_answered_in_one_sentence_and_changes_nothing():
    box = desk()
    box.run(20)
    box.line.value = "data=mars"
    assert "data must be one of moons" in box.status_line.value
    assert box.controls["data"].value == "moons"
    assert box.training.taken == 20
    box.set(lam=0.01)
    assert box.status_line.value == ""
    assert box.line.value == "data=moons lam=0.01"
    with pytest.raises(ValueError, match="data must be one of"):
        box.paste("data=mars")


def test_one_step_the_ghost_and_the_cold_run():
    box = desk()
    box.one.click()
    assert box.training.taken == 1
    box.run(59, lam=0.01)
    box.keep.click()
    assert box.ground.kept["val, kept"]["step"][-1] == 60
    box.again.click()
    assert box.training.taken == 0
    assert box.run_cold() == ""  # nothing to compare yet
    box.run(40, lam=0.1)
    score = box.run_cold()
    assert "After 40 steps" in score
    assert score in box.reading
    box.run(20)
    assert score not in box.reading  # it has gone on since


@pytest.mark.parametrize("again", ["start", "network"])
def test_the_score_of_a_run_is_not_told_of_the_next(again):
    box = desk()
    box.run(40, lam=0.1)
    assert "After 40 steps" in box.run_cold()
    if again == "start":
        box.again.click()
    else:
        box.set(width=4)
    box.run(40, lam=0.01)
    assert "Step 40" in box.reading
    assert "from fresh weights" not in box.reading


def test_the_program_follows_the_controls_while_it_shows():
    box = desk()
    assert box.written.layout.display == "none"
    box.code.value = True
    assert box.written.layout.display == ""
    assert "lam = 0\n" in box.written.value
    box.set(lam=0.1)
    assert "lam = 0.1\n" in box.written.value
    box.code.value = False
    assert box.written.layout.display == "none"


def test_divergence_stops_training_and_says_the_bound():
    async def learner():
        box = desk("data=moons optimizer=SGD lr=1 lam=5", 1000)
        box.button.value = True
        await box.training.task
        assert not box.training.going
        assert box.training.taken < 1000
        assert "λ below 1/lr = 1" in box.status_line.value
        box.again.click()
        assert box.status_line.value == ""

    in_a_loop(learner())


def test_it_trains_and_runs_cold_while_everything_moves_and_leaves_nothing_behind():
    gc.collect()
    before = len(widgets.widget._instances)

    async def play():
        box = desk(steps=4000)
        rng = random.Random(0)
        box.button.value = True
        for i in range(60):
            name = rng.choice([n for n in box.controls if n != "data"])
            box.controls[name].value = rng.choice(values(box.controls[name]))
            box.button.value = not box.training.finished
            if i % 10 == 0:
                box.fresh.click()
            await asyncio.sleep(0.001)
        box.close()
        await asyncio.sleep(0.05)
        return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    assert in_a_loop(play()) == []
    assert live.Training.current is None
    gc.collect()
    assert len(widgets.widget._instances) <= before


def test_only_its_own_setting_has_a_frame_since_another_would_change_the_run():
    box = desk()
    picture, reading = box.frame(lam=0)
    assert picture.startswith(b"\x89PNG") and reading == box.reading
    with pytest.raises(ValueError, match="present setting"):
        box.frame(lam=0.1)
    every = box.settings()
    assert len(every) == sum(map(len, playground.VALUES.values()))
