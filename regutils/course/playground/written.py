"""A setting as a complete plain PyTorch program, in which nothing of this course is imported."""

from .networks import ACTIVATIONS, L1_RATIO, MOMENTUM, OPTIMIZERS, decays, sizes
from .settings import Setting

DRAWN = {
    "moons": "x, y = make_moons(n + 1000, noise={noise:g}, random_state={draw})",
    "circles": "x, y = make_circles(n + 1000, noise={noise:g}, factor=0.5, random_state={draw})",
    "xor": """corner = torch.rand(n + 1000, 2, generator=draw) * 0.9 + 0.1
side = torch.randint(0, 2, (n + 1000, 2), generator=draw)
x, y = corner * (2 * side - 1), (side[:, 0] == side[:, 1]).long()""",
    "spiral": """along = torch.rand(n + 1000, generator=draw).sqrt()
y = torch.arange(n + 1000) % 2
angle = 3 * torch.pi * along + torch.pi * y
x = along[:, None] * torch.stack([angle.cos(), angle.sin()], 1)""",
    "gaussians": """y = torch.arange(n + 1000) % 2
x = (2.0 * y - 1)[:, None].expand(-1, 2)""",
}
OF_SKLEARN = ("moons", "circles")
LAWS = {"sine": "torch.sin(torch.pi * x[:, 0])", "step": "torch.where(x[:, 0] < 0, -1.0, 1.0)"}


def program(setting: Setting, steps: int = 500) -> str:
    """The text of a program that trains the setting's network from fresh weights for `steps` steps.

    It prints both losses and errors every 100 steps and keeps them in `history`.
    """
    parts = [
        _imports(setting),
        _points(setting),
        _network(setting),
        _optimizer(setting),
        _training(setting, steps),
    ]
    return "\n".join(parts)


def _imports(setting: Setting) -> str:
    lines = ["import torch"]
    if setting.data in OF_SKLEARN:
        lines.append(f"from sklearn.datasets import make_{setting.data}")
    lines += ["from torch import nn", "from torch.nn import functional as F", ""]
    return "\n".join(lines)


def _points(setting: Setting) -> str:
    lines = [f"# The data: {setting.data}."]
    return "\n".join(lines + (_curve(setting) if setting.curve else _classes(setting)))


def _curve(setting: Setting) -> list[str]:
    return [
        f"draw = torch.Generator().manual_seed({setting.draw})",
        "",
        "",
        "def points(n):",
        "    x = torch.rand(n, 1, generator=draw) * 2 - 1",
        f"    y = {LAWS[setting.data]} + {setting.noise:g} * torch.randn(n, generator=draw)",
        f"    return {_inputs(setting)}, y",
        "",
        "",
        f"x_train, y_train = points({setting.points})",
        "x_val, y_val = points(200)",
        "",
    ]


def _classes(setting: Setting) -> list[str]:
    lines = [f"n = {setting.points}"]
    if setting.data not in OF_SKLEARN:
        lines.append(f"draw = torch.Generator().manual_seed({setting.draw})")
    lines.append(DRAWN[setting.data].format(noise=setting.noise, draw=setting.draw))
    if setting.data in OF_SKLEARN:
        lines.append("x, y = torch.as_tensor(x), torch.as_tensor(y)")
    else:
        lines.append(f"x = x + {setting.noise:g} * torch.randn(n + 1000, 2, generator=draw)")
    lines += [
        f"order = torch.randperm(n + 1000, generator={seeded(setting.draw)})",
        "train, val = order[:n], order[n : n + 500]",
        "mean, sd = x[train].double().mean(0), x[train].double().std(0, correction=0)",
        "x = (x.float() - mean.float()) / sd.float()",
    ]
    if _inputs(setting) != "x":
        lines.append(f"x = {_inputs(setting)}")
    lines.append("x_train, y_train, x_val, y_val = x[train], y[train], x[val], y[val]")
    if setting.wrong:
        flip = seeded(setting.draw + 1)
        lines += [
            f"wrong = torch.randperm(n, generator={flip})[: round({setting.wrong:g} * n)]",
            "y_train[wrong] = 1 - y_train[wrong]",
        ]
    return [*lines, ""]


def seeded(seed: int) -> str:
    """The text of a generator with a seed."""
    return f"torch.Generator().manual_seed({seed})"


def _inputs(setting: Setting) -> str:
    made = ["x"]
    if setting.squares:
        made.append("x.square()")
    if setting.product and not setting.curve:
        made.append("x.prod(1, keepdim=True)")
    if setting.sines:
        made.append("(torch.pi * x).sin()")
    return made[0] if len(made) == 1 else f"torch.cat([{', '.join(made)}], 1)"


def _network(setting: Setting) -> str:
    units = sizes(setting)
    activation = f"    nn.{ACTIVATIONS[setting.activation].__name__}(),"
    lines = ["# The network.", f"torch.manual_seed({setting.seed})", "model = nn.Sequential("]
    for n_in, n_out in zip(units[:-2], units[1:-1]):
        lines += [f"    nn.Linear({n_in}, {n_out}),", activation]
        if setting.p:
            lines.append(f"    nn.Dropout({setting.p:g}),")
    lines += [f"    nn.Linear({units[-2]}, {units[-1]}),", ")"]
    lines.append("weights = [layer.weight for layer in model if isinstance(layer, nn.Linear)]")
    return "\n".join([*lines, ""])


def _optimizer(setting: Setting) -> str:
    options = f"lr={setting.lr:g}"
    if setting.optimizer == "momentum":
        options += f", momentum={MOMENTUM:g}"
    kind = OPTIMIZERS[setting.optimizer].__name__
    lines = ["# Weights are penalised, biases are not.", f"lam = {setting.lam:g}"]
    if not setting.lam:
        lines[0] = "# No penalty."
    if decays(setting):
        lines += [
            "biases = [layer.bias for layer in model if isinstance(layer, nn.Linear)]",
            'groups = [{"params": weights, "weight_decay": 2 * lam},',
            '          {"params": biases, "weight_decay": 0.0}]',
            f"optimizer = torch.optim.AdamW(groups, {options})",
        ]
    else:
        options += ", weight_decay=0.0" if kind == "AdamW" else ""
        lines.append(f"optimizer = torch.optim.{kind}(model.parameters(), {options})")
    return "\n".join([*lines, ""])


def _training(setting: Setting, steps: int) -> str:
    if setting.curve:
        loss, error = "F.mse_loss(model(x).squeeze(1), y)", "loss"
    else:
        loss = "F.cross_entropy(model(x), y)"
        error = "(model(x).argmax(1) != y).float().mean()"
    batches = "[slice(None)]"
    if setting.batch:
        batches = f"torch.randperm(n, generator=order).split({setting.batch})"
    lines = [
        "# Training, and what is measured on both parts.",
        "@torch.no_grad()",
        "def measure(x, y):",
        "    model.eval()",
        f"    loss = {loss}",
        f"    return loss.item(), {error}.item()",
        "",
        "",
        f"torch.manual_seed({setting.seed})",
        f"order = torch.Generator().manual_seed({setting.seed})",
        f"n, steps, history = {setting.points}, 0, []",
        f"while steps < {steps}:",
        f"    for batch in {batches}:",
        "        model.train()",
        "        x, y = x_train[batch], y_train[batch]",
        f"        loss = {loss}",
        *_in_the_loss(setting),
        "        optimizer.zero_grad()",
        "        loss.backward()",
        "        optimizer.step()",
        *_after_the_step(setting),
        "        steps += 1",
        f"        if steps % 100 == 0 or steps == {steps}:",
        "            history.append((steps, *measure(x_train, y_train), *measure(x_val, y_val)))",
        '            print("step %d: train loss %.4f, error %.4f; val loss %.4f, error %.4f"',
        "                  % history[-1])",
        f"        if steps == {steps}:",
        "            break",
    ]
    return "\n".join(lines) + "\n"


def _in_the_loss(setting: Setting) -> list[str]:
    if not setting.lam or decays(setting):
        return []
    sums = {"L2": "w.square().sum()", "L1 subgradient": "w.abs().sum()"}
    if setting.penalty not in sums:
        return []
    return [f"        loss = loss + lam * sum({sums[setting.penalty]} for w in weights)"]


def _after_the_step(setting: Setting) -> list[str]:
    if not setting.lam or setting.penalty not in ("L1 soft threshold", "elastic net"):
        return []
    elastic = setting.penalty == "elastic net"
    threshold = f"{L1_RATIO:g} * t" if elastic else "t"
    lines = [
        "        with torch.no_grad():",
        "            for w in weights:",
        f"                t = {setting.lr:g} * lam",
        f"                w.copy_(w.sign() * (w.abs() - {threshold}).clamp_min(0))",
    ]
    if elastic:
        lines.append(f"                w.div_(1 + 2 * {1 - L1_RATIO:g} * t)")
    return lines
