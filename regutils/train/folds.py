"""Train masks: which examples each network of a sweep trains on, from scikit-learn's splitters.

As `train_mask` of `train.sweep` the folds are trained as one batch with every λ, which equals a
loop over folds up to rounding.
"""

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from ..arguments import count, require
from ..data import Examples
from .trainer import batches


def train_masks(splitter: Any, n: int, y: Tensor | None = None) -> Tensor:
    """Return the folds of a splitter, of all repeats: (F, n) bool, True where trained on.

    - splitter: of scikit-learn, such as KFold, RepeatedKFold or ShuffleSplit.
    - n: number of examples.
    - y (n,): for those that look at labels, such as StratifiedKFold.
    """
    known = hasattr(splitter, "get_n_splits")
    require(known, "splitter", splitter, "a splitter of scikit-learn, such as KFold(5)")
    n = count("n", n, low=2)
    folds = list(splitter.split(range(n), y))
    masks = torch.zeros(len(folds), n, dtype=torch.bool)
    for mask, (kept, _) in zip(masks, folds):
        mask[torch.as_tensor(kept)] = True
    return masks


class Pairs(NamedTuple):
    """Folds left out one at a time and two at a time, as nested cross-validation needs them.

    R repeats of K folds of m examples, n = K·m.

    - train_mask (R·P, n) with P = K(K + 1)/2, for `train.sweep`.
    - parts (R, K, m): the examples of each fold.
    """

    train_mask: Tensor
    parts: Tensor

    def table(self, held: Tensor) -> Tensor:
        """Return `Sweep.held_out` (..., R·P, n) as a table (..., R, K, K, m).

        [..., r, i, j, :] are the errors on fold i of the network that saw neither fold i nor j.
        """
        R, K, m = self.parts.shape
        one, other = torch.triu_indices(K, K)
        network = torch.empty(K, K, dtype=torch.long)
        network[one, other] = network[other, one] = torch.arange(len(one))
        networks = held.unflatten(-2, (R, -1))
        which_repeat = torch.arange(R)[:, None, None, None]
        examples = self.parts[:, :, None, :].expand(R, K, K, m)
        table: Tensor = networks[..., which_repeat, network[None, :, :, None], examples]
        return table


def pairs(splitter: Any, n: int) -> Pairs:
    """Leave out every fold of a KFold or RepeatedKFold alone, and every two of a repeat together.

    Raises ValueError unless there are 3 folds or more and all are equally large, which the formulas
    of nested cross-validation assume.
    """
    kept = train_masks(splitter, n)
    held = ~kept
    # One repeat is as many folds as it takes to hold out everything.
    K = next((i for i in range(1, len(held) + 1) if held[:i].any(0).all()), 0)
    sizes = held.sum(1)
    require(
        bool((sizes == sizes[0]).all()) and K * int(sizes[0]) == n,
        "splitter",
        f"folds of {sorted(set(sizes.tolist()))} of {n} examples",
        "one whose folds are equally large and hold every example once",
    )
    require(K > 2, "splitter", f"{K} folds", "one of at least 3 folds, so that two can be left out")
    parts = torch.stack([row.nonzero()[:, 0] for row in held]).unflatten(0, (-1, K))
    one, other = torch.triu_indices(K, K)
    kept = kept.unflatten(0, (-1, K))
    return Pairs((kept[:, one] & kept[:, other]).flatten(0, 1), parts)


def check_mask(train_mask: Any, S: int, n: int) -> None:
    """Raise ValueError unless a mask (S, n) tells S seeds which of n examples they see."""
    if train_mask is None:
        return
    good = isinstance(train_mask, Tensor) and train_mask.dtype == torch.bool
    got = tuple(train_mask.shape) if good else type(train_mask).__name__
    accepts = f"a bool tensor ({S}, {n}), seeds × examples"
    require(good and got == (S, n), "train_mask", got, accepts)
    empty = (~train_mask.any(1)).nonzero()[:, 0].tolist()
    require(not empty, "train_mask", f"rows {empty} without any", "with an example in each row")


class Batch(NamedTuple):
    """What the networks of a sweep take a step on."""

    x: Tensor
    y: Tensor
    weights: Tensor | None = None  # (networks, size), of each example in its network's mean
    dim: int | None = None  # 0 if x and y have a leading dimension of networks


def stacked_batches(
    train: Examples,
    train_mask: Tensor | None,
    size: int | None,
    orders: Sequence[torch.Generator],
    K: int,
) -> Iterator[Batch]:
    """Yield the batches of a sweep of K values of λ, without end: each seed in its own order.

    Network k·S + s gets what seed s sees next, epoch after epoch, as `train.fit` draws it from
    those examples alone.
    """
    if train_mask is None and size is None:
        yield from repeat(Batch(train.x, train.y))
    n, device = len(train.x), train.x.device
    sees = torch.ones(len(orders), n, dtype=torch.bool) if train_mask is None else train_mask
    own = [row.nonzero()[:, 0].to(device) for row in sees]
    if size is None:
        yield from repeat(_gathered(train, own, K))
    for parts in zip(*(_endless(rows, size, order) for rows, order in zip(own, orders))):
        yield _gathered(train, parts, K)


def _endless(rows: Tensor, size: int | None, order: torch.Generator) -> Iterator[Tensor]:
    while True:
        for batch in batches(len(rows), size, order, device=rows.device):
            yield rows[batch]


def _gathered(train: Examples, parts: Sequence[Tensor], K: int) -> Batch:
    """Return the examples parts[s] of each seed s, filled up with such as weigh nothing."""
    longest = max(map(len, parts))
    rows = torch.stack([F.pad(part, (0, longest - len(part))) for part in parts]).repeat(K, 1)
    equal = all(len(part) == longest for part in parts)
    counts = torch.tensor([len(part) for part in parts], device=rows.device).repeat(K)[:, None]
    counted = torch.arange(longest, device=rows.device) < counts
    return Batch(train.x[rows], train.y[rows], None if equal else counted / counts, dim=0)
