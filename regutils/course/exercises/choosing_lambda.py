"""The exercises of notebook 06: rules that choose, what luck explains, unfair comparisons."""

import math

import torch

from .kinds import Chapter, right, wrong

chapter = Chapter("06_choosing_lambda")


def folds():
    """Cases (errors (λ, fold),), λ ascending."""
    generator = torch.Generator().manual_seed(60)
    means = torch.tensor([0.42, 0.345, 0.33, 0.335, 0.343, 0.37])[:, None]
    cases = []
    for noise, K in ((0.06, 5), (0.09, 10)):
        hard = torch.randn(K, generator=generator)  # a fold is hard for every λ
        own = torch.randn(6, K, generator=generator)
        cases.append((means + noise * (hard - hard.mean()) / hard.std() + 0.002 * own,))
    return tuple(cases)


def paths():
    """Cases (lr, steps)."""
    return ((0.1, 50), (0.02, 300))


def measured():
    """Cases (error, wrong): on labels of which a share is wrong, ten classes."""
    return ((0.36, 0.2), (0.5, 0.3), (0.2, 0.2))


def spreads():
    """Cases (se, rho, K): the usual standard error, folds' correlation, their number."""
    return ((0.05, 0.17, 5), (0.05, 0.1, 10))


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


@one_standard_error.wrong
def took_the_weakest(errors):
    """The weakest λ within one standard error; the rule takes the strongest, the simplest model."""
    score = errors.mean(1)
    best = score.argmin()
    limit = score[best] + errors[best].std() / errors.shape[1] ** 0.5
    return int((score <= limit).nonzero().min())


@chapter.exercise("6.2", cases=paths)
def as_lam(lr, steps):
    """1/(2·lr·steps): a step of this course's loss, without ½, takes 2·lr of the curvature s."""
    return 1 / (2 * lr * steps)


@as_lam.wrong
def with_the_half(lr, steps):
    """Right for ½(y − Xw)²; this course's loss has no ½, so its gradient is twice as large."""
    return 1 / (lr * steps)


@as_lam.wrong
def upside_down(lr, steps):
    """The longer it trains, the weaker the λ: the other way up."""
    return 2 * lr * steps


@as_lam.wrong
def only_the_steps(lr, steps):
    """Half as long steps need twice as many: lr belongs beside the number of steps."""
    return 1 / (2 * steps)


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


@true_error.wrong
def divided(error, wrong):
    """Wrong labels add to the error; dividing only stretches it."""
    return error / (1 - wrong)


@chapter.exercise("6.4", cases=spreads)
def with_correlation(se, rho, K):
    """√(1 + (K − 1)ρ) times the usual: folds that go together are worth fewer than K."""
    return se * math.sqrt(1 + (K - 1) * rho)


@with_correlation.wrong
def without_the_root(se, rho, K):
    """That is the factor of the variance; the standard error has its root."""
    return se * (1 + (K - 1) * rho)


@with_correlation.wrong
def one_pair(se, rho, K):
    """Each fold goes together with K − 1 others, not with one."""
    return se * math.sqrt(1 + rho)


@with_correlation.wrong
def shrunk_by_it(se, rho, K):
    """Correlation takes information away: the standard error grows."""
    return se / math.sqrt(1 + (K - 1) * rho)


@chapter.exercise("6.5", cases=gains)
def strategies(gain, sigma):
    """exp(gain²/2σ²): so many equally good strategies promise that gain by luck, at most."""
    return math.exp(gain**2 / (2 * sigma**2))


@strategies.wrong
def forgot_the_two(gain, sigma):
    """gain = σ√(2 ln m): square it and divide by 2σ², not by σ²."""
    return math.exp(gain**2 / sigma**2)


@strategies.wrong
def forgot_the_square(gain, sigma):
    """The root has to be squared away before ln m stands alone."""
    return math.exp(gain / (2 * sigma))


@strategies.wrong
def stopped_at_the_logarithm(gain, sigma):
    """That is ln m; m itself is asked."""
    return gain**2 / (2 * sigma**2)


@chapter.exercise("6.6", cases=contests)
def wins(a, b):
    """P(A beats B): how often A's error is the lower one, a tie counted half."""
    return ((a < b).double() + (a == b).double() / 2).mean()


@wins.wrong
def lost_the_ties(a, b):
    """A tie counts half for A; you count it for B."""
    return (a < b).double().mean()


@wins.wrong
def gave_a_the_ties(a, b):
    """A tie counts half; you count it whole for A."""
    return (a <= b).double().mean()


@wins.wrong
def counted_the_other(a, b):
    """The lower error wins: you counted how often B beats A."""
    return ((b < a).double() + (a == b).double() / 2).mean()


@wins.wrong
def compared_the_means(a, b):
    """The difference of the means says by how much, not how often."""
    return (b - a).mean()


chapter.choice(
    "6.7",
    'Plot A, "dropout beats L2". What is unfair about it?',
    wrong(
        "The best epoch was picked on the test set, for one of them.",
        "Both bars are taken after the last step. Look at what each was trained on.",
    ),
    right(
        "One was trained on more pictures.",
        "150 against 100: the plot compares amounts of data. Its small print says so.",
    ),
    wrong(
        "λ was tuned, p was not.",
        "Neither was tuned here: p = 0.5 and λ = 0.016 are fixed. Look at the small print.",
    ),
    wrong(
        "Nothing: ten seeds, error bars, one test set.",
        "Seeds and bars are there; what differs between the bars besides the method?",
    ),
)

chapter.choice(
    "6.8",
    'Plot B, "best without a method". What is unfair about it?',
    right(
        "The best epoch was picked on the test set, for one of them.",
        "Early stopping by the test set is a method, and it was given to one side only.",
    ),
    wrong(
        "One was trained on more pictures.",
        "Both have 100. Look at when each was measured.",
    ),
    wrong(
        "λ was tuned, the other was not.",
        "λ = 0.016 is not even its best value. Look at when each was measured.",
    ),
    wrong(
        "Nothing: the same pictures, the same seeds.",
        "They are. But one is measured at its best step on the test set, the other at its last.",
    ),
)

chapter.choice(
    "6.9",
    'Plot C, "dropout, at last". What is unfair about it?',
    wrong(
        "One was trained on more pictures.",
        "Both have 100. Look at how p and λ came about.",
    ),
    wrong(
        "The best epoch was picked on the test set, for one of them.",
        "Both are taken after the last step. Look at how p and λ came about.",
    ),
    wrong(
        "Nothing: both are measured in the same way.",
        "They are; but how many values of p were tried, and how many of λ?",
    ),
    right(
        "One strength was tuned, the other was not.",
        "The best of four p against the first λ that came to mind.",
    ),
)

chapter.choice(
    "6.10",
    "You have chosen among 30 networks by 5-fold cross-validation. Which number do you report?",
    wrong(
        "The lowest of the 30 scores.",
        "It was chosen for being low: part of it is luck, and luck does not come along.",
    ),
    wrong(
        "The mean of the 30 scores.",
        "That is the error of a network taken by lot, not of the one that you chose.",
    ),
    right(
        "The error of the chosen one on pictures that chose nothing, or a nested score.",
        "The examples that choose cannot judge too; nested keeps the two apart.",
    ),
    wrong(
        "The lowest of the 30 scores plus one standard error.",
        "Too careful or not enough, by chance: the standard error does not measure choosing.",
    ),
)
