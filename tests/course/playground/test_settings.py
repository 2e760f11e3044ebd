"""A setting of the playground, its line of text, and the program it writes."""

import contextlib
import io
import random

import pytest

from regutils.course.playground import Setting, networks, parse, program
from regutils.course.playground.settings import CONTROLS

VALUES = {name: control.metadata["values"] for name, control in CONTROLS.items()}


def any_setting(rng, **fixed) -> Setting:
    drawn = {name: rng.choice(values) for name, values in VALUES.items()}
    return Setting(**(drawn | fixed))


def test_a_line_says_everything_that_differs_and_comes_back():
    rng = random.Random(0)
    for _ in range(300):
        setting = any_setting(rng)
        assert parse(setting.line) == setting, setting.line
    assert Setting().line == "data=moons"
    assert parse("data=xor, lam=0.010") == Setting(data="xor", lam=0.01)  # as a person types it


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "state must be a line"),
        ("hello", "state must be a line"),
        ("lam=", "state must be a line"),
        ("size=3", "state must be made of data, penalty"),
        ("lam=3.3", "lam must be one of 0, 0.0001"),
        ("lam=nan", "lam must be one of"),
        ("data=moons data=xor", "names data once"),
        ("proximal=perhaps", "proximal must be one of no, yes"),
    ],
)
def test_a_wrong_line_gets_one_sentence(line, said):
    with pytest.raises(ValueError, match=said) as caught:
        parse(line)
    assert "\n" not in str(caught.value)


def test_every_field_has_values_and_no_other_is_taken():
    assert list(VALUES) == list(vars(Setting()))
    for name, wrong in (("lam", -1.0), ("data", "mars"), ("depth", 9), ("p", 1.0), ("batch", 7)):
        with pytest.raises(ValueError, match=name):
            Setting(**{name: wrong})


def run(text: str) -> list[tuple]:
    """What a program's `history` holds in the end."""
    names: dict = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(text, "written", "exec"), names)
    return names["history"]


def trained(setting: Setting, steps: int) -> tuple:
    trainer = networks.trainer(setting)
    for _ in range(steps):
        trainer.step()
    found = trainer.measure()
    return (found.step, found.train_loss, found.train_error, found.val_loss, found.val_error)


@pytest.mark.parametrize("penalty", VALUES["penalty"])
@pytest.mark.parametrize("proximal", VALUES["proximal"])
@pytest.mark.parametrize("optimizer", VALUES["optimizer"])
def test_the_program_trains_as_the_playground_does(penalty, proximal, optimizer):
    kind: dict = {"penalty": penalty, "proximal": proximal, "optimizer": optimizer}
    datasets = VALUES["data"]
    place = VALUES["penalty"].index(penalty) + VALUES["optimizer"].index(optimizer)
    kind |= {"data": datasets[place % len(datasets)], "lam": 0.01, "lr": 0.05}
    if place % 2 == proximal:  # half of them with everything else switched on
        kind |= {"p": 0.3, "batch": 0, "draw": 2, "activation": "tanh", "seed": 1}
    setting = Setting(**kind)
    text = program(setting, 25)
    assert "regutils" not in text
    (found,) = run(text)
    assert found == pytest.approx(trained(setting, 25), rel=1e-4, abs=1e-5), setting.line


def test_the_program_is_of_its_setting():
    """A λ, a p or a step more would be seen."""
    setting = Setting(penalty="L1", proximal=True, lam=0.01, p=0.3, optimizer="SGD")
    (found,) = run(program(setting, 25))
    for other in ({"lam": 0.0}, {"p": 0.2}, {"proximal": False}, {"batch": 10}):
        changed = Setting(**(vars(setting) | other))
        assert found != pytest.approx(trained(changed, 25), rel=1e-4, abs=1e-5), other


def test_short_lines_without_what_is_switched_off():
    for line in ("data=moons", "data=xor", "data=spiral p=0.5 optimizer=AdamW lam=0.1"):
        text = program(parse(line))
        assert max(map(len, text.splitlines())) <= 100
        assert ("Dropout" in text) == ("p=" in line)
        assert "weights" not in text.split("Training")[1]  # no penalty in the loop
