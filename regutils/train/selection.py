"""Early stopping, choosing by a score, and what the score is worth afterwards.

A score is a mean of errors over examples that were not trained on; lower is better. NaN is that of
a run that diverged, and is never chosen; ValueError where there is nothing else. Errors may be
tensors or arrays, of 0 and 1 too.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from ..arguments import count, numbers, real, require


def early_stopping(errors: Tensor, patience: int | None = None) -> tuple[Tensor, Tensor]:
    """Return which record early stopping keeps, and at which training ends.

    - errors (..., T): the validation error at each record.
    - patience: training ends once so many records in a row are no lower than the lowest before;
      None trains to the end and keeps the lowest of the whole run.

    Two index tensors (...). Of equally low records the first is kept; NaN never is, unless there is
    nothing else: then it is record 0. Source: Prechelt 1998, doi:10.1007/3-540-49430-8_3.
    """
    errors = numbers("errors", errors)
    good = errors.ndim > 0 and errors.numel() > 0
    require(good, "errors", tuple(errors.shape), "of shape (..., T), T at least 1")
    errors, T = errors.masked_fill(errors.isnan(), math.inf), errors.shape[-1]
    lower = errors[..., 1:] < errors.cummin(-1).values[..., :-1]  # than all before
    record = torch.arange(T, device=errors.device).expand(errors.shape)
    kept = record.where(F.pad(lower, (1, 0)), 0).cummax(-1).values  # the first lowest so far
    ended = torch.full_like(kept[..., 0], T - 1)
    if patience is not None:
        waited = (record - kept >= count("patience", patience)) & (
            errors.cummin(-1).values < math.inf
        )
        ended = torch.where(waited.any(-1), waited.int().argmax(-1), ended)
    return kept.gather(-1, ended[..., None])[..., 0], ended


def lowest(scores: Tensor) -> Tensor:
    """Return the index of the lowest score; of equally low ones the last, so the strongest λ.

    scores (..., K), for K values of λ, ascending; the index (...). Few examples make many ties, and
    `argmin` would give each of them to the weakest λ. What differs by 1e-6 is a tie.
    """
    scores = _finite("scores", scores)
    tied = scores <= scores.amin(-1, keepdim=True) + 1e-6
    return scores.shape[-1] - 1 - tied.flip(-1).int().argmax(-1)


def one_standard_error(errors: Tensor) -> int:
    """Return the index of the strongest λ within one standard error of the best.

    errors (K, F): of K values of λ, ascending, on each of F ≥ 2 folds. The standard error is that
    of the best mean: the standard deviation over its folds (F − 1 in the denominator) over √F.

    Source: Hastie, Tibshirani & Friedman 2009, The Elements of Statistical Learning, section 7.10.
    """
    errors = numbers("errors", errors)
    good = errors.ndim == 2 and errors.shape[1] > 1
    require(good, "errors", tuple(errors.shape), "of shape (K, F), F at least 2")
    score = _finite("errors", errors.mean(1))
    best = score.argmin()
    standard_error = errors[best].std() / errors.shape[1] ** 0.5
    return int((score <= score[best] + standard_error).nonzero().max())


def _finite(name: str, scores: Tensor) -> Tensor:
    """Return scores (..., K), infinity for NaN; ValueError if any K are that throughout."""
    scores = numbers(name, scores)
    scores = scores.masked_fill(scores.isnan(), math.inf)
    good = scores.ndim > 0 and scores.numel() > 0 and bool((scores.amin(-1) < math.inf).all())
    require(good, name, "none", "finite for one value of λ at least, wherever one is chosen")
    return scores


def max_selection_bias(sigma: float, m: int) -> float:
    """Return σ√(2 ln m), which bounds the mean bias of the best of m equally good scores.

    - sigma: the standard deviation of one score around its truth; Gaussian, or of lighter tails.
    - m: how many were compared. They need not be independent.

    Source: Boucheron, Lugosi & Massart 2013, Concentration Inequalities, section 2.5.
    """
    return real("sigma", sigma) * math.sqrt(2 * math.log(count("m", m)))


class Choice(NamedTuple):
    """What was chosen, and what was said of it, in each of many draws; all (draws,)."""

    score: Tensor  # the lowest of m validation errors
    truth: Tensor  # the error of the same strategy on all examples that were not drawn
    nested: Tensor  # what nested cross-validation on the same validation examples reports


def choose(
    errors: Tensor, m: int, n_val: int, *, draws: int, folds: int = 5, seed: int = 0
) -> Choice:
    """Draw m of M strategies and n_val of N examples, choose by those, look at the rest; repeat.

    - errors (M, N): of each strategy on each example, trained on none of them. A strategy that
      diverged is left out.
    - draws: how often.
    - folds: for the nested score, which lets each fold of the n_val examples judge the strategy
      that the other folds have chosen.
    """
    errors = numbers("errors", errors)
    require(errors.ndim == 2, "errors", tuple(errors.shape), "of shape (M, N)")
    errors = errors[_finite("errors", errors.mean(1)) < math.inf]
    M, N = errors.shape
    m, folds = count("m", m, high=M), count("folds", folds, low=2)
    n_val = count("n_val", n_val, low=folds, high=N - 1)
    generator = torch.Generator().manual_seed(count("seed", seed, low=0))
    sums, found = errors.sum(1), []
    for _ in range(count("draws", draws)):
        rows = torch.randperm(M, generator=generator)[:m]
        val = errors[rows[:, None], torch.randperm(N, generator=generator)[:n_val]]
        best = val.mean(1).argmin()
        rest = (sums[rows[best]] - val[best].sum()) / (N - n_val)
        parts = val.tensor_split(folds, 1)
        wrong = torch.stack([part.sum(1) for part in parts], 1)
        others = (val.sum(1, keepdim=True) - wrong) / torch.tensor(
            [n_val - p.shape[1] for p in parts]
        )
        nested = wrong.gather(0, others.argmin(0, keepdim=True)).sum() / n_val
        found.append(torch.stack([val[best].mean(), rest, nested]))
    return Choice(*torch.stack(found, 1))


class Interval(NamedTuple):
    """error ± z·se, tensors of one shape."""

    error: Tensor
    se: Tensor

    def holds(self, truth: Tensor, z: float = 1.96) -> Tensor:
        """Return whether the truth lies in the interval, bool."""
        return (truth - self.error).abs() <= z * self.se


def usual_interval(errors: Tensor) -> Interval:
    """Return the usual interval: the mean of n errors, ± their standard deviation over √n.

    - errors (..., n): of each example, by the network that did not train on it. They are treated as
      independent, which they are not: any two folds share most of what they train on.
    """
    errors = numbers("errors", errors)
    good = errors.ndim > 0 and errors.shape[-1] > 1
    require(good, "errors", tuple(errors.shape), "of shape (..., n), n at least 2")
    return Interval(errors.mean(-1), errors.std(-1) / errors.shape[-1] ** 0.5)


def nested_interval(table: Tensor) -> Interval:
    """Return the interval of nested cross-validation, which measures what the usual one assumes.

    - table (..., R, K, K, m): as `Pairs.table` makes it for R repeats of K folds of m examples.

    Cross-validation without fold k misses the error on fold k, first because fold k is small (that
    variance is known), secondly because the score itself is off. The mean square of the second is
    what an interval needs. It is scaled to all n examples and kept between the usual standard error
    and √K times that; the score is corrected for having trained on fewer examples.

    Source: Bates, Hastie & Tibshirani 2024, arXiv 2104.00673.
    """
    table = numbers("table", table)
    outer, without = _folds_of(table)
    K, m = table.shape[-2:]
    require(m > 1, "table", tuple(table.shape), "of two examples a fold, or more")
    inner = table[..., ~torch.eye(K, dtype=torch.bool), :]  # (..., R, K(K − 1), m)
    square = (without - outer.mean(-1)).square() - outer.var(-1) / m
    mse = (K - 1) / K * square.mean((-2, -1))
    usual = inner.flatten(-3).std(-1) / (K * m) ** 0.5
    se = mse.clamp_min(0).sqrt().clamp(usual, K**0.5 * usual)
    smaller, plain = inner.mean((-3, -2, -1)), outer.mean((-3, -2, -1))
    return Interval(smaller - (1 + (K - 2) / K) * (smaller - plain), se)


def nested_score(table: Tensor) -> Tensor:
    """Return the error of choosing λ by cross-validation: each fold judges a λ chosen without it.

    - table (L, ..., R, K, K, m): for L values of λ, ascending, as in `nested_interval`.

    The mean over folds and repeats, (...). In scikit-learn: cross_val_score(GridSearchCV(...)).
    Source: Varma & Simon 2006, doi:10.1186/1471-2105-7-91.
    """
    table = numbers("table", table)
    require(table.ndim > 4, "table", tuple(table.shape), "of shape (L, ..., R, K, K, m)")
    outer, without = _folds_of(table)
    chosen = lowest(without.movedim(0, -1))
    return outer.mean(-1).gather(0, chosen[None])[0].mean((-2, -1))


def _folds_of(table: Tensor) -> tuple[Tensor, Tensor]:
    """Return errors on each fold (..., R, K, m), and scores without it (..., R, K)."""
    good = table.ndim >= 4 and table.shape[-3] == table.shape[-2] > 2
    require(good, "table", tuple(table.shape), "of shape (..., R, K, K, m), K at least 3")
    K = table.shape[-2]
    scores = table.mean(-1).masked_fill(torch.eye(K, dtype=torch.bool), 0).sum(-2) / (K - 1)
    return table.diagonal(dim1=-3, dim2=-2).movedim(-1, -2), scores


def probability_better(
    a: Tensor, b: Tensor, *, draws: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    """Return P(A beats B), and its 95 % interval by the bootstrap.

    - a, b (n,): errors of two methods in n trainings, each time both on one split, with one seed. A
      tie counts half; what diverged loses against what did not.
    - draws: of the bootstrap, which draws n of the n trainings with replacement.

    Source: Bouthillier et al. 2021, who call A better if the interval lies above 0.5 and its upper
    end reaches 0.75 (arXiv 2103.03098).
    """
    a, b = (
        numbers(name, errors).nan_to_num(math.inf, math.inf)
        for name, errors in (("a", a), ("b", b))
    )
    require(a.ndim == 1 and len(a) > 0, "a", tuple(a.shape), "of shape (n,), n at least 1")
    accepts = f"of the shape of a, {tuple(a.shape)}, one error a training"
    require(a.shape == b.shape, "b", tuple(b.shape), accepts)
    wins = (a < b).double() + (a == b).double() / 2
    generator = torch.Generator().manual_seed(count("seed", seed, low=0))
    again = torch.randint(len(wins), (count("draws", draws), len(wins)), generator=generator)
    ends = torch.tensor([0.025, 0.975], dtype=torch.double)
    low, high = wins[again].mean(1).quantile(ends).tolist()
    return wins.mean().item(), low, high
