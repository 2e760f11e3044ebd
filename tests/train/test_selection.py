"""Choosing by a score: each rule against a plain loop, scikit-learn, or a known answer."""

import math

import pytest
import torch

from regutils import train

NAN = float("nan")


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=rng(seed), dtype=torch.double)


def stopped_by_hand(errors, patience):
    """Go through the records one by one, as a training loop does."""
    best, kept = math.inf, 0
    for t, error in enumerate(errors):
        if error < best:
            best, kept = error, t
        if patience is not None and best < math.inf and t - kept >= patience:
            return kept, t
    return kept, len(errors) - 1


@pytest.mark.parametrize("patience", [None, 1, 2, 5, 100])
def test_early_stopping_is_that_of_a_loop(patience):
    errors = (drawn(4, 3, 30) * 4).round() / 4  # many ties
    errors[0, 0, 7:], errors[0, 1, 0], errors[0, 2] = NAN, NAN, NAN
    kept, ended = train.early_stopping(errors, patience)
    assert kept.shape == ended.shape == (4, 3)
    for row, k, e in zip(errors.flatten(0, 1), kept.flatten(), ended.flatten()):
        assert (int(k), int(e)) == stopped_by_hand(row.tolist(), patience)
    assert train.early_stopping([0.3, 0.2, 0.2, 0.1], 1) == (1, 2)
    with pytest.raises(ValueError, match="patience must be a whole number"):
        train.early_stopping(errors, 0)


def test_lowest_gives_a_tie_to_the_strongest():
    scores = torch.tensor([[0.3, 0.2, 0.2, 0.4], [0.1, 0.2, 0.3, 0.4], [0.2, 0.2, 0.2, 0.2]])
    assert train.lowest(scores).tolist() == [2, 0, 3]
    assert train.lowest(scores[0] + torch.tensor([0, 0, 1e-8, 0])).item() == 2  # rounding
    assert train.lowest(scores[0] + torch.tensor([0, 0, 1e-4, 0])).item() == 1
    assert train.lowest(scores[None]).shape == (1, 3)


def test_one_standard_error_takes_the_strongest_within_one_standard_error():
    level = torch.tensor([0.3, 0.2, 0.22, 0.26, 0.5])[:, None]
    wobble = torch.tensor([-1.0, 1.0, -1.0, 1.0])
    # Standard deviation 2/√3 of the wobble, over √4: a standard error of 0.577 times its height.
    assert train.one_standard_error(level + 0.05 * wobble) == 2  # 0.2 + 0.029 reaches 0.22
    assert train.one_standard_error(level + 0.11 * wobble) == 3  # 0.2 + 0.064 reaches 0.26
    assert train.one_standard_error(level + 0.01 * wobble) == 1
    assert train.one_standard_error(level.expand(5, 4)) == 1


@pytest.mark.parametrize("m", [1, 8, 512])
def test_luck_bounds_the_best_of_m_and_not_by_far(m):
    best = 0.3 * drawn(20_000, m).amax(1).mean().item()
    assert best <= train.max_selection_bias(0.3, m) + 0.01
    assert m == 1 or best > 0.45 * train.max_selection_bias(0.3, m)
    assert train.max_selection_bias(0.3, m) == pytest.approx(0.3 * math.sqrt(2 * math.log(m)))


def test_choosing_among_equals_flatters_itself_and_nested_does_not():
    errors = (torch.rand(64, 4000, generator=rng(1)) < 0.3).float()
    found = train.choose(errors, 32, 50, draws=400, seed=0)
    assert found.score.shape == found.truth.shape == found.nested.shape == (400,)
    sigma = math.sqrt(0.3 * 0.7 / 50)
    flattery = (found.truth - found.score).mean().item()
    bound = train.max_selection_bias(sigma, 32)
    assert 0.5 * bound < flattery < bound
    assert (found.nested - found.truth).mean().abs() < 0.012
    assert (found.truth.mean() - 0.3).abs() < 0.01


def test_choose_takes_the_best_when_there_is_one():
    errors = torch.full((5, 200), 0.4)
    errors[3] = 0.1
    found = train.choose(errors, 5, 20, draws=10)
    for values in found:
        torch.testing.assert_close(values, torch.full((10,), 0.1))


def test_the_usual_interval_holds_the_mean_of_independent_errors_as_often_as_it_says():
    interval = train.usual_interval(drawn(4000, 60))
    assert interval.error.shape == (4000,)
    share = interval.holds(torch.zeros(4000)).double().mean().item()
    assert share == pytest.approx(0.95, abs=0.015)


def test_nested_interval_by_a_plain_loop():
    # On each fold its own level, beside what examples add: the score itself is off, too.
    table = (drawn(3, 5, 5, 12) + drawn(3, 5, 5, 1, seed=1)).square()
    R, K, _, m = table.shape
    squares, inner_all, outer_all = [], [], []
    for r in range(R):
        for k in range(K):
            inside = torch.cat([table[r, j, k] for j in range(K) if j != k])
            outside = table[r, k, k]
            squares.append((inside.mean() - outside.mean()) ** 2 - outside.var() / m)
            inner_all.append(inside)
            outer_all.append(outside)
    inside, outside = torch.cat(inner_all), torch.cat(outer_all)
    usual = inside.std() / math.sqrt(60)
    rms = math.sqrt(max(0.0, torch.stack(squares).mean().item() * (K - 1) / K))
    bias = (1 + (K - 2) / K) * (inside.mean() - outside.mean())
    interval = train.nested_interval(table)
    assert interval.error.item() == pytest.approx((inside.mean() - bias).item(), rel=1e-9)
    wanted = min(max(rms, usual.item()), math.sqrt(K) * usual.item())
    assert interval.se.item() == pytest.approx(wanted, rel=1e-9)


def test_beats():
    a, b = torch.tensor([0.1, 0.2, 0.3, 0.4]), torch.tensor([0.2, 0.2, 0.2, 0.5])
    share, low, high = train.probability_better(a, b)
    assert share == pytest.approx(2.5 / 4) and 0 <= low < share < high <= 1
    assert train.probability_better(b, a)[0] == pytest.approx(1 - share)
    assert train.probability_better(a - 1, b) == (1.0, 1.0, 1.0)
    wide = train.probability_better(drawn(400, seed=1), drawn(400, seed=2))
    assert wide[2] - wide[1] == pytest.approx(2 * 1.96 * 0.5 / 20, rel=0.15)
    with pytest.raises(ValueError, match="b must be"):
        train.probability_better(a, b[:3])


def test_what_diverged_is_never_chosen():
    assert train.lowest(torch.tensor([[0.3, 0.1, 0.2, NAN], [NAN, 1, 2, 3]])).tolist() == [1, 1]
    errors = torch.tensor([[0.2, 0.3, 0.2], [0.1, 0.1, NAN], [0.9, 0.8, 0.9]])
    assert train.one_standard_error(errors) == 0
    good = (torch.rand(8, 100, generator=rng()) < 0.3).float()
    how = {"m": 4, "n_val": 20, "draws": 5}
    found = train.choose(torch.cat([torch.full((1, 100), NAN), good]), **how)
    assert all(map(torch.equal, found, train.choose(good, **how)))
    fine, lost = torch.ones(2), torch.full((2,), NAN)
    assert train.probability_better(fine, lost) == (1.0, 1.0, 1.0)
    assert train.probability_better(lost, fine)[0] == 0
    assert train.probability_better(lost, lost)[0] == 0.5


@pytest.mark.parametrize(
    "call",
    [
        lambda: train.lowest(torch.tensor([[NAN, NAN], [0.1, 0.2]])),
        lambda: train.one_standard_error(torch.full((3, 4), NAN)),
        lambda: train.choose(torch.full((4, 90), NAN), 2, 20, draws=1),
    ],
)
def test_where_everything_diverged_nothing_is_chosen(call):
    with pytest.raises(ValueError, match="s must be finite for one value of λ at least"):
        call()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: train.probability_better(torch.ones(0), torch.ones(0)), "a must be of shape"),
        (lambda: train.choose(torch.ones(8, 500), 9, 50, draws=2), "m must be"),
        (lambda: train.choose(torch.ones(8, 500), 4, 500, draws=2), "n_val must be"),
        (lambda: train.nested_interval(torch.ones(1, 5, 5, 1)), "table must be of shape"),
        (lambda: train.one_standard_error(torch.ones(3)), "errors must be of shape"),
        (lambda: train.usual_interval(torch.ones(3, 1)), "errors must be of shape"),
        (lambda: train.usual_interval("ab"), "errors must be a tensor or an array"),
        (lambda: train.lowest(torch.ones(0)), "scores must be finite"),
    ],
)
def test_too_few_numbers_are_named(call, said):
    with pytest.raises(ValueError, match=said):
        call()
