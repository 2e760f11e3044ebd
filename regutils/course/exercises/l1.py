"""The exercises of notebook 03: absolute values, the soft threshold, whole groups."""

import torch

from ... import penalties
from .kinds import Chapter, normal

chapter = Chapter("03_l1")


def layers():
    """Cases (data loss (), {"linear1.weight": (3, 2), "linear1.bias": (3,)}, λ)."""
    loss, weight, bias = normal(3, (), (3, 2), (3,))
    layer = {"linear1.weight": weight, "linear1.bias": bias}
    return (loss.abs(), layer, 0.1), (loss.abs(), layer, 2.0)


def thresholds():
    """Cases (weights (hidden, inputs), threshold t)."""
    return tuple(zip(normal(5, (4, 6), (4, 6)), (0.3, 1.5)))


def proximal_steps():
    """Cases (weights (d,), gradient of the data loss (d,), lr, λ)."""
    return (*normal(4, 12, 12), 0.1, 0.5), (*normal(6, 12, 12), 0.5, 0.8)


@chapter.exercise("3.1", cases=layers)
def total_loss(data_loss, layer, lam):
    """Each weight costs λ per unit of its absolute value; the bias costs nothing."""
    return data_loss + lam * layer["linear1.weight"].abs().sum()


@total_loss.wrong
def penalised_the_bias(data_loss, layer, lam):
    """You penalised the bias too; leave it out, as in 01 and 02."""
    return data_loss + lam * sum(p.abs().sum() for p in layer.values())


@total_loss.wrong
def took_the_mean(data_loss, layer, lam):
    """The penalty is a sum over the weights, not their mean."""
    return data_loss + lam * layer["linear1.weight"].abs().mean()


@total_loss.wrong
def took_the_norm_of_a_matrix(data_loss, layer, lam):
    """torch.linalg.norm(W, 1) of a matrix is its largest column sum; add up all absolute values."""
    return data_loss + lam * torch.linalg.norm(layer["linear1.weight"], 1)


@total_loss.wrong
def took_squares(data_loss, layer, lam):
    """That is L2, not L1."""
    return data_loss + lam * layer["linear1.weight"].square().sum()


@chapter.exercise("3.2", cases=thresholds)
def threshold_me(w, t):
    """Everything moves t towards 0 and stops there."""
    return penalties.soft_threshold(w, t)


@threshold_me.wrong
def cut_hard(w, t):
    """That is the hard threshold: it kills small weights but leaves the others where they are. L1
    moves those by t as well."""
    return w * (w.abs() > t)


@threshold_me.wrong
def forgot_negative_weights(w, t):
    """That is right for positive weights only; give the sign back."""
    return (w - t).clamp_min(0)


@threshold_me.wrong
def jumped_over_zero(w, t):
    """Without max(…, 0) a small weight jumps over to the other side."""
    return torch.sign(w) * (w.abs() - t)


@threshold_me.wrong
def shrank_as_l2_does(w, t):
    """That is what L2 does: one factor for all, and never 0."""
    return w / (1 + 2 * t)


@chapter.exercise("3.3", cases=proximal_steps)
def proximal_step(w, grad, lr, lam):
    """First the data's step, then the threshold lr·λ: both parts of the loss get the same step
    size."""
    return penalties.soft_threshold(w - lr * grad, lr * lam)


@proximal_step.wrong
def thresholded_by_lambda(w, grad, lr, lam):
    """You thresholded by λ; the step is lr long, so the threshold is lr·λ."""
    return penalties.soft_threshold(w - lr * grad, lam)


@proximal_step.wrong
def thresholded_first(w, grad, lr, lam):
    """You thresholded before the data's step, which then moves the zeros away again."""
    return penalties.soft_threshold(w, lr * lam) - lr * grad


@proximal_step.wrong
def took_a_subgradient(w, grad, lr, lam):
    """That is the subgradient step; it jumps over 0 instead of stopping there."""
    return w - lr * (grad + lam * torch.sign(w))


@chapter.exercise("3.4", cases=lambda: ((0.5, 10), (3.0, 200)))
def alpha(lam, n):
    """Divide the objective by 2n: scikit-learn's ½ and its mean both move into the price."""
    return lam / (2 * n)


@alpha.wrong
def forgot_the_half(lam, n):
    """You forgot the factor 2: scikit-learn halves the mean squared error."""
    return lam / n


@alpha.wrong
def forgot_n(lam, n):
    """That loss is summed over the batch; scikit-learn's is averaged: n is missing."""
    return lam / 2


@chapter.exercise("3.5", cases=thresholds)
def shorten_columns(W, t):
    """Each column keeps its direction and loses t of its length: a pixel goes as a whole or
    stays."""
    return W * (1 - t / W.norm(dim=0)).clamp_min(0)


@shorten_columns.wrong
def shortened_rows(W, t):
    """Those are the rows, one per hidden unit; a pixel is a column."""
    return W * (1 - t / W.norm(dim=1, keepdim=True)).clamp_min(0)


@shorten_columns.wrong
def thresholded_each_weight(W, t):
    """That is plain L1, each weight for itself."""
    return penalties.soft_threshold(W, t)


@shorten_columns.wrong
def forgot_the_root(W, t):
    """Divide by the length of the column, not its square: the root is missing."""
    return W * (1 - t / W.square().sum(0)).clamp_min(0)


chapter.choice(
    "3.6",
    right="B",
    A="Many are as small, but none rests: the slope of |w| is ±1 up to the very 0, so each step "
    "jumps over it.",
    B="The pull does not fade near 0, so a weight arrives with full speed and passes it.",
    C="That is L2. The pull of L1 is λ however small the weight.",
    D="At the minimum it is so; gradient steps only circle around that minimum.",
)

chapter.choice(
    "3.7",
    right="D",
    A="Another sample of patients may keep the second and drop the first: each says nearly all "
    "that the other says.",
    B="It may be so, but the lasso picks one of two equally accurate twins as well.",
    C="A smaller λ may keep both and would not make the choice between them any steadier.",
    D="Among correlated inputs the choice is an estimate, and a noisy one.",
)

chapter.choice(
    "3.8",
    right="A",
    A="There it can leave out what only adds noise, and ridge and stopping cannot.",
    B="There is nothing to leave out then: section 3 with 100 true features.",
    C="With many examples a feature there is little to overfit, and all methods come near least "
    "squares: the diabetes data are nearly such a case.",
    D="In the digits network nine weights in ten go, and the error does not fall. Sparse is not "
    "the same as better.",
)
