"""A setting as a complete plain PyTorch program, in which nothing of this course is imported."""

from jinja2 import Environment, StrictUndefined

from .networks import ACTIVATIONS, OPTIMIZERS, sizes
from .settings import METHODS, Setting

# The examples of a dataset before they are shuffled and standardised, for n of them.
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

TEMPLATE = """\
import torch
{% if sklearn %}
from sklearn.datasets import make_{{ s.data }}
{% endif %}
from torch import nn
from torch.nn import functional as F

# The data: {{ s.data }}.
n = {{ s.points }}
{% if not sklearn %}
draw = torch.Generator().manual_seed({{ s.draw }})
{% endif %}
{{ drawn }}
{% if sklearn %}
x, y = torch.as_tensor(x), torch.as_tensor(y)
{% else %}
x = x + {{ noise }} * torch.randn(n + 1000, 2, generator=draw)
{% endif %}
order = torch.randperm(n + 1000, generator=torch.Generator().manual_seed({{ s.draw }}))
train, val = order[:n], order[n : n + 500]
mean, sd = x[train].double().mean(0), x[train].double().std(0, correction=0)
x = (x.float() - mean.float()) / sd.float()
x_train, y_train, x_val, y_val = x[train], y[train], x[val], y[val]
{% if s.wrong %}
wrong = torch.randperm(n, generator=torch.Generator().manual_seed({{ s.draw + 1 }}))
wrong = wrong[: round({{ s.wrong }} * n)]
y_train[wrong] = 1 - y_train[wrong]
{% endif %}

# The network.
torch.manual_seed({{ s.seed }})
model = nn.Sequential(
{% for n_in, n_out in layers[:-1] %}
    nn.Linear({{ n_in }}, {{ n_out }}),
    nn.{{ activation }}(),
{% if s.p %}
    nn.Dropout({{ s.p }}),
{% endif %}
{% endfor %}
    nn.Linear({{ layers[-1] | join(", ") }}),
)
weights = [layer.weight for layer in model if isinstance(layer, nn.Linear)]

# {{ "Weights are penalised, biases are not." if s.lam else "No penalty." }}
lam = {{ lam }}
{% if s.lam and s.decays %}
biases = [layer.bias for layer in model if isinstance(layer, nn.Linear)]
groups = [{"params": weights, "weight_decay": 2 * lam},
          {"params": biases, "weight_decay": 0.0}]
optimizer = torch.optim.AdamW(groups, {{ options }})
{% else %}
optimizer = torch.optim.{{ kind }}(model.parameters(), {{ options }}{{ no_decay }})
{% endif %}

# Training, and what is measured on both parts.
@torch.no_grad()
def measure(x, y):
    model.eval()
    loss = F.cross_entropy(model(x), y)
    return loss.item(), (model(x).argmax(1) != y).float().mean().item()


torch.manual_seed({{ s.seed }})
order = torch.Generator().manual_seed({{ s.seed }})
n, steps, history = {{ s.points }}, 0, []
while steps < {{ steps }}:
    for batch in {{ batches }}:
        model.train()
        x, y = x_train[batch], y_train[batch]
        loss = F.cross_entropy(model(x), y)
{% if s.lam and not s.decays and not s.proximal %}
        loss = loss + lam * sum({{ method.code }} for w in weights)
{% endif %}
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
{% if s.lam and s.proximal %}
        t = {{ s.lr }} * lam
        with torch.no_grad():
            for w in weights:
                w.copy_({{ method.prox_code }})
{% endif %}
        steps += 1
        if steps % 100 == 0 or steps == {{ steps }}:
            history.append((steps, *measure(x_train, y_train), *measure(x_val, y_val)))
            print("step %d: train loss %.4f, error %.4f; val loss %.4f, error %.4f"
                  % history[-1])
        if steps == {{ steps }}:
            break
"""


def program(setting: Setting, steps: int = 500) -> str:
    """Return a program that trains the setting's network from fresh weights for `steps` steps.

    It prints both losses and errors every 100 steps and keeps them in `history`.
    """
    s, units = setting, sizes(setting)
    kind, options = OPTIMIZERS[s.optimizer]
    environment = Environment(trim_blocks=True, undefined=StrictUndefined, keep_trailing_newline=1)
    permuted = f"torch.randperm(n, generator=order).split({s.batch})"
    return environment.from_string(TEMPLATE).render(
        s=s,
        steps=steps,
        sklearn=s.data in ("moons", "circles"),
        drawn=DRAWN[s.data].format(noise=s.noise, draw=s.draw),
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
