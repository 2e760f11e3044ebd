"""Early stopping, folds, choosing by a score, and what the score is worth afterwards.

A score is a mean of errors over examples that were not trained on; lower is better. NaN is that of
a run that diverged, and is never chosen; ValueError where there is nothing else. Errors may be
tensors or arrays, of 0 and 1 too.
"""

import math
from typing import Any, NamedTuple

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
        began = errors.cummin(-1).values < math.inf
        waited = (record - kept >= count("patience", patience)) & began
        ended = torch.where(waited.any(-1), waited.int().argmax(-1), ended)
    return kept.gather(-1, ended[..., None])[..., 0], ended


def train_masks(splitter: Any, n: int) -> Tensor:
    """Return the folds of a splitter, of all repeats: (F, n) bool, True where trained on.

    - splitter: of scikit-learn, such as KFold, RepeatedKFold or ShuffleSplit.
    - n: number of examples.

    As `train_mask` of `train.sweep` the folds are trained as one batch with every λ, which equals a
    loop over folds up to rounding.
    """
    folds = list(splitter.split(range(count("n", n, low=2))))
    masks = torch.zeros(len(folds), n, dtype=torch.bool)
    for mask, (kept, _) in zip(masks, folds):
        mask[torch.as_tensor(kept)] = True
    return masks


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


def choose(errors: Tensor, m: int, n_val: int, *, draws: int, seed: int = 0) -> Choice:
    """Draw m of M strategies and n_val of N examples, choose by those, look at the rest; repeat.

    - errors (M, N): of each strategy on each example, trained on none of them. A strategy that
      diverged is left out.
    - draws: how often.

    For the nested score each fifth of the n_val examples judges the strategy that the other four
    have chosen.
    """
    errors = numbers("errors", errors)
    require(errors.ndim == 2, "errors", tuple(errors.shape), "of shape (M, N)")
    errors = errors[_finite("errors", errors.mean(1)) < math.inf]
    M, N = errors.shape
    m, n_val = count("m", m, high=M), count("n_val", n_val, low=5, high=N - 1)
    generator = torch.Generator().manual_seed(count("seed", seed, low=0))
    sums, found = errors.sum(1), []
    for _ in range(count("draws", draws)):
        rows = torch.randperm(M, generator=generator)[:m]
        val = errors[rows[:, None], torch.randperm(N, generator=generator)[:n_val]]
        best = val.mean(1).argmin()
        rest = (sums[rows[best]] - val[best].sum()) / (N - n_val)
        parts = val.tensor_split(5, 1)
        wrong = torch.stack([part.sum(1) for part in parts], 1)
        sizes = torch.tensor([part.shape[1] for part in parts])
        others = (val.sum(1, keepdim=True) - wrong) / (n_val - sizes)
        nested = wrong.gather(0, others.argmin(0, keepdim=True)).sum() / n_val
        found.append(torch.stack([val[best].mean(), rest, nested]))
    return Choice(*torch.stack(found, 1))


class Interval(NamedTuple):
    """error ± 1.96·se, tensors of one shape."""

    error: Tensor
    se: Tensor

    def holds(self, truth: Tensor) -> Tensor:
        """Return whether the truth lies in the interval, bool."""
        return (truth - self.error).abs() <= 1.96 * self.se


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

    - table (..., R, K, K, m): R repeats of K folds of m examples; [..., r, i, j, :] are the errors
      on fold i of the network that saw neither fold i nor j.

    Cross-validation without fold k misses the error on fold k because that is small (a variance
    that is known), and because the score is off: by the mean square of this the interval is made.
    It is kept between the usual standard error and √K times that; the score is corrected for having
    trained on fewer examples.

    Source: Bates, Hastie & Tibshirani 2024, arXiv 2104.00673.
    """
    table = numbers("table", table)
    good = table.ndim >= 4 and table.shape[-3] == table.shape[-2] > 2 and table.shape[-1] > 1
    require(good, "table", tuple(table.shape), "of shape (..., R, K, K, m), K ≥ 3 and m ≥ 2")
    K, m = table.shape[-2:]
    same = torch.eye(K, dtype=torch.bool)
    outer = table.diagonal(dim1=-3, dim2=-2).movedim(-1, -2)  # (..., R, K, m): on each fold
    without = table.mean(-1).masked_fill(same, 0).sum(-2) / (K - 1)  # (..., R, K): the score
    inner = table[..., ~same, :]  # (..., R, K(K − 1), m)
    square = (without - outer.mean(-1)).square() - outer.var(-1) / m
    mse = (K - 1) / K * square.mean((-2, -1))
    usual = inner.flatten(-3).std(-1) / (K * m) ** 0.5
    se = mse.clamp_min(0).sqrt().clamp(usual, K**0.5 * usual)
    smaller, plain = inner.mean((-3, -2, -1)), outer.mean((-3, -2, -1))
    return Interval(smaller - (1 + (K - 2) / K) * (smaller - plain), se)


def probability_better(a: Tensor, b: Tensor, *, seed: int = 0) -> tuple[float, float, float]:
    """Return P(A beats B), and its 95 % interval by the bootstrap, in 2,000 draws.

    - a, b (n,): errors of two methods in n trainings, each time both on one split, with one seed. A
      tie counts half; what diverged loses against what did not.

    Source: Bouthillier et al. 2021, who call A better if the interval lies above 0.5 and its upper
    end reaches 0.75 (arXiv 2103.03098).
    """
    a, b = (numbers(*named).nan_to_num(math.inf, math.inf) for named in (("a", a), ("b", b)))
    require(a.ndim == 1 and len(a) > 0, "a", tuple(a.shape), "of shape (n,), n at least 1")
    require(a.shape == b.shape, "b", tuple(b.shape), f"of the shape of a, {tuple(a.shape)}")
    wins = (a < b).double() + (a == b).double() / 2
    generator = torch.Generator().manual_seed(count("seed", seed, low=0))
    again = torch.randint(len(wins), (2000, len(wins)), generator=generator)
    ends = torch.tensor([0.025, 0.975], dtype=torch.double)
    low, high = wins[again].mean(1).quantile(ends).tolist()
    return wins.mean().item(), low, high
