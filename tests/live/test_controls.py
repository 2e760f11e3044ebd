"""Labels that tell values apart; what a control can take; one search for a value."""

import ipywidgets as widgets
import numpy as np
import pytest
import torch

from regutils import live
from regutils.arguments import position


def labels(slider):
    return [label for label, _ in slider.options]


def test_two_values_never_have_one_label_and_tensors_are_numbers():
    assert labels(live.lam_slider([0, 0.101, 0.104])) == ["0 (off)", "0.101", "0.104"]
    assert labels(live.lam_slider([0.1, 1.0])) == ["0.1", "1"]
    assert labels(live.slider([1.0000001, 1.0000002], "x")) == ["1.0000001", "1.0000002"]
    slider = live.slider(torch.tensor([0.1, 0.5]), "p", value=torch.tensor(0.5))
    assert labels(slider) == ["0.1", "0.5"] and isinstance(slider.value, float)
    assert live.lam_slider(np.array([0.0, 0.5])).options == (("0 (off)", 0.0), ("0.5", 0.5))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: live.slider([], "x"), "values must be at least one value"),
        (lambda: live.slider([1, 1], "x"), "values must be all different"),
        (lambda: live.slider([float("nan"), 1], "x"), "values must be neither None nor nan"),
        (lambda: live.choice([], "x"), "values must be at least one value"),
        (lambda: live.choice(["a", "a"], "x"), "values must be all different"),
        (lambda: live.slider([1, 2], "x", labels=["a"]), "labels must be one label per value"),
        (lambda: live.lam_slider([0, -1.0]), r"lams\[1\] must be a number .* at least 0; got -1"),
        (lambda: live.lam_slider([0, float("nan")]), r"lams\[1\] must be a number that is finite"),
        (lambda: live.values(widgets.FloatSlider()), "control must be a slider"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_value_is_found_to_rounding_and_an_exact_one_first():
    lams = [0.0, 0.1, 0.1000001, 1.0]
    assert [position("lam", lam, lams) for lam in lams] == [0, 1, 2, 3]
    assert position("lam", np.float32(1.0), lams) == position("lam", torch.tensor(1), lams) == 3
    with pytest.raises(ValueError, match=r"lam must be one of 0, 0.1, 0.1, 1; got 0.2"):
        position("lam", 0.2, lams)
    with pytest.raises(ValueError, match=r"kind must be one of up; got 1"):
        position("kind", 1, ["up"])


def test_a_value_is_found_by_what_the_slider_or_the_message_shows():
    options = [0.0, 10**-1.5, 0.1]
    found = [position("lam", value, options) for value in (0.032, 0.0316, np.float64(0.1))]
    assert found == [1, 1, 2]
    assert live.lam_slider(options, value=0.032).value == options[1]
    with pytest.raises(ValueError, match=r"lam must be one of 0, 0.0316, 0.0324; got 0.032"):
        position("lam", 0.032, [0.0, 0.0316, 0.0324])
    with pytest.raises(ValueError, match=r"x must be one of 1, 3; got 0.99"):
        position("x", 0.99, [1, 3])
    with pytest.raises(ValueError, match=r"lam must be one of 0, 1; got True"):
        position("lam", True, [0.0, 1.0])
