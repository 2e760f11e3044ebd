"""The exercises of notebook 05: an honest loss, an honest protocol, an honest forecast."""

import torch

from .kinds import Chapter

chapter = Chapter("05_cifar10")


def batches():
    """Cases (mean loss of each batch (b,), size of each batch (b,))."""
    return (
        (torch.tensor([2.3, 2.1, 1.0]), torch.tensor([64, 64, 16])),
        (torch.tensor([0.5, 1.5]), torch.tensor([10, 1])),
    )


@chapter.exercise("5.1", cases=batches)
def mean_loss(losses, sizes):
    """A mean per picture can be compared between batch sizes, datasets and papers."""
    return (losses * sizes).sum() / sizes.sum()


@mean_loss.wrong
def added_up_the_means(losses, sizes):
    """That is the note's sum: with half the batch size it would be twice it."""
    return losses.sum()


@mean_loss.wrong
def took_the_mean_of_means(losses, sizes):
    """The last batch is shorter, yet counts as much as a full one."""
    return losses.mean()


@mean_loss.wrong
def forgot_to_divide(losses, sizes):
    """That is the sum over pictures; divide by their number."""
    return (losses * sizes).sum()


@mean_loss.wrong
def forgot_to_weigh(losses, sizes):
    """A batch's mean counts once per picture: weigh it first."""
    return losses.sum() / sizes.sum()


chapter.choice(
    "5.2",
    right="C",
    A="Cutting once, with a fixed seed, is what keeps the parts apart.",
    B="They come from the training part alone: nothing of the test part is in them.",
    C="Choosing the epoch is choosing; whatever is chosen must be chosen without the test part.",
    D="The validation part is there for choosing.",
    E="Reporting is what the test part is for, once nothing is left to choose.",
)


@chapter.exercise("5.3")
def lambda_and_accuracy(lams, fit_error, new_error):
    """Chosen by the mean over seeds; as the best of several it flatters a little, so expect rather
    less."""
    return lams[new_error.mean(1).argmin()], 1 - new_error.mean(1).min()


@lambda_and_accuracy.wrong
def gave_the_error(lams, fit_error, new_error):
    """The error is asked as an accuracy."""
    return lams[new_error.mean(1).argmin()], new_error.mean(1).min()


@lambda_and_accuracy.wrong
def chose_by_training_error(lams, fit_error, new_error):
    """That is the λ with the best training error, and its training accuracy: new pictures will be
    far harder."""
    return lams[fit_error.mean(1).argmin()], 1 - fit_error.mean(1).min()


@lambda_and_accuracy.wrong
def promised_the_training_accuracy(lams, fit_error, new_error):
    """The λ is right; its accuracy on training pictures is not what test pictures will show."""
    k = new_error.mean(1).argmin()
    return lams[k], 1 - fit_error[k].mean()


@lambda_and_accuracy.wrong
def chose_one_lucky_seed(lams, fit_error, new_error):
    """That is one lucky seed."""
    return lams[new_error.min(1).values.argmin()], 1 - new_error.min()


@lambda_and_accuracy.wrong
def gave_the_position(lams, fit_error, new_error):
    """That is a position in the list; the answer is the λ there."""
    return new_error.mean(1).argmin(), 1 - new_error.mean(1).min()


chapter.choice(
    "5.4",
    right="C",
    A="Random labels make the training loss fall just as nicely, and new pictures are then no "
    "better than guessed.",
    B="It falls without any regularization too; the published numbers fit a run without.",
    C="Learning and memorising look alike from here; only pictures kept apart tell them apart.",
    D="It may have, or it may have barely begun to learn: only a second curve, on pictures kept "
    "apart, can show it.",
)

chapter.choice(
    "5.5",
    right="D",
    A="There is no gap, and both errors are high: the network no longer learns what it could.",
    B="Seeds make it certain that they meet; they do not make meeting a virtue.",
    C="The test set is for reporting; choosing is done on the validation set.",
    D="A closed gap is no aim in itself; wanted are few errors on new pictures.",
)

chapter.choice(
    "5.6",
    right="B",
    A="The network has not overfitted, it has not finished learning: another brake is no help.",
    B="A training error that high says: unfinished. On a fixed budget too much regularization is "
    "as real a fault as too little.",
    C="The test set has no part in this: training and validation errors say what is wrong.",
    D="They would meet still higher up.",
)
