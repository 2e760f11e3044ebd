"""λ that moves while a network trains: does it matter when it came?"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from ... import data, models, train

# Share of the strongest λ in force after a share f of the training.
SCHEDULES = {
    "none": lambda f: 0.0,
    "from the start": lambda f: 1.0,
    "late": lambda f: float(f >= 0.5),
    "rising": lambda f: f,
    "falling": lambda f: 1.0 - f,
    "early": lambda f: float(f < 0.5),
}


@dataclass(frozen=True)
class Moved:
    """A small network on 60 points of the moons, three in ten labels wrong, under a moving λ·Σw².

    The points and the first weights are drawn by the seed. SGD with momentum, batches of 20, as in
    the playground. Measured every 30 epochs.
    """

    seed: int
    schedule: str
    lam: float = 0.02
    epochs: int = 600

    def run(self, pictures: str | None) -> dict[str, Any]:
        """Train one network; return plain JSON."""
        split = data.moons(60, 0.2, 0.3, self.seed)
        trainer = train.Trainer(
            models.seeded(partial(models.MLP, 2, 16, 16, 2), self.seed),
            split,
            optimizer=lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
            penalty="l2",
            batch_size=20,
            seed=self.seed,
        )
        found: dict[str, list[float]] = {}
        share = SCHEDULES[self.schedule]
        for epoch in range(self.epochs + 1):
            if epoch % 30 == 0:
                for name, value in vars(trainer.measure()).items():
                    found.setdefault(name, []).append(value)
            if epoch < self.epochs:
                trainer.lam = self.lam * share(epoch / self.epochs)
                trainer.epoch()
        found["epochs"] = [step // 3 for step in found.pop("step")]
        return found
