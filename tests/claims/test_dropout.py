"""What notebook 04 states about dropout, each formula against a simulation or a library that would
show it wrong.
"""

from itertools import product

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from torch import nn
from torch.func import functional_call, vmap

from regutils import data, live, models, plots, train


def all_masks(units, p):
    """Every mask of so many units (2**units, units), and its probability when each unit is dropped
    with p.
    """
    masks = torch.tensor(list(product([0.0, 1.0], repeat=units)), dtype=torch.float64)
    return masks, (masks * (1 - p) + (1 - masks) * p).prod(1)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_mean_is_kept_and_variance_grows_as_stated(p):
    x = torch.tensor([-1.0, 0.5, 2.0])
    torch.manual_seed(0)
    for layer in (models.Dropout(p), nn.Dropout(p)):
        out = layer(x.expand(200_000, 3))
        torch.testing.assert_close(out.mean(0), x, rtol=0.02, atol=0)
        torch.testing.assert_close(out.var(0), p / (1 - p) * x**2, rtol=0.03, atol=0)
        unscaled = out * (1 - p)  # the 2014 form
        torch.testing.assert_close(unscaled.var(0), p * (1 - p) * x**2, rtol=0.03, atol=0)


def test_ours_is_pytorchs_with_the_same_mask_and_nothing_in_evaluation():
    x = torch.rand(50, 7) + 0.1
    out = nn.Dropout(0.3)(x)
    torch.testing.assert_close(x * (out != 0) / 0.7, out)
    assert torch.equal(models.Dropout(0.3).eval()(x), x)
    assert torch.equal(models.Dropout(0.0)(x), x)


def test_2014_form_with_scaled_weights_at_test_time_is_inverted_dropout():
    masks, chance = all_masks(6, 0.3)
    W, x = torch.randn(4, 6, dtype=torch.float64), torch.randn(6, dtype=torch.float64)
    assert torch.allclose((masks * x) @ W.T, (masks * x / 0.7) @ (0.7 * W).T)
    assert torch.allclose(chance @ ((masks * x) @ W.T), (0.7 * W) @ x)


@pytest.mark.parametrize("layer", ["input_dropout", "dropout"])
def test_masks_of_a_sweep_are_independent_per_network_seed_and_example(layer):
    """The identity as inputs, targets 1 and one step of SGD.

    A weight moves only if its input was not dropped.
    """
    n, ps = 400, [0.5, 0.5, 0.2]
    part = data.Examples(torch.eye(n), torch.ones(n))
    make = {
        "input_dropout": lambda: models.MLP(n, 1, input_dropout=0.5),
        "dropout": lambda: models.MLP(n, n, 1, dropout=0.5, activation=nn.Identity),
    }[layer]

    def factory():
        model = make()
        with torch.no_grad():
            if layer == "dropout":
                model.linear1.weight.copy_(torch.eye(n))
                model.linear1.bias.zero_()
            list(model.children())[-1].weight.fill_(0.1)
            list(model.children())[-1].bias.zero_()
        return model

    result = train.sweep(
        factory,
        data.Split(part, part, part),
        [0.0] * 3,
        penalty=None,
        seeds=[0, 1],
        steps=1,
        lr=1.0,
        optimizer=torch.optim.SGD,
        vary={f"{layer}.p": ps},
        progress=False,
    )
    name = "linear1.weight" if layer == "input_dropout" else "linear2.weight"
    kept = (result.weights[name] != 0.1)[:, :, 0]  # (K, S, n)
    share = kept.float().mean((1, 2))
    torch.testing.assert_close(share, 1 - torch.tensor(ps), rtol=0, atol=0.08)
    flat = kept[:2].reshape(4, n).float()
    off = torch.corrcoef(flat)[~torch.eye(4, dtype=bool)]
    assert off.abs().max() < 0.2, "two networks share masks"


def test_shared_inputs_still_get_one_mask_per_network_and_example():
    layer, x = models.Dropout(0.5), torch.ones(200, 30)
    out = vmap(lambda p: functional_call(layer, {"p": p}, (x,)), randomness="different")(
        torch.tensor([0.5, 0.5])
    )
    rows = (out > 0).float().flatten(0, 1)
    assert len(rows.unique(dim=0)) == len(rows)
    assert abs(torch.corrcoef((out > 0).float().flatten(1))[0, 1]) < 0.05


def test_geometric_mean_over_all_masks_is_the_scaled_network_for_one_layer_only():
    torch.manual_seed(0)
    p, h = 0.3, torch.randn(8, dtype=torch.float64)
    layer, below = nn.Linear(8, 3).double(), nn.Linear(8, 8).double()
    masks, chance = all_masks(8, p)

    def compare(network):
        logp = network(masks * h / (1 - p)).log_softmax(-1)
        geometric = (chance @ logp).softmax(-1)
        return geometric, (chance @ logp.exp()), network(h).softmax(-1)

    geometric, arithmetic, scaled = compare(layer)
    assert torch.allclose(geometric, scaled)
    assert not torch.allclose(arithmetic, scaled, atol=1e-3)
    geometric, _, scaled = compare(lambda x: layer(below(x).relu()))
    assert not torch.allclose(geometric, scaled, atol=1e-3)


def linear_problem():
    g = torch.Generator().manual_seed(3)
    X = torch.randn(40, 5, generator=g, dtype=torch.float64) * torch.tensor(
        [0.3, 0.5, 1.0, 2.0, 3.0]
    )
    return (
        X,
        torch.randn(40, generator=g, dtype=torch.float64),
        torch.randn(5, generator=g, dtype=torch.float64),
    )


def expected_loss(X, y, w, p):
    return ((y - X @ w) ** 2).sum() + p / (1 - p) * (w**2 * (X**2).sum(0)).sum()


@pytest.mark.parametrize("p", [0.0, 0.3, 0.8])
def test_expected_linear_loss_is_an_l2_weighted_by_the_columns(p):
    X, y, w = linear_problem()
    masks, chance = all_masks(5, p)
    # Rows have independent masks, so the expected sum is the sum of the rows' expectations, each
    # over all masks.
    exact = sum(chance @ (y_i - (masks * x_i / (1 - p)) @ w) ** 2 for x_i, y_i in zip(X, y))
    torch.testing.assert_close(exact, expected_loss(X, y, w, p))


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_its_minimum_is_scikit_learns_ridge_on_rescaled_columns(p):
    X, y, _ = linear_problem()
    d = (X**2).sum(0).sqrt()
    w = (
        torch.tensor(Ridge(alpha=p / (1 - p), fit_intercept=False, tol=1e-10).fit(X / d, y).coef_)
        / d
    )
    closed = torch.linalg.solve(X.T @ X + p / (1 - p) * torch.diag((X**2).sum(0)), X.T @ y)
    torch.testing.assert_close(w, closed, rtol=1e-6, atol=1e-9)
    w.requires_grad_()
    (slope,) = torch.autograd.grad(expected_loss(X, y, w, p), w)
    assert slope.abs().max() < 1e-6


@pytest.mark.parametrize("p", [0.2, 0.5, 0.8])
def test_variance_shift_before_batchnorm(p):
    torch.manual_seed(0)
    h = torch.randn(40_000, 4).relu()
    pair = nn.Sequential(
        nn.Dropout(p), nn.BatchNorm1d(4, momentum=None)
    )  # None: the plain average over batches
    for batch in h.split(400):
        pair(batch)
    mean, var = h.mean(), h.var()
    remembered = (var + mean**2) / (1 - p) - mean**2
    torch.testing.assert_close(pair[1].running_var.mean(), remembered, rtol=0.02, atol=0)
    torch.testing.assert_close(pair.eval()(h).std(), (var / remembered).sqrt(), rtol=0.02, atol=0)


def test_dropout2d_drops_whole_maps_and_dropout_single_pixels():
    torch.manual_seed(0)
    kept = nn.Dropout2d(0.5)(torch.ones(50, 8, 6, 6)).flatten(2) > 0
    assert torch.equal(kept.all(2), kept.any(2))
    kept = nn.Dropout(0.5)(torch.ones(50, 8, 6, 6)).flatten(2) > 0
    assert not kept.all(2).any()


def test_sweep_ends_without_a_progress_bar():
    split = data.digits(20)
    result = train.sweep(
        lambda: models.MLP(64, 10),
        split,
        [0.0],
        penalty=None,
        seeds=[0],
        steps=3,
        lr=0.1,
        every=2,
        progress=False,
    )
    assert result.steps.tolist() == [2, 3]


def test_models_of_a_sweep_over_p_have_their_p_and_their_weights():
    split, ps = data.digits(20), [0.0, 0.5]
    result = train.sweep(
        lambda: models.MLP(64, 16, 16, 10, dropout=0.1),
        split,
        [0.0, 0.0],
        penalty=None,
        seeds=[0, 1],
        steps=2,
        lr=0.1,
        vary={"dropout.p": ps},
        progress=False,
    )
    for k, p in enumerate(ps):
        model = result.model(k, 1)
        assert float(model.dropout.p) == float(model.dropout2.p) == p
        torch.testing.assert_close(model(split.val.x), result.predict(split.val.x)[k, 1])
        assert torch.equal(model.train()(split.val.x), model(split.val.x)) == (p == 0)


def test_panels_draw_the_same_blitted_as_from_nothing():
    fig, axes = plots.figure(3)
    overlay = plots.Overlay(
        axes[0],
        [0.1, 0.2, 0.4],
        {"a": [1, 2, 3]},
        {"a": np.ones((3, 4)), "b": [1, 2, 1]},
        scale="log",
    )
    heat = plots.HeatMap(axes[1], [[0.1, 0.2], [0.3, 0.9]], ["r", "s"], ["u", "v"], top=0.5)
    band = plots.FittedCurve(
        axes[2],
        [0, 1, 2],
        points={"train": ([0, 1], [0, 1])},
        truth=[0, 0, 0],
        ylim=(-1, 2),
        band=True,
    )
    canvas = live.Canvas(fig, [overlay, heat, band], alt="three panels of the tests")
    before = canvas.frame().copy()
    overlay.update(2)
    heat.update(1, 0)
    band.update(np.random.default_rng(0).normal(size=(40, 3)))
    after = canvas.frame().copy()
    assert (after != before).any()
    assert np.array_equal(after, canvas.redraw())
    assert overlay.artists[0].get_xdata()[0] == 0.4
