"""The exercises of notebook 01: what a penalty is, and how its strength is chosen."""

import torch

from .kinds import Chapter, normal

chapter = Chapter("01_concept")


def losses_and_weights():
    """Cases (data loss (), weights (d,), λ)."""
    loss, few, many = normal(0, (), 3, 5)
    return (loss.abs(), few, 0.1), (loss.abs(), many, 2.0)


def regressions():
    """Cases (X (n, d), y (n,), λ)."""
    return (*normal(1, (8, 3), 8), 0.1), (*normal(2, (20, 3), 20), 1.0)


@chapter.exercise("1.1", cases=losses_and_weights)
def total_loss(data_loss, w, lam):
    """The penalty is a price per unit of squared weight, added to the loss."""
    return data_loss + lam * (w**2).sum()


@total_loss.wrong
def halved_the_penalty(data_loss, w, lam):
    """There is no ½ in this convention: λ·Σw²."""
    return data_loss + lam / 2 * (w**2).sum()


@total_loss.wrong
def took_the_mean(data_loss, w, lam):
    """The penalty is a sum over the weights, not their mean."""
    return data_loss + lam * (w**2).mean()


@total_loss.wrong
def took_absolute_values(data_loss, w, lam):
    """That is L1; L2 squares the weights."""
    return data_loss + lam * w.abs().sum()


@total_loss.wrong
def forgot_lambda(data_loss, w, lam):
    """λ is missing: it sets the price of the penalty."""
    return data_loss + (w**2).sum()


@total_loss.wrong
def forgot_the_data_loss(data_loss, w, lam):
    """That is the penalty alone; the data loss belongs to the total."""
    return lam * (w**2).sum()


@total_loss.wrong
def forgot_the_sum(data_loss, w, lam):
    """That is one loss per weight: the penalty is the sum over all of them."""
    return data_loss + lam * w**2


@chapter.exercise("1.2", cases=losses_and_weights)
def penalty_gradient(data_loss, w, lam):
    """The pull towards zero is proportional to the weight: big weights are pulled hard, small ones
    hardly."""
    return 2 * lam * w


@penalty_gradient.wrong
def forgot_the_factor_two(data_loss, w, lam):
    """You forgot the factor 2: the derivative of w² is 2w."""
    return lam * w


@penalty_gradient.wrong
def gave_the_gradient_of_l1(data_loss, w, lam):
    """That is the gradient of L1, λ·sign(w)."""
    return lam * torch.sign(w)


@penalty_gradient.wrong
def pointed_downhill(data_loss, w, lam):
    """That is the step (downhill); the gradient points uphill."""
    return -2 * lam * w


@penalty_gradient.wrong
def gradient_without_lambda(data_loss, w, lam):
    """λ is missing."""
    return 2 * w


@penalty_gradient.wrong
def gave_the_penalty(data_loss, w, lam):
    """That is the penalty itself; asked is its slope along each weight."""
    return lam * (w**2).sum()


def solved(X, y, lam, n):
    """The minimum of squared error divided by n, plus λΣw²: weights (d,)."""
    return torch.linalg.solve(X.T @ X / n + lam * torch.eye(X.shape[1]), X.T @ y / n)


@chapter.exercise("1.3", cases=regressions)
def ridge(X, y, lam):
    """Setting the gradient to zero gives a linear system; λ on its diagonal makes it solvable for
    any X."""
    return solved(X, y, lam, n=len(y))


@ridge.wrong
def forgot_to_divide_by_n(X, y, lam):
    """The data loss is a mean: divide XᵀX and Xᵀy by n."""
    return solved(X, y, lam, n=1)


@ridge.wrong
def counted_lambda_half(X, y, lam):
    """Your λ counts half: the 2 of both gradients cancels."""
    return solved(X, y, lam / 2, n=len(y))


@ridge.wrong
def counted_lambda_twice(X, y, lam):
    """Your λ counts twice: the 2 of both gradients cancels."""
    return solved(X, y, 2 * lam, n=len(y))


@ridge.wrong
def fitted_without_a_penalty(X, y, lam):
    """That is the fit without a penalty: λ is missing."""
    return solved(X, y, 0.0, n=len(y))


@chapter.exercise("1.4")
def my_lambda(lams, train, val):
    """Choose on the validation error, averaged over seeds; the training error always prefers λ
    near 0."""
    return lams[val.mean(1).argmin()]


@my_lambda.wrong
def chose_by_training_error(lams, train, val):
    """That λ has the lowest training error; it overfits."""
    return lams[train.mean(1).argmin()]


@my_lambda.wrong
def gave_the_position(lams, train, val):
    """That is a position in the list; the answer is the λ there."""
    return val.mean(1).argmin()


@my_lambda.wrong
def chose_one_lucky_seed(lams, train, val):
    """That is one lucky seed; average over the seeds."""
    return lams[val.min(1).values.argmin()]


@my_lambda.wrong
def gave_the_error(lams, train, val):
    """That is the error; the answer is the λ where it is reached."""
    return val.mean(1).min()


chapter.choice(
    "1.5",
    right="D",
    A="A training error can be lowered by following the noise: degree 15 has the lowest of all, "
    "and by far the largest validation error.",
    B="A small training error alone proves nothing in this direction either: degree 3 has a "
    "smaller one than degree 1, and is better on new points as well.",
    C="The law is the same, the two fitted curves are not, and each misses it in its own way.",
    D="Only points that were kept away from the fit can tell; that is what the validation set is "
    "for.",
)

chapter.choice(
    "1.6",
    right="B",
    A="The other way round: a higher price makes the curves stiffer, so they scatter less and bend "
    "less.",
    B="That is the bargain: less scatter, bought with some stiffness.",
    C="Nothing special happens where the two are equal; the sum is lowest where one falls as fast "
    "as the other rises.",
    D="The noise is in the data; no λ changes it.",
)

chapter.choice(
    "1.7",
    right="C",
    A="No λ is large enough: the weights shrink together, one may pass through 0, none stays.",
    B="The square does not know a sign: weights of both signs are pulled towards 0.",
    C="L2 pulls by 2λw, next to nothing near 0, and the slightest pull of the data wins; L1 pulls "
    "by λ however small the weight.",
    D="Both can be made as large as you like; what matters are the corners of the diamond.",
)

chapter.choice(
    "1.8",
    right="D",
    A="Nothing was trained on them, but something was chosen by them: the lowest of nine is partly "
    "luck.",
    B="That makes the choice steadier, yet the chosen mean is still the luckiest of nine on these "
    "very pictures.",
    C="A small set makes each error uncertain, up and down; choosing the lowest takes the lucky "
    "side.",
    D="The best of several flatters; that is what the test set is kept for.",
)
