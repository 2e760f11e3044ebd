"""The one training step: Trainer, which `fit` drives by epochs and a playground by steps."""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn

from .. import penalties
from ..arguments import count, positive, real, require
from ..data.split import Examples, Split
from . import devices, optimizers
from .fitness import check_batches, check_model, check_penalty
from .measures import Measurement, divergence, evaluate
from .measures import loss as data_loss
from .mixing import mix
from .orders import batches


class Trainer:
    """A model on its way through `split.train`, lowering data loss + lam·penalty step by step.

    - model: trained in place. Its parameters with requires_grad False stay bit for bit as they are.
    - split: on the model's device; for pictures see `place`.
    - optimizer: a factory over parameters, `lambda p: torch.optim.SGD(p, lr=0.1)`.
    - penalty: as in `penalties.get`.
    - lam: λ, at least 0; it weighs the penalty, so without one it does nothing.
    - proximal: the penalty as its proximal step with t = lr·lam after the optimizer's, not in the
      loss. That minimises the same total loss under plain SGD; with momentum m the pull is weaker
      by the factor 1 − m.
    - penalized: the parameters that the penalty sees, by name; `penalties.weights(model)` unless
      given. Frozen ones are left out, as no penalty moves them; tied ones count once.
    - batch_size: examples per step; None takes all at once.
    - shuffle: a new order every epoch, by `seed`; the given order without it.
    - augment: a function of a batch of inputs, called before each step; it draws from torch's
      global random state, which is `seed`'s meanwhile.
    - label_smoothing: ε in [0, 1). The loss that is trained on takes the true label for a share
      1 − ε of the truth and each of the c labels for ε/c more (Szegedy et al. 2016, arXiv
      1512.00567). Class labels only; what is measured stays the plain loss.
    - mixup: α of Zhang et al. 2018 (arXiv 1710.09412), at least 0; 0 is none. Each batch is
      blended with itself in another order, s·x + (1 − s)·x' with one s from Beta(α, α), after
      `augment`; its loss is s times that for y plus 1 − s times that for y'.
    - autocast: forward passes, measured ones included, in bfloat16 where PyTorch thinks it safe.
    - seed: draws the order, the dropout masks, mixup's pairs and shares, and what `augment` draws.
      The global random state is left as it was.

    `lam`, `lr`, `penalise`, `optimizer`, `batch_size`, `split` and a dropout's p may be changed
    between steps. `steps` counts those taken. Raises ValueError for arguments out of range.
    """

    def __init__(
        self,
        model: nn.Module,
        split: Split,
        *,
        optimizer: optimizers.Factory,
        penalty: Any = None,
        lam: float = 0.0,
        proximal: bool = False,
        penalized: Mapping[str, Tensor] | None = None,
        batch_size: int | None = None,
        shuffle: bool = True,
        augment: Callable[[Tensor], Tensor] | None = None,
        label_smoothing: float = 0.0,
        mixup: float = 0.0,
        autocast: bool = False,
        seed: int = 0,
    ) -> None:
        check_model(model, split, autocast)
        self.model, self._split = model, split
        self.device = split.train.x.device
        accepts = "a function of a batch of inputs, or None"
        require(augment is None or callable(augment), "augment", augment, accepts)
        self.shuffle, self.augment, self.autocast = bool(shuffle), augment, bool(autocast)
        self.label_smoothing = real("label_smoothing", label_smoothing, high=1, below=True)
        classes = not split.train.y.is_floating_point()
        accepts = "0 for targets that are no class labels"
        require(not self.label_smoothing or classes, "label_smoothing", label_smoothing, accepts)
        self.mixup = real("mixup", mixup)
        self.seed = seed = count("seed", seed, low=0)
        self.lam = lam
        self.penalized = _penalized(model, penalized)
        self.penalise(penalty, proximal)
        self.optimizer = optimizer
        self.steps, self._order = 0, torch.Generator().manual_seed(seed)
        self.batch_size = batch_size
        self._random = devices.seeded_state(self.device, seed)
        self._inside = False
        self._initial = self.state()

    @property
    def lam(self) -> float:
        return self._lam

    @lam.setter
    def lam(self, lam: float) -> None:
        self._lam = real("lam", lam)

    def penalise(self, penalty: Any, proximal: bool = False) -> None:
        """From the next step on under this penalty, in the loss or as a proximal step."""
        found = penalties.get(penalty, proximal)
        check_penalty(found, self.penalized, self.device)
        self._penalty, self.proximal = found, bool(proximal)

    @property
    def penalty(self) -> penalties.Penalty | None:
        return self._penalty

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """The optimizer at work. Set it to a factory for another one, with fresh moments."""
        return self._optimizer

    @optimizer.setter
    def optimizer(self, factory: optimizers.Factory) -> None:
        self._optimizer = optimizers.build(factory, self.model.parameters())
        self._by_closure = optimizers.needs_closure(self._optimizer)
        self._factory = factory
        self._lr: float | None = None  # unless it is set, the factory's

    @property
    def lr(self) -> float:
        """Learning rate of the optimizer's first group; setting it sets that of every group."""
        return float(self._optimizer.param_groups[0]["lr"])

    @lr.setter
    def lr(self, lr: float) -> None:
        self._lr = positive("lr", lr)
        for group in self._optimizer.param_groups:
            group["lr"] = self._lr

    @property
    def batch_size(self) -> int | None:
        """Examples per step; a new size begins a new epoch."""
        return self._batch_size

    @batch_size.setter
    def batch_size(self, size: int | None) -> None:
        checked = None if size is None else count("batch_size", size)
        check_batches(self.model, self._split, checked)
        self._batch_size = checked
        self._begin_epoch()

    @property
    def split(self) -> Split:
        """The examples; others of the same shapes may be put in their place between two steps."""
        return self._split

    @split.setter
    def split(self, split: Split) -> None:
        shapes = [tuple(t.shape) for t in (split.train.x, split.train.y)]
        ours = [tuple(t.shape) for t in (self._split.train.x, self._split.train.y)]
        require(shapes == ours, "split", f"a training part of {shapes}", f"of shapes {ours}")
        check_model(self.model, split, self.autocast)
        self._split = split

    def step(self) -> None:
        """One optimizer step on the next batch.

        Raises FloatingPointError, with what to do, once loss or penalty is no longer finite.
        """
        with self.own_random():
            _, total = self._advance()
        if not math.isfinite(total):
            raise FloatingPointError(self.divergence(f"step {self.steps}") + " Then start again.")

    def divergence(self, by: str) -> str:
        """What is said when loss or penalty is no longer finite, with what to do."""
        where = f"by {by} with λ={self.lam:g} and lr={self.lr:g}"
        found = divergence(where, self._optimizer.param_groups[0])
        return f"{found} Lower λ or lr."

    def epoch(self) -> float:
        """The steps of an epoch, or those left of it; the mean of the data loss before each."""
        met, n = torch.zeros((), device=self.device), 0
        with self.own_random():
            while n == 0 or self._taken < self._per_epoch:
                met += self._advance()[0]  # stays on its device: .item() would make a GPU wait
                n += 1
        return met.item() / n

    @torch.no_grad()
    def measure(self, at_most: int | None = None) -> Measurement:
        """Both parts in evaluation mode; of train the first `at_most` examples, or all."""
        if at_most is not None:
            at_most = count("at_most", at_most)
        train = Examples(*(t[:at_most] for t in self._split.train))
        with self.own_random(), devices.bfloat16(self.device, self.autocast):
            train_loss, train_error = evaluate(self.model, train)
            val_loss, val_error = evaluate(self.model, self._split.val)
        price = float(self._penalty.value(self.penalized)) if self._penalty else 0.0
        found = Measurement(
            self.steps, self.lam, train_loss, val_loss, train_error, val_error, price
        )
        return found.settled()

    def reset(self) -> None:
        """Back to the initial weights, order and masks; λ, lr, p and other settings stay.

        The same steps then give the same weights bit for bit.
        """
        lr, self.optimizer = self._lr, self._factory
        if lr is not None:
            self.lr = lr
        self.restore({k: v for k, v in self._initial.items() if k != "optimizer"})

    def state(self) -> dict[str, Any]:
        """All that later steps depend on, settings aside; they do not change what is returned."""
        done = self._taken == self._per_epoch
        return {
            "steps": self.steps,
            "seed": self.seed,
            "order": self._order.get_state() if done else self._order_before,
            "taken": 0 if done else self._taken,
            "random": devices.random_state(self.device) if self._inside else self._random,
            "optimizer": optimizers.state(self._optimizer),
            "model": {name: w.clone() for name, w in self.model.state_dict().items()},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state`; without "model" or "optimizer" in it, these stay.

        The settings stay this Trainer's. Of another optimizer, or of one with other options than
        lr and weight_decay, no moments are taken; of another seed neither order nor masks.
        """
        needed = {"steps", "seed", "order", "taken", "random"}
        missing = sorted(needed - set(state))
        require(not missing, "state", f"one without {missing}", "what a Trainer's state() gave")
        self.steps = state["steps"]
        if "model" in state:
            self.model.load_state_dict(state["model"])
        if "optimizer" in state:
            optimizers.go_on(self._optimizer, state["optimizer"])
        if state["seed"] == self.seed:
            self._order.set_state(state["order"])
            self._begin_epoch(state["taken"])
            self._random = self._random | state["random"]
            if self._inside:
                devices.set_random_state(self.device, self._random)

    @contextmanager
    def own_random(self) -> Iterator[None]:
        """Torch draws from this Trainer's random state, and from its own again afterwards."""
        if self._inside:
            yield
            return
        with devices.drawing_from(self.device, self._random):
            self._inside = True
            try:
                yield
            finally:
                self._inside = False
                self._random = devices.random_state(self.device)

    def _begin_epoch(self, taken: int = 0) -> None:
        n = len(self._split.train.x)
        self._order_before, self._taken = self._order.get_state(), taken
        self._per_epoch = math.ceil(n / min(self._batch_size or n, n))
        todo = batches(n, self._batch_size, self._order, self.shuffle, self.device)
        self._batches = islice(todo, taken, None)

    def _next_batch(self) -> tuple[Tensor, Tensor]:
        if self._taken == self._per_epoch:
            self._begin_epoch()
        if self._taken == 0 or not self.model.training:
            self.model.train()
        batch = next(self._batches)
        self._taken += 1
        x, y = self._split.train.x[batch], self._split.train.y[batch]
        if self.augment is not None:
            # A slice is the split's own memory, and what changes a batch may do so in place.
            x = _augmented(self.augment, x.clone() if isinstance(batch, slice) else x)
        return x, y

    def _advance(self) -> tuple[Tensor, Tensor]:
        """One step; the data loss and the total that it met, on their device."""
        x, y = self._next_batch()
        other, share = y, 1.0
        if self.mixup:
            x, other, share = mix(x, y, self.mixup)
        met: list[tuple[Tensor, Tensor]] = []

        def descend() -> Any:
            with devices.bfloat16(self.device, self.autocast):
                outputs = self.model(x)
                loss = total = data_loss(outputs, y, label_smoothing=self.label_smoothing)
                if self.mixup:
                    others = data_loss(outputs, other, label_smoothing=self.label_smoothing)
                    loss = total = share * loss + (1 - share) * others
            if self._penalty is not None and not self.proximal:
                total = loss + self._lam * self._penalty.value(self.penalized)
            self._optimizer.zero_grad()
            total.backward()
            met.append((loss.detach(), total.detach()))
            return total

        if self._by_closure:
            self._optimizer.step(descend)
        else:
            descend()
            self._optimizer.step()
        if self.proximal and self._penalty and self._penalty.prox:
            self._proximal_step(self._penalty.prox)
        self.steps += 1
        return met[0]

    @torch.no_grad()
    def _proximal_step(self, prox: penalties.Prox) -> None:
        wanted = {id(w) for w in self.penalized.values()}
        for group in self._optimizer.param_groups:
            for w in group["params"]:
                if id(w) in wanted:
                    w.copy_(prox(w, float(group["lr"]) * self._lam))


def _augmented(augment: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    shape, kind = x.shape, x.dtype
    found = augment(x)
    if not isinstance(found, Tensor) or found.shape != shape or found.dtype != kind:
        got = (found.dtype, tuple(found.shape)) if isinstance(found, Tensor) else found
        accepts = f"a function that gives batches like those it gets, {kind} {tuple(shape)}"
        require(False, "augment", got, accepts)
    return found


def _penalized(model: nn.Module, wanted: Mapping[str, Tensor] | None) -> dict[str, Tensor]:
    """The parameters that a penalty sees, each once, under its first name; frozen ones left out."""
    accepts = "a mapping from names to parameters, or None"
    require(wanted is None or isinstance(wanted, Mapping), "penalized", wanted, accepts)
    seen = penalties.weights(model) if wanted is None else wanted
    own = set(map(id, model.parameters()))
    strange = [name for name, w in seen.items() if id(w) not in own]
    require(not strange, "penalized", strange, "parameters of the model, by name")
    once = {id(w): name for name, w in reversed(list(seen.items())) if w.requires_grad}
    return {name: w for name, w in seen.items() if once.get(id(w)) == name}
