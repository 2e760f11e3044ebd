"""The exercises of notebook 04: masks, modes, noise as a penalty."""

import copy

import torch
from torch import nn

from ... import models
from .kinds import Chapter, normal

chapter = Chapter("04_dropout")


def masks():
    """Cases (activations (n, units), whether each is kept (n, units), p)."""
    x, noise = normal(4, (4, 6), (4, 6))
    return (x, noise > -1, 0.2), (x, noise > 0, 0.6)


def coins():
    """Cases (uniform random numbers (n, units), p)."""
    u = torch.rand(6, 8, generator=torch.Generator().manual_seed(5))
    return (u, 0.2), (u, 0.7)


def regressions():
    """Cases (X (n, d), y (n,), w (d,), p)."""
    regression = normal(6, (9, 3), 9, 3)
    return (*regression, 0.2), (*regression, 0.6)


class HalfSilent(nn.Module):
    """Dropout without chance: in training mode the same half of the units is off, so that a
    forgotten eval() shows."""

    def forward(self, x):
        return x * (torch.arange(x.shape[-1]) % 2) * 2 if self.training else x


def networks():
    """Cases (model, inputs (n, 3)): the model once in training mode, once in evaluation mode."""
    model = models.seeded(lambda: nn.Sequential(nn.Linear(3, 4), HalfSilent(), nn.Linear(4, 2)), 7)
    (x,) = normal(7, (5, 3))
    return (model, x), (copy.deepcopy(model).eval(), x)


@chapter.exercise("4.1", cases=masks)
def apply_mask(x, keep, p):
    """A share of 1 − p survives, so dividing by 1 − p keeps the mean."""
    return x * keep / (1 - p)


@apply_mask.wrong
def did_not_scale(x, keep, p):
    """Not scaled in training: that is the 2014 form, which scales at test time."""
    return x * keep


@apply_mask.wrong
def multiplied_instead_of_divided(x, keep, p):
    """Scaled at the wrong time: × (1 − p) is for test time; divide here."""
    return x * keep * (1 - p)


@apply_mask.wrong
def divided_by_what_is_dropped(x, keep, p):
    """Divide by the share that survives, 1 − p, not by the share dropped."""
    return x * keep / p


@apply_mask.wrong
def turned_the_mask_inside_out(x, keep, p):
    """Inside out: keep is true for the units that stay."""
    return x * ~keep / (1 - p)


@chapter.exercise("4.2", cases=coins)
def make_mask(u, p):
    """u ≥ p has probability 1 − p, and every unit of every example has its own coin."""
    return u >= p


@make_mask.wrong
def kept_with_probability_p(u, p):
    """You dropped with probability 1 − p: u < p is true with probability p."""
    return u < p


@make_mask.wrong
def made_one_row(u, p):
    """One mask for the whole batch: every example needs its own row."""
    return u[0] >= p


@chapter.exercise("4.3", cases=networks)
def predict(model, x):
    """Evaluation mode for the prediction, the old mode for what comes after."""
    was_training = model.training
    model.eval()
    outputs = model(x)
    model.train(was_training)
    return outputs


@predict.wrong
def forgot_eval(model, x):
    """You forgot eval(): a model in training mode predicts with its masks on."""
    return model(x)


@predict.wrong
def left_it_in_evaluation_mode(model, x):
    """The outputs are right, but the model stays in evaluation mode: whoever goes on training it
    trains without dropout."""
    return model.eval()(x)


def dropout_loss(X, y, w, factor):
    """Squared errors plus `factor` times the price of noise in each input."""
    return ((y - X @ w) ** 2).sum() + factor * (w**2 * (X**2).sum(0)).sum()


@chapter.exercise("4.4", cases=regressions)
def expected(X, y, w, p):
    """The noise costs most where the input is large: an L2 with a strength of its own for each
    weight."""
    return dropout_loss(X, y, w, p / (1 - p))


@expected.wrong
def forgot_the_scaling(X, y, w, p):
    """The factor is p/(1 − p): the survivors were scaled up."""
    return dropout_loss(X, y, w, p)


@expected.wrong
def took_plain_l2(X, y, w, p):
    """That is plain L2; each wⱼ² is weighted by its column's Σx²."""
    return ((y - X @ w) ** 2).sum() + p / (1 - p) * (w**2).sum()


@expected.wrong
def took_the_mean(X, y, w, p):
    """Sums here, not means over the examples."""
    return dropout_loss(X, y, w, p / (1 - p)) / len(y)


chapter.choice(
    "4.5",
    right="C",
    A="That is the mode it seems to be in: it switches the masks on.",
    B="That saves time and memory; the masks stay on.",
    C="In evaluation mode a network is a function: the same picture, the same answer.",
    D="Then the answers agree, but they are those of one broken network, the same each time.",
)

chapter.choice(
    "4.6",
    right="A",
    A="Compare losses in one mode only: in section 2 the training loss was lower in evaluation.",
    B="Better than without dropout, perhaps; but not better than on those it learns from.",
    C="They may be, but in section 2, measured in the same mode, the order of the two turned "
    "round.",
    D="At p = 0 there are no masks, and both losses are those of the whole network: the effect "
    "comes from a p that is large.",
)

chapter.choice(
    "4.7",
    right="B",
    A="Worth a look, but a better p would not tell what the gain is a gain over.",
    B="Both should stop by the same rule; in section 3 stopping alone gained more than that.",
    C="Predictions are made in evaluation mode, so errors are measured in it.",
    D="It says how many of the labels were learnt, wrong ones included, and not which is better.",
)

chapter.choice(
    "4.8",
    right="B",
    A="It draws fewer coins, but that is not why: the multiplication is the same.",
    B="What is dropped alone can be read off the neighbours: little was hidden.",
    C="Both forms divide by 1 − p, and both keep the mean.",
    D="The other maps looked at the same picture: in section 6 they restored a good part.",
)
