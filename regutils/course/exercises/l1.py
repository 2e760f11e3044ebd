"""The exercises of notebook 03: absolute values, the soft threshold, whole groups."""

import torch

from ... import penalties
from .kinds import Chapter, right, wrong

chapter = Chapter("03_l1")


def layers():
    """Cases (data loss (), {"linear1.weight": (3, 2), "linear1.bias": (3,)}, λ)."""
    generator = torch.Generator().manual_seed(3)
    parameters = [
        {
            "linear1.weight": torch.randn(3, 2, generator=generator),
            "linear1.bias": torch.randn(3, generator=generator),
        }
        for _ in range(2)
    ]
    return tuple(
        (torch.rand((), generator=generator), layer, lam)
        for layer, lam in zip(parameters, (0.1, 2.0))
    )


def thresholds():
    """Cases (weights (hidden, inputs), threshold t)."""
    generator = torch.Generator().manual_seed(5)
    return tuple((torch.randn(4, 6, generator=generator), t) for t in (0.3, 1.5))


def proximal_steps():
    """Cases (weights (d,), gradient of the data loss (d,), lr, λ)."""
    generator = torch.Generator().manual_seed(4)
    return tuple(
        (torch.randn(12, generator=generator), torch.randn(12, generator=generator), lr, lam)
        for lr, lam in ((0.1, 0.5), (0.5, 0.2))
    )


@chapter.exercise("3.1", cases=layers)
def total_loss(data_loss, layer, lam):
    """A price per unit of absolute weight; the bias stays free."""
    return data_loss + lam * layer["linear1.weight"].abs().sum()


@total_loss.wrong
def penalised_the_bias(data_loss, layer, lam):
    """You penalised the bias too; it only shifts outputs and should stay free."""
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


@total_loss.wrong
def forgot_the_absolute_value(data_loss, layer, lam):
    """The absolute value is missing."""
    return data_loss + lam * layer["linear1.weight"].sum()


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


@proximal_step.wrong
def walked_uphill(w, grad, lr, lam):
    """Downhill is −lr·gradient."""
    return penalties.soft_threshold(w + lr * grad, lr * lam)


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


@alpha.wrong
def doubled_instead_of_halved(lam, n):
    """The ½ stands before the data term, so α is half of that λ, not twice."""
    return 2 * lam / n


@alpha.wrong
def multiplied_by_n(lam, n):
    """Going from a sum to a mean makes the data term smaller, so λ must shrink."""
    return lam * n / 2


def shortened(W, t, dim):
    """Each group of weights, along `dim`, shorter by t."""
    return W * (1 - t / W.norm(dim=dim, keepdim=True)).clamp_min(0)


@chapter.exercise("3.5", cases=thresholds)
def shorten_columns(W, t):
    """Each column keeps its direction and loses t of its length: a pixel goes as a whole or
    stays."""
    return shortened(W, t, dim=0)


@shorten_columns.wrong
def shortened_rows(W, t):
    """Those are the rows, one per hidden unit; a pixel is a column."""
    return shortened(W, t, dim=1)


@shorten_columns.wrong
def thresholded_each_weight(W, t):
    """That is plain L1, each weight for itself."""
    return penalties.soft_threshold(W, t)


@shorten_columns.wrong
def forgot_the_root(W, t):
    """Divide by the length of the column, not its square: the root is missing."""
    return W * (1 - t / W.square().sum(0)).clamp_min(0)


@shorten_columns.wrong
def kept_long_columns(W, t):
    """That keeps the longer columns as they are; they lose t of their length as well."""
    return W * (W.norm(dim=0) > t)


chapter.choice(
    "3.6",
    "You add λ·Σ|w| to the loss and train with SGD as usual. How many weights are exactly 0 at the "
    "end?",
    wrong(
        "About as many as with the soft threshold.",
        "Many are as small, but none rests: the slope of |w| is ±1 up to the very 0, so each step "
        "jumps over it.",
    ),
    right(
        "None, or one by a freak of rounding: each hops around 0 in steps of about lr·λ.",
        "The pull does not fade near 0, so a weight arrives with full speed and passes it.",
    ),
    wrong(
        "None: the pull of L1 fades as a weight comes near 0.",
        "That is L2. The pull of L1 is λ however small the weight.",
    ),
    wrong(
        "All on which the data pull by less than λ.",
        "At the minimum it is so; gradient steps only circle around that minimum.",
    ),
)

chapter.choice(
    "3.7",
    "Two blood values are strongly correlated. On your patients the lasso keeps the first and "
    "drops the second. What does that tell you?",
    wrong(
        "The second has nothing to do with the disease.",
        "Another sample of patients may keep the second and drop the first: "
        "each says nearly all that the other says.",
    ),
    wrong(
        "The first was measured more accurately.",
        "It may be so, but the lasso picks one of two equally accurate twins as well.",
    ),
    wrong(
        "λ was too large: both belong to the model.",
        "A smaller λ may keep both and would not make the choice between them any steadier.",
    ),
    right(
        "One of the two was enough for these patients, and the first fitted them a little better.",
        "Among correlated inputs the choice is an estimate, and a noisy one.",
    ),
)

chapter.choice(
    "3.8",
    "With L1 most first-layer weights of the digits network are 0, and its validation error is "
    "about what it was. What did L1 buy here?",
    right(
        "A smaller network, and sight of the connections that it does without.",
        "Needless weights can be seen, and cut without loss; better answers are another matter.",
    ),
    wrong(
        "Accuracy: with fewer weights there is less overfitting.",
        "The validation error did not fall: these labels are clean, there is little noise to "
        "refuse.",
    ),
    wrong(
        "Nothing that L2 would not have bought: both shrink the weights.",
        "L2 shrinks all and removes none; cut down to a few weights in a hundred, "
        "its network makes many more errors.",
    ),
    wrong(
        "Faster training.",
        "Each step is as long as before, with a threshold on top of it.",
    ),
)
