"""The exercises of notebook 02: the gradient of L2, its many names, what it leaves."""

import torch
from torch import nn

from ... import penalties
from .kinds import Chapter, normal

chapter = Chapter("02_l2")


def steps():
    """Cases (weights (d,), gradient or Adam's update (d,), lr, λ or weight_decay)."""
    return (*normal(2, 4, 4), 0.1, 0.3), (*normal(3, 4, 4), 0.5, 0.05)


def models_with_a_norm_layer():
    """Cases (model, λ); every parameter has another value, those of the norm layer included."""
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
    with torch.no_grad():
        for i, p in enumerate(model.parameters(), start=1):
            p.copy_(torch.linspace(-1, 1, p.numel()).reshape(p.shape) + 0.1 * i)
    return (model, 0.1), (model, 2.0)


@chapter.exercise("2.1", cases=lambda: ((0.01, 200), (0.3, 50)))
def alpha(a, n):
    """weight_decay=a is λ = a/2, and Ridge sums over the n examples where the mean divides by n."""
    return n * a / 2


@alpha.wrong
def forgot_the_half_of_weight_decay(a, n):
    """You forgot the factor 2: weight_decay=a is λ = a/2."""
    return n * a


@alpha.wrong
def gave_lambda(a, n):
    """That is λ; Ridge sums over the examples, so its alpha is n times larger."""
    return a / 2


@alpha.wrong
def divided_by_n(a, n):
    """Multiply by n instead: a larger sum needs a larger penalty beside it."""
    return a / (2 * n)


@alpha.wrong
def doubled_instead_of_halved(a, n):
    """The factor 2 goes the other way: a = 2λ, so λ = a/2."""
    return 2 * n * a


@chapter.exercise("2.2", cases=steps)
def step(w, g, lr, lam):
    """It is (1 − 2·lr·λ)·w − lr·g: the weights decay by a constant factor before the data speak."""
    return w - lr * (g + 2 * lam * w)


@step.wrong
def forgot_the_factor_two(w, g, lr, lam):
    """You forgot the factor 2: the derivative of λw² is 2λw."""
    return w - lr * (g + lam * w)


@step.wrong
def walked_uphill(w, g, lr, lam):
    """That walks uphill: subtract the gradient."""
    return w + lr * (g + 2 * lam * w)


@step.wrong
def decayed_without_lr(w, g, lr, lam):
    """The penalty is in the loss: its gradient takes lr too."""
    return w - lr * g - 2 * lam * w


@step.wrong
def pulled_by_the_sign(w, g, lr, lam):
    """That is the pull of L1; L2's is 2λw."""
    return w - lr * (g + 2 * lam * torch.sign(w))


@step.wrong
def forgot_the_penalty(w, g, lr, lam):
    """That step has no penalty in it."""
    return w - lr * g


@chapter.exercise("2.3", cases=steps)
def adamw(w, u, lr, a):
    """Every weight shrinks by the same factor, whatever its gradients were: that is what
    'decoupled' means."""
    return (1 - lr * a) * w - lr * u


@adamw.wrong
def took_a_for_lambda(w, u, lr, a):
    """No factor 2: AdamW's a is no λ, it decays by lr·a."""
    return (1 - 2 * lr * a) * w - lr * u


@adamw.wrong
def forgot_lr_in_the_decay(w, u, lr, a):
    """AdamW multiplies its decay by lr."""
    return (1 - a) * w - lr * u


@adamw.wrong
def decayed_after_the_update(w, u, lr, a):
    """Decay the weights as they were before the update."""
    return (1 - lr * a) * (w - lr * u)


@adamw.wrong
def forgot_to_decay(w, u, lr, a):
    """That is Adam without decay."""
    return w - lr * u


@chapter.exercise("2.4", cases=models_with_a_norm_layer)
def penalty(model, lam):
    """Biases and norm layers make nothing steep, so nothing is asked for them."""
    return lam * penalties.l2(penalties.weights(model))


@penalty.wrong
def penalised_everything(model, lam):
    """That penalises biases and norm layers too; penalties.weights leaves them out."""
    return lam * sum(p.square().sum() for p in model.parameters())


@penalty.wrong
def left_the_scales_in(model, lam):
    """Biases are out, but the scales of the norm layer are still in."""
    named = model.named_parameters()
    return lam * sum(p.square().sum() for name, p in named if "bias" not in name)


@penalty.wrong
def halved_the_penalty(model, lam):
    """No ½ in this convention: λ·Σw²."""
    return lam / 2 * penalties.l2(penalties.weights(model))


@penalty.wrong
def forgot_lambda(model, lam):
    """λ is missing."""
    return penalties.l2(penalties.weights(model))


@chapter.exercise("2.5", cases=lambda: ((3.0, 20, 0.1), (0.7, 200, 0.01)))
def share(sigma, n, lam):
    """Wide directions keep nearly all, narrow ones little, none becomes 0."""
    return sigma**2 / (sigma**2 + n * lam)


@share.wrong
def forgot_the_mean(sigma, n, lam):
    """The data loss is a mean: λ stands beside σ²/n, not σ²."""
    return sigma**2 / (sigma**2 + lam)


@share.wrong
def forgot_the_square(sigma, n, lam):
    """Square the singular value: XᵀX has σ², not σ."""
    return sigma / (sigma + n * lam)


@share.wrong
def gave_what_is_taken(sigma, n, lam):
    """That is the share taken; asked is what is left."""
    return n * lam / (sigma**2 + n * lam)


@share.wrong
def kept_the_factor_two(sigma, n, lam):
    """The 2 of both gradients cancels."""
    return sigma**2 / (sigma**2 + 2 * n * lam)


chapter.choice(
    "2.6",
    right="C",
    A="The penalty sees the weights and nothing else: neither pictures nor labels.",
    B="All labels are in every batch, and without a penalty the same number of steps learns all of "
    "them.",
    C="To contradict its neighbours, one picture needs large weights for itself alone; those are "
    "the first that are not worth their price.",
    D="Every weight is pulled in the same way, by 2λw, and no weight belongs to one label.",
)

chapter.choice(
    "2.7",
    right="B",
    A="Ridge sums over the patients: twice as many double the data's part, and alpha stays.",
    B="alpha = nλ: the same alpha over twice as many patients is half the price beside the mean.",
    C="The other way round: more patients weigh more against the same alpha.",
    D="λ is the price per unit of squared weight, and a price does not depend on what is bought.",
)

chapter.choice(
    "2.8",
    right="D",
    A="So it would be with SGD or AdamW. Adam divides the gradient a·w by its own usual size, and "
    "a goes with it.",
    B="The data are silent, but a·w is part of the gradient, and Adam makes a full step of however "
    "little.",
    C="The division makes the step longer, not different in direction: it leads towards zero.",
    D="Adam divides each gradient by its usual size; here the gradient is a·w alone, and a "
    "cancels.",
)
