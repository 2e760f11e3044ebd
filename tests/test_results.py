import numpy as np
import pytest
import torch

from regutils.results import mean_sd


def test_the_spread_of_these_seeds():
    leaf = torch.tensor([1.0, 3.0], requires_grad=True)
    for values in ([1.0, 3.0], np.array([1, 3]), leaf, leaf.to(torch.bfloat16)):
        mean, sd = mean_sd(values)
        assert mean.dtype == np.float64 and (mean, sd) == (2.0, 1.0)


@pytest.mark.parametrize("none", [[], 3.0, torch.zeros(2, 0)])
def test_no_seeds_have_no_spread(none):
    with pytest.raises(ValueError, match="values must be one at least over axis -1; got shape"):
        mean_sd(none)
