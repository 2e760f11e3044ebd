"""A setting as a complete plain PyTorch program, in which nothing of this course is imported."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from .networks import ACTIVATIONS, OPTIMIZERS, sizes
from .settings import METHODS, Setting


def program(setting: Setting, steps: int = 500) -> str:
    """Return a program that trains the setting's network from fresh weights for `steps` steps.

    It prints both losses and errors every 100 steps and keeps them in `history`.
    """
    s, units = setting, sizes(setting)
    kind, options = OPTIMIZERS[s.optimizer]
    how = {"trim_blocks": True, "keep_trailing_newline": True, "undefined": StrictUndefined}
    environment = Environment(loader=PackageLoader(__package__, ""), **how)
    permuted = f"torch.randperm(n, generator=order).split({s.batch})"
    return environment.get_template("program.py.j2").render(
        s=s,
        steps=steps,
        sklearn=s.data in ("moons", "circles"),
        noise=f"{s.noise:g}",
        lam=f"{s.lam:g}",
        layers=list(zip(units, units[1:])),
        activation=ACTIVATIONS[s.activation].__name__,
        kind=kind.__name__,
        options=", ".join(f"{name}={value:g}" for name, value in ({"lr": s.lr} | options).items()),
        no_decay=", weight_decay=0.0" if kind.__name__ == "AdamW" else "",
        batches=permuted if s.batch else "[slice(None)]",
        method=METHODS[s.penalty],
    )
