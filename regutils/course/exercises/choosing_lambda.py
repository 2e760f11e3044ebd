"""The exercises of notebook 06: rules that choose, paired errors, unfair comparisons."""

import math

import torch

from .kinds import Chapter, normal

chapter = Chapter("06_choosing_lambda")


def folds():
    """Cases (errors (λ, fold),), λ ascending."""
    means = torch.tensor([0.42, 0.345, 0.33, 0.335, 0.343, 0.37])[:, None]
    cases = []
    for noise, K in ((0.06, 5), (0.09, 10)):
        hard, own = normal(60, K, (6, K))  # a fold is hard for every λ
        cases.append((means + noise * (hard - hard.mean()) / hard.std() + 0.002 * own,))
    return tuple(cases)


def pairs():
    """Cases (a (K,), b (K,)): errors of two λ on the same folds."""
    drawn = (normal(62, K, (2, K)) for K in (5, 10))
    return tuple(tuple(0.35 + 0.06 * hard + 0.02 * own) for hard, own in drawn)


def measured():
    """Cases (error, wrong): on labels of which a share is wrong, ten classes."""
    return ((0.36, 0.2), (0.5, 0.3), (0.2, 0.2))


def gains():
    """Cases (gain, sigma)."""
    return ((0.12, 0.06), (0.05, 0.04))


def contests():
    """Cases (a (n,), b (n,)): errors of two methods in n trainings."""
    generator = torch.Generator().manual_seed(61)
    a = torch.randint(15, 25, (40,), generator=generator) / 100
    b = torch.randint(17, 27, (40,), generator=generator) / 100
    return ((a, b), (b, a))


@chapter.exercise("6.1", cases=folds)
def one_standard_error(errors):
    """The strongest λ within one standard error of the lowest mean: a deliberate step aside."""
    score = errors.mean(1)
    best = score.argmin()
    limit = score[best] + errors[best].std() / errors.shape[1] ** 0.5
    return int((score <= limit).nonzero().max())


@one_standard_error.wrong
def took_the_lowest(errors):
    """That is the lowest mean itself; the rule goes on to the strongest λ nearly as good."""
    return int(errors.mean(1).argmin())


@one_standard_error.wrong
def took_the_standard_deviation(errors):
    """One standard deviation of a single fold; that of the mean over K folds is √K smaller."""
    score = errors.mean(1)
    best = score.argmin()
    return int((score <= score[best] + errors[best].std()).nonzero().max())


@chapter.exercise("6.2", cases=pairs)
def paired_error(a, b):
    """What both folds share cancels in the difference; the rest is a standard error as usual."""
    return (a - b).std() / len(a) ** 0.5


@paired_error.wrong
def as_if_independent(a, b):
    """Right for two λ on different folds; here a fold that is hard for one is hard for both."""
    return ((a.var() + b.var()) / len(a)) ** 0.5


@paired_error.wrong
def forgot_the_root_of_K(a, b):
    """That is the spread of one fold's difference; their mean's is √K smaller."""
    return (a - b).std()


@chapter.exercise("6.3", cases=measured)
def true_error(error, wrong):
    """A straight line, so the ranking of methods survives; a perfect network scores `wrong`."""
    return (error - wrong) / (1 - wrong - wrong / 9)


@true_error.wrong
def subtracted(error, wrong):
    """Right for a perfect network; where it errs, a wrong label sometimes agrees with it."""
    return error - wrong


@true_error.wrong
def forgot_the_ninth(error, wrong):
    """A wrong answer meets a wrong label one time in nine, and counts as right then."""
    return (error - wrong) / (1 - wrong)


@chapter.exercise("6.4", cases=gains)
def strategies(gain, sigma):
    """exp(gain²/2σ²): so many equally good strategies promise that gain by chance, at most."""
    return math.exp(gain**2 / (2 * sigma**2))


@strategies.wrong
def forgot_the_two(gain, sigma):
    """gain = σ√(2 ln m): square it and divide by 2σ², not by σ²."""
    return math.exp(gain**2 / sigma**2)


@strategies.wrong
def stopped_at_the_logarithm(gain, sigma):
    """That is ln m; m itself is asked."""
    return gain**2 / (2 * sigma**2)


@chapter.exercise("6.5", cases=contests)
def wins(a, b):
    """P(A beats B): how often A's error is the lower one, a tie counted half."""
    return ((a < b).double() + (a == b).double() / 2).mean()


@wins.wrong
def lost_the_ties(a, b):
    """A tie counts half for A; you count it for B."""
    return (a < b).double().mean()


@wins.wrong
def counted_the_other(a, b):
    """The lower error wins: you counted how often B beats A."""
    return ((b < a).double() + (a == b).double() / 2).mean()


chapter.choice(
    "6.6",
    right="B",
    A="Both bars are taken after the last step. What could the right-hand method have done?",
    B="Stopping costs nothing, and it takes most of the gap away.",
    C="The same hundred data sets for both. Look at when each was measured.",
    D="The same step is not the same chance: one of them overfits more with each step.",
)

chapter.choice(
    "6.7",
    right="A",
    A="Stopping is a method, and here the test set did the stopping, for one side only.",
    B="It has fewer: it is measured where its test error is lowest. How was that step found?",
    C="The same hundred data sets for both. Look at how the step was chosen.",
    D="They are. But one is measured at its best step on the test set, the other at its last.",
)

chapter.choice(
    "6.8",
    right="D",
    A="5-fold picked it, on the training digits. Look at how p and λ came about.",
    B="The same hundred data sets for both. Look at how p and λ came about.",
    C="So it was; but how many values of p were tried, and how many of λ?",
    D="The best of ten p against the first λ that came to mind.",
)

chapter.choice(
    "6.9",
    right="C",
    A="It was chosen for being low: part of it is chance, which does not come along.",
    B="That is the error of a network picked at random, not of the one that you chose.",
    C="The examples that choose cannot judge too; nested keeps the two apart.",
    D="Too careful or not enough, by chance: the standard error does not measure choosing.",
)
