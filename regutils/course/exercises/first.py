"""The exercises of notebooks 01 to 03: per exercise the reference, and the wrong answers that deserve a hint."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from ... import penalties


@dataclass(frozen=True)
class Exercise:
    """right and each wrong answer are functions of the same arguments.

    cases: argument tuples on which a learner's function is compared; empty when the answer is a value, which is
    then compared with right(*given). because: what the right answer shows, said when it is found.
    """

    right: Callable
    because: str
    hints: tuple[tuple[Callable, str], ...] = ()
    cases: Callable[[], tuple[tuple, ...]] = tuple


def _vectors():
    g = torch.Generator().manual_seed(0)
    return tuple(
        (torch.rand((), generator=g), torch.randn(n, generator=g), lam)
        for n, lam in ((3, 0.1), (5, 2.0))
    )


def _regressions():
    g = torch.Generator().manual_seed(1)
    return tuple(
        (torch.randn(n, 3, generator=g), torch.randn(n, generator=g), lam)
        for n, lam in ((8, 0.1), (20, 1.0))
    )


def _ridge(X, y, lam, n=None):
    n = len(y) if n is None else n
    return torch.linalg.solve(X.T @ X / n + lam * torch.eye(X.shape[1]), X.T @ y / n)


def _layers():
    g = torch.Generator().manual_seed(3)
    layers = [
        {
            "linear1.weight": torch.randn(3, 2, generator=g),
            "linear1.bias": torch.randn(3, generator=g),
        }
        for _ in range(2)
    ]
    return tuple(
        (torch.rand((), generator=g), layer, lam) for layer, lam in zip(layers, (0.1, 2.0))
    )


def _soft_steps():
    g = torch.Generator().manual_seed(4)
    return tuple(
        (torch.randn(12, generator=g), torch.randn(12, generator=g), lr, lam)
        for lr, lam in ((0.1, 0.5), (0.5, 0.2))
    )


def _thresholds():
    g = torch.Generator().manual_seed(5)
    return tuple((torch.randn(4, 6, generator=g), t) for t in (0.3, 1.5))


def _group(w, t, dim=0):
    return w * (1 - t / w.norm(dim=dim, keepdim=True)).clamp_min(0)


def _steps():
    g = torch.Generator().manual_seed(2)
    return tuple((*torch.randn(2, 4, generator=g), lr, a) for lr, a in ((0.1, 0.3), (0.5, 0.05)))


def _with_norm():
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
    with torch.no_grad():
        for i, p in enumerate(model.parameters(), start=1):
            p.copy_(torch.linspace(-1, 1, p.numel()).reshape(p.shape) + 0.1 * i)
    return model


PENALTIES = {
    # 01: data loss, weights (d,), λ
    "1.1": Exercise(
        lambda loss, w, lam: loss + lam * penalties.l2({"w": w}),
        "The penalty is a price per unit of squared weight, added to the loss.",
        (
            (
                lambda loss, w, lam: loss + lam / 2 * (w**2).sum(),
                "There is no ½ in this convention: λ·Σw².",
            ),
            (
                lambda loss, w, lam: loss + lam * (w**2).mean(),
                "The penalty is a sum over the weights, not their mean.",
            ),
            (
                lambda loss, w, lam: loss + lam * w.abs().sum(),
                "That is L1; L2 squares the weights.",
            ),
            (
                lambda loss, w, lam: loss + (w**2).sum(),
                "λ is missing: it sets the price of the penalty.",
            ),
            (
                lambda loss, w, lam: lam * (w**2).sum(),
                "That is the penalty alone; the data loss belongs to the total.",
            ),
        ),
        _vectors,
    ),
    "1.2": Exercise(
        lambda loss, w, lam: 2 * lam * w,
        "The pull towards zero is proportional to the weight: big weights are pulled hard, small ones hardly.",
        (
            (lambda loss, w, lam: lam * w, "You forgot the factor 2: the derivative of w² is 2w."),
            (lambda loss, w, lam: lam * torch.sign(w), "That is the gradient of L1, λ·sign(w)."),
            (
                lambda loss, w, lam: -2 * lam * w,
                "That is the step (downhill); the gradient points uphill.",
            ),
            (lambda loss, w, lam: 2 * w, "λ is missing."),
        ),
        _vectors,
    ),
    # 01: X (n, d), y (n,), λ
    "1.3": Exercise(
        _ridge,
        "Setting the gradient to zero gives a linear system; λ on its diagonal makes it solvable for any X.",
        (
            (
                lambda X, y, lam: _ridge(X, y, lam, n=1),
                "The data loss is a mean: divide XᵀX and Xᵀy by n.",
            ),
            (
                lambda X, y, lam: _ridge(X, y, lam / 2),
                "Your λ counts half: the 2 of both gradients cancels.",
            ),
            (
                lambda X, y, lam: _ridge(X, y, 2 * lam),
                "Your λ counts twice: the 2 of both gradients cancels.",
            ),
            (
                lambda X, y, lam: _ridge(X, y, 0.0),
                "That is the fit without a penalty: λ is missing.",
            ),
        ),
        _regressions,
    ),
    # 01: lams (K,), train error (K, S), validation error (K, S)
    "1.4": Exercise(
        lambda lams, train, val: lams[val.mean(1).argmin()],
        "Choose on the validation error, averaged over seeds; the training error always prefers λ near 0.",
        (
            (
                lambda lams, train, val: lams[train.mean(1).argmin()],
                "That λ has the lowest training error; it overfits.",
            ),
            (
                lambda lams, train, val: val.mean(1).argmin(),
                "That is a position in the list; the answer is the λ there.",
            ),
            (
                lambda lams, train, val: lams[val.min(1).values.argmin()],
                "That is one lucky seed; average over the seeds.",
            ),
            (
                lambda lams, train, val: val.mean(1).min(),
                "That is the error; the answer is the λ where it is reached.",
            ),
        ),
    ),
    # 02: weight_decay a, n examples
    "2.1": Exercise(
        lambda a, n: n * a / 2,
        "weight_decay=a is λ = a/2, and Ridge sums over the n examples where the mean divides by n.",
        (
            (lambda a, n: n * a, "You forgot the factor 2: weight_decay=a is λ = a/2."),
            (
                lambda a, n: a / 2,
                "That is λ; Ridge sums over the examples, so its alpha is n times larger.",
            ),
            (
                lambda a, n: a / (2 * n),
                "Multiply by n instead: a larger sum needs a larger penalty beside it.",
            ),
            (lambda a, n: 2 * n * a, "The factor 2 goes the other way: a = 2λ, so λ = a/2."),
        ),
        lambda: ((0.01, 200), (0.3, 50)),
    ),
    # 02: weights w (d,), gradient of the data loss or Adam's update (d,), lr, λ or weight_decay
    "2.2": Exercise(
        lambda w, g, lr, lam: w - lr * (g + 2 * lam * w),
        "It is (1 − 2·lr·λ)·w − lr·g: the weights decay by a constant factor before the data speak.",
        (
            (
                lambda w, g, lr, lam: w - lr * (g + lam * w),
                "You forgot the factor 2: the derivative of λw² is 2λw.",
            ),
            (
                lambda w, g, lr, lam: w + lr * (g + 2 * lam * w),
                "That walks uphill: subtract the gradient.",
            ),
            (
                lambda w, g, lr, lam: w - lr * g - 2 * lam * w,
                "The penalty is in the loss: its gradient takes lr too.",
            ),
            (
                lambda w, g, lr, lam: w - lr * (g + 2 * lam * torch.sign(w)),
                "That is the pull of L1; L2's is 2λw.",
            ),
            (lambda w, g, lr, lam: w - lr * g, "That step has no penalty in it."),
        ),
        _steps,
    ),
    "2.3": Exercise(
        lambda w, u, lr, a: (1 - lr * a) * w - lr * u,
        "Every weight shrinks by the same factor, whatever its gradients were: that is what 'decoupled' means.",
        (
            (
                lambda w, u, lr, a: (1 - 2 * lr * a) * w - lr * u,
                "No factor 2: AdamW's a is no λ, it decays by lr·a.",
            ),
            (lambda w, u, lr, a: (1 - a) * w - lr * u, "AdamW multiplies its decay by lr."),
            (
                lambda w, u, lr, a: (1 - lr * a) * (w - lr * u),
                "Decay the weights as they were before the update.",
            ),
            (lambda w, u, lr, a: w - lr * u, "That is Adam without decay."),
        ),
        _steps,
    ),
    # 02: model, λ
    "2.4": Exercise(
        lambda model, lam: lam * penalties.l2(penalties.weights(model)),
        "Biases and norm layers make nothing steep, so nothing is asked for them.",
        (
            (
                lambda model, lam: lam * penalties.l2(dict(model.named_parameters())),
                "That penalises biases and norm layers too; penalties.weights leaves them out.",
            ),
            (
                lambda model, lam: (
                    lam
                    * sum(
                        p.square().sum()
                        for name, p in model.named_parameters()
                        if "bias" not in name
                    )
                ),
                "Biases are out, but the scales of the norm layer are still in.",
            ),
            (
                lambda model, lam: lam / 2 * penalties.l2(penalties.weights(model)),
                "No ½ in this convention: λ·Σw².",
            ),
            (lambda model, lam: penalties.l2(penalties.weights(model)), "λ is missing."),
        ),
        lambda: ((_with_norm(), 0.1), (_with_norm(), 2.0)),
    ),
    # 02: singular value, n examples, λ
    "2.5": Exercise(
        lambda sigma, n, lam: sigma**2 / (sigma**2 + n * lam),
        "Wide directions keep nearly all, narrow ones little, none becomes 0.",
        (
            (
                lambda sigma, n, lam: sigma**2 / (sigma**2 + lam),
                "The data loss is a mean: λ stands beside σ²/n, not σ².",
            ),
            (
                lambda sigma, n, lam: sigma / (sigma + n * lam),
                "Square the singular value: XᵀX has σ², not σ.",
            ),
            (
                lambda sigma, n, lam: n * lam / (sigma**2 + n * lam),
                "That is the share taken; asked is what is left.",
            ),
            (
                lambda sigma, n, lam: sigma**2 / (sigma**2 + 2 * n * lam),
                "The 2 of both gradients cancels.",
            ),
        ),
        lambda: ((3.0, 20, 0.1), (0.7, 200, 0.01)),
    ),
    # 02: lr, curvature h
    "2.6": Exercise(
        lambda lr, h: 1 / lr - h / 2,
        "Beyond it each step overshoots by more than it corrects; half the learning rate moves the edge far out.",
        (
            (lambda lr, h: 2 / lr - h, "You forgot the factor 2: the curvature of λw² is 2λ."),
            (lambda lr, h: 1 / lr, "The data loss has a curvature too: h is missing."),
            (
                lambda lr, h: (1 / lr - h) / 2,
                "The edge is lr·(h + 2λ) = 2, not 1: overshooting may still come nearer.",
            ),
            (
                lambda lr, h: 2 / lr,
                "Both the data's curvature h and the factor 2 of λw² are missing.",
            ),
        ),
        lambda: ((0.1, 4.0), (0.01, 30.0)),
    ),
    # 03: data loss, {"linear1.weight": …, "linear1.bias": …}, λ
    "3.1": Exercise(
        lambda loss, layer, lam: loss + lam * layer["linear1.weight"].abs().sum(),
        "A price per unit of absolute weight; the bias stays free.",
        (
            (
                lambda loss, layer, lam: loss + lam * sum(p.abs().sum() for p in layer.values()),
                "You penalised the bias too; it only shifts outputs and should stay free.",
            ),
            (
                lambda loss, layer, lam: loss + lam * layer["linear1.weight"].abs().mean(),
                "The penalty is a sum over the weights, not their mean.",
            ),
            (
                lambda loss, layer, lam: loss + lam * torch.linalg.norm(layer["linear1.weight"], 1),
                "torch.linalg.norm(W, 1) of a matrix is its largest column sum; add up all absolute values.",
            ),
            (
                lambda loss, layer, lam: loss + lam * layer["linear1.weight"].square().sum(),
                "That is L2, not L1.",
            ),
            (
                lambda loss, layer, lam: loss + lam * layer["linear1.weight"].sum(),
                "The absolute value is missing.",
            ),
        ),
        _layers,
    ),
    # 03: w, threshold t
    "3.2": Exercise(
        lambda w, t: penalties.soft_threshold(w, t),
        "Everything moves t towards 0 and stops there.",
        (
            (
                lambda w, t: w * (w.abs() > t),
                "That is the hard threshold: it kills small weights but leaves the others "
                "where they are. L1 moves those by t as well.",
            ),
            (
                lambda w, t: (w - t).clamp_min(0),
                "That is right for positive weights only; give the sign back.",
            ),
            (
                lambda w, t: torch.sign(w) * (w.abs() - t),
                "Without max(…, 0) a small weight jumps over to the other side.",
            ),
            (
                lambda w, t: w / (1 + 2 * t),
                "That is what L2 does: one factor for all, and never 0.",
            ),
        ),
        _thresholds,
    ),
    # 03: w, gradient of the data loss, lr, λ
    "3.3": Exercise(
        lambda w, grad, lr, lam: penalties.soft_threshold(w - lr * grad, lr * lam),
        "First the data's step, then the threshold lr·λ: both parts of the loss get the same step size.",
        (
            (
                lambda w, grad, lr, lam: penalties.soft_threshold(w - lr * grad, lam),
                "You thresholded by λ; the step is lr long, so the threshold is lr·λ.",
            ),
            (
                lambda w, grad, lr, lam: penalties.soft_threshold(w, lr * lam) - lr * grad,
                "You thresholded before the data's step, which then moves the zeros away again.",
            ),
            (
                lambda w, grad, lr, lam: w - lr * (grad + lam * torch.sign(w)),
                "That is the subgradient step; it jumps over 0 instead of stopping there.",
            ),
            (
                lambda w, grad, lr, lam: penalties.soft_threshold(w + lr * grad, lr * lam),
                "Downhill is −lr·gradient.",
            ),
        ),
        _soft_steps,
    ),
    # 03: λ of a loss that sums over n examples, n
    "3.4": Exercise(
        lambda lam, n: lam / (2 * n),
        "Divide the objective by 2n: scikit-learn's ½ and its mean both move into the price.",
        (
            (
                lambda lam, n: lam / n,
                "You forgot the factor 2: scikit-learn halves the mean squared error.",
            ),
            (
                lambda lam, n: lam / 2,
                "That loss is summed over the batch; scikit-learn's is averaged: n is missing.",
            ),
            (
                lambda lam, n: 2 * lam / n,
                "The ½ stands before the data term, so α is half of that λ, not twice.",
            ),
            (
                lambda lam, n: lam * n / 2,
                "Going from a sum to a mean makes the data term smaller, so λ must shrink.",
            ),
        ),
        lambda: ((0.5, 10), (3.0, 200)),
    ),
    # 03: W (hidden, pixels), threshold t
    "3.5": Exercise(
        _group,
        "Each column keeps its direction and loses t of its length: a pixel goes as a whole or stays.",
        (
            (
                lambda w, t: _group(w, t, dim=1),
                "Those are the rows, one per hidden unit; a pixel is a column.",
            ),
            (
                lambda w, t: penalties.soft_threshold(w, t),
                "That is plain L1, each weight for itself.",
            ),
            (
                lambda w, t: w * (1 - t / w.square().sum(0)).clamp_min(0),
                "Divide by the length of the column, not its square: the root is missing.",
            ),
            (
                lambda w, t: w * (w.norm(dim=0) > t),
                "That keeps the longer columns as they are; they lose t of their length as well.",
            ),
        ),
        _thresholds,
    ),
}
