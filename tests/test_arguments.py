"""The checks that every module shares."""

import numpy as np
import pytest
import torch

from regutils import arguments


@pytest.mark.parametrize("three", [3, np.int64(3), np.uint8(3), np.array(3), torch.tensor(3)])
def test_a_count_is_pythons_int_whatever_it_was(three):
    assert type(arguments.count("n", three)) is int and arguments.count("n", three) == 3


@pytest.mark.parametrize("wrong", [True, torch.tensor(True), 3.0, np.float32(3), "3", 10**400])
def test_what_is_no_count_is_refused(wrong):
    with pytest.raises(ValueError, match="n must be a whole number"):
        arguments.count("n", wrong)


def test_a_whole_number_that_no_float_holds_is_refused():
    with pytest.raises(ValueError, match="lam must be a number that is finite"):
        arguments.real("lam", 10**400)


@pytest.mark.parametrize("values", [np.logspace(-4, 0, 9).tolist(), [0.0, 1e-50, 0.1, 0.10000005]])
def test_what_a_message_lists_is_accepted(values):
    with pytest.raises(ValueError, match="lam must be one of") as refused:
        arguments.position("lam", 7.0, values)
    listed = str(refused.value).partition("one of ")[2].partition(";")[0].split(", ")
    assert all(f"{values[arguments.position('lam', float(s), values)]:.3g}" == s for s in listed)
    assert [arguments.position("lam", v, values) for v in values] == list(range(len(values)))
    with pytest.raises(ValueError, match="kind must be one of 1, 2"):
        arguments.position("kind", 1.001, [1, 2])


@pytest.mark.parametrize("values", [[0, 1], np.array([False, True]), torch.tensor([0, 1])])
def test_numbers_are_a_tensor_to_compute_with(values):
    found = arguments.numbers("errors", values)
    assert found.dtype == torch.float64 and found.tolist() == [0, 1]
    single = torch.rand(3)
    assert arguments.numbers("errors", single) is single
    with pytest.raises(ValueError, match="errors must be a tensor or an array; got"):
        arguments.numbers("errors", "ab")
