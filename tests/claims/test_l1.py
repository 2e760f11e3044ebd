"""What notebook 03 says about L1, the plumbing it stands on, and its panels."""

import numpy as np
import pytest
import torch

from regutils import data, models, penalties, plots, train
from regutils.course import checks


@pytest.mark.parametrize("progress", [True, False])
def test_a_sweep_ends_with_and_without_its_bar(progress):
    result = train.sweep(
        lambda: models.MLP(2, 3, 2),
        data.moons(20),
        [0.0, 0.1],
        penalty="l1",
        seeds=[0],
        steps=7,
        lr=0.1,
        optimizer=torch.optim.SGD,
        proximal=True,
        every=3,
        progress=progress,
    )
    assert result.steps.tolist() == [3, 6, 7]


def test_proximal_training_is_scikit_learns_lasso_with_alpha_half_of_lambda():
    from sklearn.linear_model import Lasso

    split, lam = data.diabetes().to(torch.float64), 0.2
    model = models.MLP(10, 1).double()
    train.fit(
        model,
        split,
        epochs=3000,
        optimizer=lambda p: torch.optim.SGD(p, lr=0.1),
        penalty="l1",
        lam=lam,
        proximal=True,
        every=3000,
        progress=False,
    )
    theirs = Lasso(alpha=lam / 2, tol=1e-12, max_iter=100_000).fit(
        split.train.x.numpy(), split.train.y.numpy()
    )
    ours = model.linear1.weight.detach().numpy()[0]
    assert np.allclose(ours, theirs.coef_, atol=1e-6)
    assert ((ours == 0) == (theirs.coef_ == 0)).all() and (ours == 0).any() and (ours != 0).any()


def test_adding_l1_to_the_loss_makes_no_zero_and_the_proximal_step_does():
    split, zeros = data.diabetes(), {}
    for proximal in (False, True):
        model = models.seeded(lambda: models.MLP(10, 1), 0)
        train.fit(
            model,
            split,
            epochs=300,
            optimizer=lambda p: torch.optim.SGD(p, lr=0.1),
            penalty="l1",
            lam=0.5,
            proximal=proximal,
            every=300,
            progress=False,
        )
        zeros[proximal] = int((model.linear1.weight == 0).sum())
    assert zeros[False] == 0 and zeros[True] >= 4


@pytest.mark.parametrize("ratio", [0.0, 0.3, 1.0])
def test_elastic_nets_proximal_step_minimises_what_it_should(ratio):
    penalty, t, grid = penalties.elastic_net(ratio), 0.4, torch.linspace(-3, 3, 60_001)
    for a in (-2.0, -0.1, 0.05, 1.3):
        cost = 0.5 * (grid - a) ** 2 + t * (ratio * grid.abs() + (1 - ratio) * grid**2)
        assert (
            abs(penalty.prox(torch.tensor(a), torch.tensor(t)).item() - grid[cost.argmin()].item())
            < 2e-4
        )


def test_group_lassos_proximal_step_has_the_subgradient_of_a_minimum():
    w, t = torch.randn(5, 40, generator=torch.Generator().manual_seed(0)), 2.0
    v = checks.EXERCISES["3.5"].right(w, t)
    on = v.norm(dim=0) > 0
    assert on.any() and not on.all()
    assert torch.allclose((w - v)[:, on], t * v[:, on] / v[:, on].norm(dim=0), atol=1e-5)
    assert (w[:, ~on].norm(dim=0) <= t).all()


def test_panels_for_sparse_models_show_what_they_are_given():
    _, axes = plots.figure(4)
    lams, values = [0.0, 0.1, 1.0], np.array([[1.0, -2.0], [0.5, 0.0], [0.0, 0.0]])
    paths = plots.Paths(axes[0], lams, ["a", "b"], values)
    paths.update(1)
    assert paths.dots.get_ydata().tolist() == [0.5] and len(paths.zeros.get_ydata()) == 1
    paths.update(0, 2 * values)
    assert (
        paths.lines[1].get_ydata().tolist() == [-4.0, 0.0, 0.0]
        and len(paths.zeros.get_ydata()) == 0
    )

    shares = plots.Bars(axes[1], ["a", "b"])
    shares.update([0.25, 1.0])
    assert [bar.get_width() for bar in shares.bars] == [0.25, 1.0] and shares.words[
        0
    ].get_text() == " 25%"

    balance = plots.Balance(axes[2], 1.0)
    balance.update(torch.tensor([[0.0, 0.3]]), torch.tensor([[0.2, 1.0]]))
    assert balance.zeros.get_ydata().tolist() == pytest.approx([0.2])
    assert balance.kept.get_xdata().tolist() == pytest.approx([0.3])

    picture = plots.Connections(axes[3], (1, 3), 1, 64)
    picture.update([[0, 1, 64]])
    colours = picture.image.to_rgba(picture.image.get_array())[0]
    assert colours[0].tolist() == [1, 1, 1, 1] and not np.allclose(colours[1], 1)
    assert not np.allclose(colours[1], colours[2])
