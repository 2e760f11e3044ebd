"""The exercises of notebook 07: λ that moves, where a step diverges, units that do nothing."""

import torch

from .kinds import Chapter, normal

chapter = Chapter("07_playground")


def schedules():
    """Cases (w, lr, lams (T,)): a weight, and the λ of each step."""
    return (
        (2.0, 0.1, torch.tensor([0.0, 0.5, 1.0, 2.0])),
        (-0.5, 0.05, torch.tensor([3.0, 3.0, 0.0])),
    )


def optimizers():
    """Cases (lr, momentum)."""
    return ((0.1, 0.0), (0.5, 0.9), (0.02, 0.5))


def layers():
    """Cases (acts (n, units), onward (outputs, units)): activations, and weights that lead on."""
    acts, onward = normal(70, (6, 5), (3, 5))
    acts = acts.relu()
    acts[:, 1] = 0.0
    acts[:, 3] = 0.7
    onward[:, 4] = 0.0
    onward[0, 2] = 0.0
    return ((acts, onward), (acts[:, :3], onward[:, :3]))


@chapter.exercise("7.1", cases=schedules)
def shrunk(w, lr, lams):
    """Each step multiplies by 1 − 2·lr·λ with the λ of that step; what counts is their product."""
    for lam in lams:
        w = w * (1 - 2 * lr * lam)
    return w


@shrunk.wrong
def forgot_the_two(w, lr, lams):
    """The gradient of λw² is 2λw: a factor 2 is missing."""
    for lam in lams:
        w = w * (1 - lr * lam)
    return w


@shrunk.wrong
def took_the_last(w, lr, lams):
    """You use the last λ for every step; each step has its own."""
    return w * (1 - 2 * lr * lams[-1]) ** len(lams)


@shrunk.wrong
def took_the_mean(w, lr, lams):
    """The mean λ in every step is close while lr·λ is small, and not the same: multiply."""
    return w * (1 - 2 * lr * lams.mean()) ** len(lams)


@shrunk.wrong
def one_step_with_the_sum(w, lr, lams):
    """One step with the sum of all λ; there are as many steps as values."""
    return w * (1 - 2 * lr * lams.sum())


@chapter.exercise("7.2", cases=optimizers)
def edge(lr, momentum):
    """(1 + momentum)/lr; without momentum 1/lr, where 1 − 2·lr·λ reaches −1."""
    return (1 + momentum) / lr


@edge.wrong
def without_momentum(lr, momentum):
    """Right without momentum. With it the step before is added, and the edge moves outward."""
    return 1 / lr


@edge.wrong
def forgot_the_gradient_is_two_lam_w(lr, momentum):
    """lr·h < 2(1 + momentum) is asked of the curvature h, and that of λw² is 2λ."""
    return 2 * (1 + momentum) / lr


@edge.wrong
def as_if_it_were_a_longer_step(lr, momentum):
    """Momentum makes the path 1/(1 − momentum) times longer, but the edge moves the other way."""
    return (1 - momentum) / lr


@chapter.exercise("7.3", cases=layers)
def silent(acts, onward):
    """The same output for every example adds a constant; a unit without onward weights nothing."""
    return (acts.max(0).values == acts.min(0).values) | (onward == 0).all(0)


@silent.wrong
def only_those_at_zero(acts, onward):
    """A unit that gives 0.7 for every example tells the examples apart as little as one at 0."""
    return (acts == 0).all(0) | (onward == 0).all(0)


@silent.wrong
def only_the_activations(acts, onward):
    """A unit whose weights to the next layer are all 0 changes nothing, whatever it gives."""
    return acts.max(0).values == acts.min(0).values


@silent.wrong
def one_weight_is_enough(acts, onward):
    """One onward weight at 0 leaves the others: all of a unit's onward weights must be 0."""
    return (acts.max(0).values == acts.min(0).values) | (onward == 0).any(0)


@silent.wrong
def mixed_up_the_sides(acts, onward):
    """That is one flag per example or output; one per unit is asked: look along the other axis."""
    return acts.max(1).values == acts.min(1).values


chapter.choice(
    "7.4",
    right="C",
    A="The loss curves of both look alike; the weights do not. Look at the spike at 0.",
    B="Those come close to 0 and swing around it by lr·λ; close is not 0.",
    C="Each step moves a weight by lr·λ whatever its size, so it passes 0 and comes back.",
    D="A larger λ makes the steps around 0 larger; they still do not end on it.",
)

chapter.choice(
    "7.5",
    right="B",
    A="Only against a network that was trained too long: stopped, the other one is ahead.",
    B="And the comparison is fair only if each of them may stop by the same rule.",
    C='One data set and one network do not carry an "elsewhere"; and λ needs no stopping rule.',
    D="Both end in a network, and both networks are judged on the same points.",
)

chapter.choice(
    "7.6",
    right="D",
    A="λ·Σw² has the gradient 2λw, so PyTorch's weight_decay is twice the slider's λ.",
    B="There Adam divides the penalty's gradient by its own size; AdamW keeps it out of that.",
    C="AdamW then decays by its own default of 0.01 besides.",
    D='Decoupled decay, twice λ; "Show me the PyTorch" writes just that.',
)
