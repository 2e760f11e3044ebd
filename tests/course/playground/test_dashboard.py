"""The dashboard: buttons, line, program, and nothing left behind."""

import asyncio
import gc
import random

import ipywidgets as widgets
import pytest

from regutils import live
from regutils.course.playground import Dashboard
from regutils.course.playground.settings import CONTROLS
from regutils.live.controls import values


def test_five_controls_first_and_the_others_folded():
    box = Dashboard(steps=200)
    shown = [c for c in box.children if c in box.controls.values()]
    first = ["data", "penalty", "lam", "p", "lr"]
    assert [name for name, c in box.controls.items() if c in shown] == first
    assert box.sections.selected_index is None
    assert "starts training again" in box.sections.titles[-1]
    assert set(box.controls) == set(CONTROLS)


def test_runs_scenes_and_a_line_that_moves_everything():
    box = Dashboard(steps=200)
    box.run(40, lam=0.01)
    box.run(40, lam=0.1)
    assert [taken for taken, _, _ in box.scenes()] == [40, 80]
    assert box.state.value == "data=moons lam=0.1"
    box.state.value = "data=xor penalty=elastic_net proximal=yes lam=0.002 depth=3"
    assert box.controls["data"].value == "xor"
    assert box.controls["depth"].value == 3
    assert box.controls["proximal"].value is True
    assert box.player.taken == 0
    box.run(20)
    assert "Step 20" in box.reading
    assert [taken for taken, _, _ in box.scenes()] == [20], "those of another run are gone"


def test_a_wrong_line_is_answered_in_one_sentence_and_changes_nothing():
    box = Dashboard(steps=200)
    box.run(20)
    box.state.value = "data=mars"
    assert "data must be one of moons" in box.status_line.value
    assert box.controls["data"].value == "moons"
    assert box.player.taken == 20
    box.set(lam=0.01)
    assert box.status_line.value == ""
    assert box.state.value == "data=moons lam=0.01"
    with pytest.raises(ValueError, match="data must be one of"):
        box.paste("data=mars")


def test_one_step_the_ghost_and_the_cold_run():
    box = Dashboard(steps=200)
    box.one.click()
    assert box.player.taken == 1
    box.run(59, lam=0.01)
    box.ghost.click()
    assert box.session.ghost["step"][-1] == 60
    box.keep_ghost(baseline=True)
    assert box.session.ghost["lam"] == [0, 0, 0, 0]
    box.bar.again.click()
    assert box.player.taken == 0
    box.run_cold(wait=True)
    assert "fresh weights" not in box.reading, "nothing to compare yet"
    box.run(40, lam=0.1)
    box.run_cold(wait=True)
    score = box.session.score()
    assert "After 40 steps" in score and "λ = 0 at its best step" in score
    assert score in box.reading
    assert score in box.scenes()[-1][2]
    box.run(20)
    assert score not in box.reading, "it has gone on since"
    for restart in (box.bar.again.click, lambda: box.set(width=4)):
        box.run_cold(wait=True)
        restart()
        box.run(60, lam=0.01)
        assert "Step 60" in box.reading and "from fresh weights" not in box.reading


def test_the_program_follows_the_controls_while_it_shows():
    box = Dashboard(steps=200)
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
        box = Dashboard("data=moons optimizer=SGD lr=1 lam=5", 1000)
        box.bar.train.value = True
        await box.player.task
        assert not box.player.going
        assert box.player.taken < 1000
        assert "λ below 1/lr = 1" in box.status_line.value
        box.bar.again.click()
        assert box.status_line.value == ""

    asyncio.run(learner())


def test_it_trains_and_runs_cold_while_everything_moves_and_leaves_nothing_behind():
    gc.collect()
    before = len(widgets.widget._instances)

    async def play():
        box = Dashboard()
        rng = random.Random(0)
        box.bar.train.value = True
        for i in range(6):
            name = rng.choice([n for n in box.controls if n != "data"])
            box.controls[name].value = rng.choice(values(box.controls[name]))
            box.bar.train.value = not box.player.finished
            if i % 3 == 0:
                box.cold.click()
            await asyncio.sleep(0.001)
        box.close()
        await asyncio.sleep(0.05)
        return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    assert asyncio.run(play()) == []
    assert live.Player.current is None
    gc.collect()
    assert len(widgets.widget._instances) <= before


def test_only_its_own_setting_has_a_frame_since_another_would_change_the_run():
    box = Dashboard(steps=200)
    picture, reading = box.frame(lam=0)
    assert picture.startswith(b"\x89PNG") and reading == box.reading
    with pytest.raises(ValueError, match="present setting"):
        box.frame(lam=0.1)
    every = box.settings()
    assert len(every) == sum(len(c.metadata["values"]) for c in CONTROLS.values())
