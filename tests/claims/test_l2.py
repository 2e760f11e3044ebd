"""What notebook 02 claims of L2, each with a wrong version that must fail the same comparison."""

import pytest
import torch
from torch.nn import functional as F

from regutils import data, models, penalties, train

X, Y = (t.double() for t in data.diabetes().train)
N, LAM = len(Y), 0.05


def ridge(lam):
    return torch.linalg.solve(X.T @ X / N + lam * torch.eye(10, dtype=X.dtype), X.T @ Y / N)


def by_sgd(loss, lr, weight_decay, steps=3000):
    w = torch.zeros(10, dtype=X.dtype, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=lr, weight_decay=weight_decay)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(w).backward()
        optimizer.step()
    return w.detach()


@pytest.mark.parametrize("factor, same", [(2, True), (1, False), (4, False)])
def test_weight_decay_is_twice_lam(factor, same):
    split, ends = data.digits(50), []
    for lam, weight_decay in ((0.01, 0.0), (0.0, factor * 0.01)):
        model = models.seeded(lambda: models.MLP(64, 8, 10), 0)
        train.fit(
            model,
            split,
            epochs=20,
            penalty="l2",
            lam=lam,
            penalized=dict(model.named_parameters()),
            optimizer=lambda p, a=weight_decay: torch.optim.SGD(p, lr=0.1, weight_decay=a),
        )
        ends.append(torch.nn.utils.parameters_to_vector(model.parameters()).detach())
    assert torch.allclose(*ends, atol=1e-5) == same


@pytest.mark.parametrize("weight_decay, same", [(2 * LAM, True), (LAM, False)])
def test_decay_groups_decay_what_the_penalty_counts(weight_decay, same):
    split, ends = data.digits(50), []
    for by_penalty in (True, False):
        model = models.seeded(lambda: models.MLP(64, 8, 10), 0)
        groups = penalties.decay_groups(model, weight_decay)
        train.fit(
            model,
            split,
            epochs=20,
            penalty="l2" if by_penalty else None,
            lam=LAM,
            optimizer=lambda p, g=groups, b=by_penalty: torch.optim.SGD(p if b else g, lr=0.1),
        )
        ends.append(torch.nn.utils.parameters_to_vector(model.parameters()).detach())
    assert torch.allclose(*ends, atol=1e-5) == same


@pytest.mark.parametrize("lam, same", [(LAM, True), (2 * LAM, False), (LAM / N, False)])
def test_dictionary_of_conventions(lam, same):
    from sklearn.linear_model import LogisticRegression, Ridge

    def close(a, b):
        return torch.allclose(torch.as_tensor(a), b, atol=1e-5) == same

    w, ill = ridge(LAM), (Y > 0).double()
    assert close(Ridge(alpha=N * lam, fit_intercept=False).fit(X, Y).coef_, w)
    assert close(by_sgd(lambda w: (X @ w - Y).square().mean(), 0.1, 2 * lam), w)
    assert close(by_sgd(lambda w: (X @ w - Y).square().sum(), 0.1 / N, 2 * N * lam), w)
    logistic = by_sgd(
        lambda w: F.binary_cross_entropy_with_logits(X @ w, ill) + LAM * w.square().sum(), 0.5, 0.0
    )
    sklearn = LogisticRegression(
        C=1 / (2 * N * lam), fit_intercept=False, tol=1e-9, max_iter=1000
    ).fit(X, ill)
    assert close(sklearn.coef_[0], logistic)


@pytest.mark.parametrize("lam", [0.0, 1e-3, LAM, 10.0])
def test_shrink_factors_in_the_eigenbasis(lam):
    _, sigma, V = torch.linalg.svd(X, full_matrices=False)
    start = V @ ridge(0.0)
    assert torch.allclose(V @ ridge(lam), sigma**2 / (sigma**2 + N * lam) * start, atol=1e-9)
    assert lam == 0 or not torch.allclose(
        V @ ridge(lam), sigma**2 / (sigma**2 + lam) * start, atol=1e-6
    )


@pytest.mark.parametrize("share, converges", [(0.98, True), (1.02, False)])
def test_gradient_descent_diverges_beyond_the_edge(share, converges):
    lr = 0.1
    h = torch.linalg.eigvalsh(2 * X.T @ X / N).max().item()
    lam = share * (1 / lr - h / 2)
    w = by_sgd(lambda w: (X @ w - Y).square().mean() + lam * w.square().sum(), lr, 0.0, steps=1000)
    assert ((w - ridge(lam)).norm() < 1e-6) == converges


def test_adam_wipes_out_weights_without_gradient_and_adamw_scales_them():
    ends = {}
    for optimizer in (torch.optim.Adam, torch.optim.AdamW):
        for decay in (0.002, 0.02):
            w = torch.tensor([0.1], requires_grad=True)
            steps = optimizer([w], lr=3e-3, weight_decay=decay)
            for _ in range(200):
                w.grad = torch.zeros(1)
                steps.step()
            ends[optimizer, decay] = w.item()
    assert all(abs(ends[torch.optim.Adam, decay]) < 1e-3 for decay in (0.002, 0.02))
    for decay in (0.002, 0.02):
        assert ends[torch.optim.AdamW, decay] == pytest.approx(
            0.1 * (1 - 3e-3 * decay) ** 200, rel=1e-5
        )


@pytest.mark.parametrize("twice, more, same", [(2, 1, True), (2, 0, False), (1, 1, False)])
def test_decay_before_a_norm_is_a_growing_learning_rate(twice, more, same):
    x, y = data.digits(50).train
    lr, decay, losses = 0.1, 0.2, []
    for a in (decay, 0.0):
        net = models.seeded(
            lambda: torch.nn.Sequential(
                torch.nn.Linear(64, 8, bias=False),
                torch.nn.BatchNorm1d(8, eps=1e-12),
                torch.nn.Linear(8, 10),
            ),
            0,
        ).double()
        before, *rest = net.parameters()
        optimizer = torch.optim.SGD(
            [{"params": [before], "weight_decay": a}, {"params": rest}], lr=lr
        )
        for t in range(30):
            optimizer.param_groups[0]["lr"] = (
                lr if a else lr / (1 - lr * decay) ** (twice * t + more)
            )
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x.double()), y)
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
    assert (abs(losses[0] - losses[1]) < 1e-6) == same


@pytest.mark.parametrize("factor, same", [(2, True), (1, False)])
def test_half_a_norm_scale_with_double_weights_behind_it_is_the_same_function(factor, same):
    net = models.seeded(
        lambda: torch.nn.Sequential(
            torch.nn.Linear(64, 8),
            torch.nn.LayerNorm(8),
            torch.nn.ReLU(),
            torch.nn.Linear(8, 10, bias=False),
        ),
        0,
    )
    x = data.digits(50).train.x
    before = net(x).detach()
    net[1].weight.data /= 2
    net[1].bias.data /= 2
    net[3].weight.data *= factor
    assert torch.allclose(net(x), before, atol=1e-5) == same


@pytest.mark.parametrize("lam, same", [(0.2, True), (0.1, False)])
def test_penalised_intercept_is_the_mean_divided_by_one_plus_lam(lam, same):
    ones, high = torch.cat([X, torch.ones(N, 1, dtype=X.dtype)], 1), Y + 5
    price = 0.2 * torch.eye(11, dtype=X.dtype)
    w = torch.linalg.solve(ones.T @ ones / N + price, ones.T @ high / N)
    assert torch.isclose(w[-1], high.mean() / (1 + lam), rtol=1e-4).item() == same
