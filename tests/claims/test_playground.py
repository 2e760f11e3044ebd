"""What notebook 07 claims: where moving λ and momentum diverge."""

import pytest
import torch

from regutils.course.exercises.playground import edge


def last(lam, lr, momentum, steps=400):
    """|w| after so many steps of SGD on λw² alone, from 1."""
    w = torch.ones((), requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=lr, momentum=momentum)
    for _ in range(steps):
        optimizer.zero_grad()
        (lam * w.square()).backward()
        optimizer.step()
    return float(w.detach().abs())


@pytest.mark.parametrize("lr", [0.05, 0.5])
@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_sgd_with_momentum_diverges_from_its_edge_on(lr, momentum):
    at = edge.right(lr, momentum)
    assert last(0.97 * at, lr, momentum) < 1e-2
    assert not last(1.03 * at, lr, momentum) < 1e2  # or nan
