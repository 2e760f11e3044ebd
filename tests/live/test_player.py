"""Training that goes on while its controls move."""

import asyncio

import numpy as np
import pytest
from moving import stem

from regutils import live

LAMS = [0.0, *np.logspace(-4, 0, 5).tolist()]


class Counter:
    """A network whose training is counting; breaks at step `broken`."""

    def __init__(self, broken=None):
        self.broken = broken
        self.reset()

    def reset(self):
        self.seen = []

    def step(self, lam):
        if len(self.seen) + 1 == self.broken:
            raise FloatingPointError("too far")
        self.seen.append(lam)

    def player(self, steps=10):
        fig, _, panel = stem(range(20))

        def reading(lam):
            panel.line.set_ydata([0, len(self.seen) % 20 + lam])
            return f"{len(self.seen)} steps, λ = {lam:g}"

        canvas, lam = live.Canvas(fig, [panel], alt="A stem."), live.lam_slider(LAMS)
        return live.play(canvas, self.step, reading, self.reset, steps=steps, lam=lam)


async def grown(counter, by=5):
    wanted = len(counter.seen) + by
    while len(counter.seen) < wanted:
        await asyncio.sleep(0)


def test_a_player_runs_told_scenes_and_keeps_them_for_pages_without_a_kernel():
    counter = Counter()
    box = counter.player()
    first = bytes(box.image.value)
    box.run(3, lam=0.0)
    box.run(4, lam=LAMS[-1])
    assert counter.seen == [0.0] * 3 + [LAMS[-1]] * 4 and box.reading == "7 steps, λ = 1"
    assert bytes(box.image.value) != first and box.bar.progress.value == 7
    assert "7 of 10" in box.bar.progress.description
    data, metadata = box._repr_mimebundle_()
    alt = "A stem. 3 steps, λ = 0 7 steps, λ = 1"
    assert metadata["image/png"]["alt"] == data["text/plain"] == alt
    box.run(50)
    assert len(counter.seen) == 10 and box.bar.train.disabled, "the budget is the end"
    box.start_again()
    assert counter.seen == [] and box.bar.progress.value == 0 and not box.bar.train.disabled


def test_a_player_trains_while_its_slider_moves():
    async def learner():
        counter = Counter()
        box = counter.player(steps=100_000)
        box.bar.train.value = True
        await grown(counter)
        box.controls["lam"].value = LAMS[2]  # a drag; nothing is restarted
        await grown(counter)
        assert counter.seen[0] == 0.0 and counter.seen[-1] == LAMS[2] and "λ = 0.001" in box.reading
        box.bar.train.value = False
        await box.player.task
        stopped = len(counter.seen)
        await asyncio.sleep(0.02)
        assert len(counter.seen) == stopped == box.bar.progress.value

    asyncio.run(learner())


def test_one_player_trains_at_a_time_and_ends_by_itself():
    async def learner():
        one, other = Counter(), Counter()
        box, second = one.player(steps=10**9), other.player(steps=7)
        box.bar.train.value = True
        await asyncio.sleep(0)
        second.bar.train.value = True
        await asyncio.gather(box.player.task, second.player.task)
        assert not box.bar.train.value and not second.bar.train.value and len(other.seen) == 7
        box.bar.train.value = True
        await asyncio.sleep(0)
        Counter().player()  # as when the learner runs the cell again
        await box.player.task
        assert live.Player.current is None

    asyncio.run(learner())


def test_a_player_that_breaks_says_so_and_stops():
    async def learner():
        counter = Counter(broken=4)
        box = counter.player()
        box.bar.train.value = True
        with pytest.raises(FloatingPointError):
            await box.player.task
        assert "Training stopped. FloatingPointError: too far" in box.status_line.value
        assert 'role="alert"' in box.status_line.value
        assert not box.bar.train.value and box.bar.progress.value == 3

    asyncio.run(learner())
    with pytest.raises(FloatingPointError, match="too far"):
        Counter(broken=2).player().run(5)
    with pytest.raises(ValueError, match="steps must be"):
        Counter().player(steps=0)
