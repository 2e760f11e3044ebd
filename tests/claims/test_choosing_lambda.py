"""What notebook 06 claims, each with a wrong version that must fail the same comparison."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from torch.nn import functional as F

from regutils import data, models, train

X, Y = (part.double() for part in data.diabetes().train)
N = len(Y)
_, SIGMA, V = torch.linalg.svd(X, full_matrices=False)
S = SIGMA**2 / N  # eigenvalues of XᵀX/n
Z = V @ (X.T @ Y / N)


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def descent(lr, steps):
    """Gradient descent on the mean squared error (no ½) from zero, by autograd."""
    w = torch.zeros(10, dtype=X.dtype, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        (X @ w - Y).square().mean().backward()
        optimizer.step()
    return w.detach()


# Early stopping is a λ.


@pytest.mark.parametrize(("factor", "same"), [(2, True), (1, False), (4, False)])
def test_a_step_shrinks_what_is_left_of_a_direction_by_one_minus_2_lr_s(factor, same):
    share = 1 - (1 - factor * 0.1 * S) ** 50
    assert torch.allclose(V @ descent(0.1, 50), share / S * Z, atol=1e-9) == same


@pytest.mark.parametrize("lam", [0.01, 0.1, 1.0])
def test_ridge_leaves_s_over_s_plus_lam(lam):
    fit = Ridge(alpha=N * lam, fit_intercept=False).fit(X.numpy(), Y.numpy())
    assert torch.allclose(V @ torch.as_tensor(fit.coef_), Z / (S + lam), atol=1e-9)


@pytest.mark.parametrize(("factor", "same"), [(2, True), (1, False), (4, False)])
def test_lam_is_one_over_2_lr_steps(factor, same):
    """With few steps both leave s·2·lr·steps of a direction: only then are the paths the same."""
    lr, steps = 1e-5, 20
    lam = 1 / (factor * lr * steps)
    by_ridge = S / (S + lam)
    by_descent = 1 - (1 - 2 * lr * S) ** steps
    assert torch.allclose(by_descent / by_ridge, torch.ones_like(S), atol=0.01) == same


def test_the_two_shares_are_never_more_than_a_fifth_apart():
    x = torch.logspace(-4, 4, 100_001, dtype=torch.double)
    apart = (1 - torch.exp(-x)) - x / (1 + x)
    assert apart.min() > 0 and apart.max().item() == pytest.approx(0.204, abs=5e-4)


def test_1_69_is_the_largest_ratio_of_variances():
    x = torch.logspace(-4, 4, 100_001, dtype=torch.double)
    variance = ((1 - torch.exp(-x)) * (1 + x) / x).square()
    bias = (torch.exp(-x) * (1 + x)).square()
    assert 1.685 < variance.max() <= 1.6862 and bias.max() <= 1


def risks(s, b, noise, n, times, calibration=1.0):
    """E‖ŵ − w‖² of gradient flow at each time and of ridge with λ = calibration/time, exactly."""
    x = times[:, None] * s
    lam = calibration / times[:, None]
    flow = (torch.exp(-2 * x) * b**2 + noise / n * (1 - torch.exp(-x)) ** 2 / s).sum(1)
    ridge = ((lam / (s + lam)) ** 2 * b**2 + noise / n * s / (s + lam) ** 2).sum(1)
    return flow, ridge


@pytest.mark.parametrize("correlation", [0.0, 0.9])
@pytest.mark.parametrize("signal", [0.0, 0.01, 1.0, 100.0])
def test_the_risk_of_stopping_early_stays_below_1_69_times_ridges(correlation, signal):
    n, d = 100, 20
    places = torch.arange(d, dtype=torch.double)
    cholesky = torch.linalg.cholesky(correlation ** (places[:, None] - places).abs())
    x = torch.randn(n, d, generator=rng(), dtype=torch.double) @ cholesky.T
    s, V = torch.linalg.eigh(x.T @ x / n)
    b = torch.randn(d, generator=rng(1), dtype=torch.double)
    b *= math.sqrt(signal) / b.norm()
    times = torch.logspace(-3, 4, 300, dtype=torch.double)
    flow, ridge = risks(s, V.T @ b, 1.0, n, times)
    assert (flow / ridge).max() <= 1.6862
    if signal == 0:  # nothing but noise: here a wrong calibration breaks the bound
        flow, ridge = risks(s, V.T @ b, 1.0, n, times, calibration=2.0)
        assert (flow / ridge).max() > 1.6862


def test_the_exact_risks_are_those_of_simulated_data():
    n, d, time = 50, 5, 2.0
    x = torch.randn(n, d, generator=rng(), dtype=torch.double)
    s, V = torch.linalg.eigh(x.T @ x / n)
    b = torch.randn(d, generator=rng(1), dtype=torch.double)
    y = x @ b + torch.randn(20_000, n, generator=rng(2), dtype=torch.double)
    z = y @ x @ V / n
    lr, steps = 0.001, 1000  # 2·lr·steps = time, in steps that are as good as a flow
    flow = (1 - (1 - 2 * lr * s) ** steps) / s * z
    ridge = z / (s + 1 / time)
    for found, exact in zip(
        (flow, ridge), risks(s, V.T @ b, 1.0, n, torch.tensor([time]).double())
    ):
        measured = (found - b @ V).square().sum(1).mean()
        assert measured.item() == pytest.approx(exact.item(), rel=0.02)


def test_steps_as_long_as_they_can_be_break_the_bound():
    """The theorem is about a flow; one full step on noise alone costs more than 1.69 × ridge."""
    s, lr = torch.ones(20, dtype=torch.double), 0.5
    steps = 1
    descent = ((1 - (1 - 2 * lr * s) ** steps) ** 2 / s).sum()
    lam = 1 / (2 * lr * steps)
    assert descent / (s / (s + lam) ** 2).sum() == pytest.approx(4)


# What a score is worth.


@pytest.mark.parametrize(("classes", "same"), [(10, True), (2, False)])
def test_an_error_on_wrong_labels_is_a_straight_line_in_the_true_error(classes, same):
    n, q, wrong = 400_000, 0.2, 0.3
    y = torch.randint(10, (n,), generator=rng())

    def spoiled(share, seed):
        hit = torch.rand(n, generator=rng(seed)) < share
        return torch.where(hit, (y + torch.randint(1, 10, (n,), generator=rng(seed + 1))) % 10, y)

    measured = (spoiled(wrong, 1) != spoiled(q, 3)).float().mean().item()
    line = q + (1 - q - q / (classes - 1)) * wrong
    assert (abs(measured - line) < 0.004) == same


@pytest.mark.parametrize(("counted", "same"), [(True, True), (False, False)])
def test_folds_that_go_together_make_the_standard_error_too_small(counted, same):
    """Var(mean of F) = σ²/F·(1 + (F − 1)ρ): the usual standard error forgets ρ."""
    F_, rho = 10, 0.17
    shared = torch.randn(40_000, 1, generator=rng(), dtype=torch.double)
    own = torch.randn(40_000, F_, generator=rng(1), dtype=torch.double)
    folds = math.sqrt(rho) * shared + math.sqrt(1 - rho) * own
    real = folds.mean(1).std().item()
    formula = math.sqrt((1 + (F_ - 1) * (rho if counted else 0)) / F_)
    assert (abs(real / formula - 1) < 0.02) == same


@pytest.mark.parametrize(("counted", "same"), [(True, True), (False, False)])
def test_strategies_that_err_together_flatter_themselves_less(counted, same):
    m, rho = 64, 0.8
    shared = torch.randn(20_000, 1, generator=rng(), dtype=torch.double)
    own = torch.randn(20_000, m, generator=rng(1), dtype=torch.double)
    best = (math.sqrt(rho) * shared + math.sqrt(1 - rho) * own).amax(1).mean()
    alone = own.amax(1).mean()
    wanted = (math.sqrt(1 - rho) if counted else 1) * alone
    assert (abs(best / wanted - 1) < 0.02) == same


def linear(draws, n, d=20, lam=0.1, repeats=5, seed=1):
    """Ridge on n simulated examples, in many draws: true errors, and a table for nested folds."""
    generator = rng(seed)
    x = torch.randn(draws, n, d, generator=generator, dtype=torch.double)
    b = torch.randn(d, generator=generator, dtype=torch.double)
    b /= b.norm()
    y = x @ b + torch.randn(draws, n, generator=generator, dtype=torch.double)
    eye = torch.eye(d, dtype=torch.double)

    def fit(kept):
        xs, ys = x[:, kept], y[:, kept]
        gram = xs.mT @ xs + len(kept) * lam * eye
        return torch.linalg.solve(gram, (xs.mT @ ys[..., None])[..., 0])

    truth = 1 + (fit(torch.arange(n)) - b).square().sum(1)
    table = torch.empty(draws, repeats, 5, 5, n // 5, dtype=torch.double)
    for r in range(repeats):
        parts = torch.randperm(n, generator=generator).view(5, -1)
        for i in range(5):
            for j in range(i, 5):
                w = fit(torch.cat([parts[k] for k in range(5) if k not in (i, j)]))
                for here, there in {(i, j), (j, i)}:
                    left = parts[here]
                    missed = (x[:, left] * w[:, None]).sum(-1) - y[:, left]
                    table[:, r, here, there] = missed.square()
    return truth, table


@pytest.mark.parametrize(("n", "usual"), [(40, (0.7, 0.86)), (400, (0.91, 0.98))])
def test_the_usual_interval_holds_the_truth_too_seldom_and_nested_does_not(n, usual):
    truth, table = linear(400, n)
    plain = table[:, 0].diagonal(dim1=1, dim2=2).movedim(-1, -2).flatten(1)
    held = train.usual_interval(plain).holds(truth).double().mean()
    assert usual[0] < held < usual[1]
    assert train.nested_interval(table).holds(truth).double().mean() > 0.92


def test_a_cross_validation_score_knows_nothing_of_its_own_network():
    """Bates, Hastie & Tibshirani 2024: it estimates the average over data sets, not this fit."""
    truth, table = linear(1000, 60)
    score = table[:, 0].diagonal(dim1=1, dim2=2).mean((1, 2))
    assert abs(np.corrcoef(score, truth)[0, 1]) < 0.12
    # A score that did know it would show it, although it has the same spread around the truth.
    knows = truth + (score - truth)[torch.randperm(1000, generator=rng())]
    assert np.corrcoef(knows, truth)[0, 1] > 0.3


# When the U is no U.


def random_features(width, lams, split, seed=0):
    """Test errors of ridge on `width` random ReLU features, for each λ (0: the smallest norm)."""
    x, y = split.train.x.double(), split.train.y
    first = torch.randn(64, 400, generator=rng(seed), dtype=torch.double)[:, :width] / 8
    inside, outside = torch.relu(x @ first), torch.relu(split.test.x.double() @ first)
    U, sigma, V = torch.linalg.svd(inside, full_matrices=False)
    targets = U.T @ (F.one_hot(y, 10).double() - 0.1)
    found = []
    for lam in lams:
        kept = sigma > 1e-9 * sigma[0]
        scale = torch.where(kept, sigma / (sigma**2 + len(x) * lam), 0)
        outputs = outside @ (V.T @ (scale[:, None] * targets))
        found.append(train.error(outputs, split.test.y))
    return torch.stack(found)


def test_random_features_peak_where_there_are_as_many_as_examples_unless_lam_is_tuned():
    widths, lams = [20, 40, 100, 200, 400], [0.0, 0.03, 0.1, 0.3, 1.0]
    errors = torch.stack(
        [
            torch.stack(
                [random_features(w, lams, data.digits(100, 0.2, seed), seed) for w in widths]
            )
            for seed in range(3)
        ]
    ).mean(0)
    bare, tuned = errors[:, 0], errors.min(1).values
    assert bare.argmax() == 2 and bare[2] > 0.7 and bare[1] < 0.45 and bare[4] < 0.35
    assert (tuned.diff() < 0.01).all() and tuned[2] < 0.25


def bumps(lams, groups, noise):
    """Turning points of the exact excess risk of ridge: groups of (directions, s, w²)."""
    risk = sum(
        d * ((lams / (s + lams)) ** 2 * b * s + noise * (s / (s + lams)) ** 2) for d, s, b in groups
    )
    signs = risk.diff().sign()
    turns = (signs[1:] != signs[:-1]).nonzero()[:, 0] + 1
    return risk, turns


def test_ridge_has_two_valleys_in_lam_if_its_directions_want_different_ones():
    lams = torch.logspace(-6, 3, 2000, dtype=torch.double)
    groups = [(2, 10.0, 0.2), (20, 0.3, 0.0), (2, 0.01, 10.0)]
    risk, turns = bumps(lams, groups, 0.01)
    assert len(turns) == 3  # valley, bump, valley
    assert [f"{lam:.2g}" for lam in lams[turns][::2]] == ["0.0015", "0.61"]
    low, bump, high = risk[turns]
    assert bump > 1.2 * max(low, high) and abs(low / high - 1) < 0.05
    _, turns = bumps(lams, groups[:2], 0.01)
    assert len(turns) == 1  # without the weak directions that matter, a U


# λ and its neighbours.


@pytest.mark.parametrize(
    ("optimizer", "proximal", "lrs", "between"),
    [
        (torch.optim.Adam, False, (0.01, 0.1), (0.02, 0.15)),
        (torch.optim.Adam, True, (0.01, 0.1), (1.5, 9.0)),
    ],
)
def test_the_best_lam_of_adam_and_adamw_stays_when_lr_moves_tenfold(
    optimizer, proximal, lrs, between
):
    """proximal is AdamW: after the step the weights shrink, by lr·λ whatever the gradients are."""
    split = data.digits(100, label_noise=0.2)
    lams = [0.0] + [0.001 * 2**i for i in range(15)]
    for lr in lrs:
        swept = train.sweep(
            partial(models.MLP, 64, 32, 10),
            split,
            lams,
            penalty="l2",
            proximal=proximal,
            optimizer=optimizer,
            seeds=(0, 1),
            steps=80,
            lr=lr,
            every=80,
            progress=False,
        )
        best = swept.val_error[..., -1].nan_to_num(1.0).mean(1).argmin()
        assert between[0] < lams[best] < between[1]


@pytest.mark.parametrize("trials", [2, 3, 4])
def test_a_valley_of_one_of_two_axes_is_hit_more_often_by_random_trials(trials):
    """width w of the valley: a grid of m × m sees m places, m² random trials see m²."""
    width, draws = 0.15, 40_000
    start = torch.rand(draws, generator=rng()) * (1 - width)
    grid = (torch.arange(trials) + torch.rand(draws, 1, generator=rng(1))) / trials
    tried = torch.rand(draws, trials**2, generator=rng(2))

    def hit(places):
        inside = (places > start[:, None]) & (places < start[:, None] + width)
        return inside.any(1).double().mean().item()

    assert hit(grid) == pytest.approx(min(1, trials * width), abs=0.02)
    assert hit(tried) == pytest.approx(1 - (1 - width) ** trials**2, abs=0.01)


def test_trained_networks_have_no_second_descent_in_width():
    """At 6 units and more every label is learned, wrong ones too, and no peak is seen."""
    split = data.digits(100, label_noise=0.2)
    errors, learned = [], []
    for width in (2, 4, 6, 8, 12, 24, 64):
        make = partial(models.MLP, 64, width, 10)
        how = {"penalty": None, "seeds": range(3), "steps": 400, "lr": 0.02, "progress": False}
        found = train.sweep(make, split, [0.0], every=400, **how)
        errors.append(found.val_error[0, :, -1].mean())
        learned.append(found.train_error[0, :, -1].mean())
    assert learned[0] > 0.1 > 0.01 > learned[3]
    rises = torch.stack(errors).diff()
    assert rises.max() < 0.03 and errors[-1] < errors[0] - 0.1


def test_nor_do_those_trained_with_squared_error():
    split = data.digits(100, label_noise=0.2)
    targets = F.one_hot(split.train.y, 10).float()

    def wrong(model, part):
        return (model(part.x).argmax(1) != part.y).float().mean()

    errors, learned = [], []
    for width in (2, 4, 8, 16, 32, 64):
        found = []
        for seed in range(3):
            model = models.seeded(partial(models.MLP, 64, width, 10), seed)
            optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
            for _ in range(600):
                optimizer.zero_grad()
                F.mse_loss(model(split.train.x), targets).backward()
                optimizer.step()
            with torch.no_grad():
                found.append((wrong(model, split.val), wrong(model, split.train)))
        val, known = torch.tensor(found).mean(0)
        errors.append(val)
        learned.append(known)
    assert learned[2] > 0.01 > learned[3]
    rises = torch.stack(errors).diff()
    assert rises.max() < 0.03 and errors[-1] < errors[0] - 0.1
