"""The exercises of notebook 05: an honest loss, an honest protocol, an honest forecast."""

import torch

from .kinds import Chapter, right, wrong

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
    "**Find the leak of the test set.** One line of this protocol lets the test pictures influence "
    "what is reported on them.",
    wrong(
        "Shuffle all 60,000 pictures with a fixed seed, cut into train, validation and test.",
        "Cutting once, with a fixed seed, is what keeps the parts apart.",
    ),
    wrong(
        "Standardise all three parts by the mean and standard deviation of the training part.",
        "They come from the training part alone: nothing of the test part is in them.",
    ),
    right(
        "Train with every λ; after each epoch keep the weights if their error on the test part is "
        "the lowest so far.",
        "Choosing the epoch is choosing; whatever is chosen must be chosen without the test part.",
    ),
    wrong(
        "Take the λ with the lowest error on the validation part.",
        "The validation part is there for choosing.",
    ),
    wrong(
        "Report the error of the kept weights of that λ on the test part.",
        "Reporting is what the test part is for, once nothing is left to choose.",
    ),
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
    "A training loss has fallen for twenty epochs. What does that say about pictures which the "
    "network has never seen?",
    wrong(
        "It recognises them better with every epoch.",
        "Random labels make the training loss fall just as nicely, "
        "and new pictures are then no better than guessed.",
    ),
    wrong(
        "The regularization works.",
        "It falls without any regularization too; the published numbers were made without.",
    ),
    right(
        "Nothing.",
        "Learning and memorising look alike from here; only pictures kept apart tell them apart.",
    ),
    wrong(
        "It has begun to overfit.",
        "It may have, or it may have barely begun to learn: only a second curve, on pictures kept "
        "apart, can show it.",
    ),
)

chapter.choice(
    "5.5",
    "At a large λ the training error has risen until it meets the validation error. Is that the λ "
    "to take?",
    wrong(
        "Yes: without a gap there is no overfitting.",
        "There is no gap, and both errors are high: the network no longer learns what it could.",
    ),
    wrong(
        "Yes, provided that they meet at several seeds.",
        "Seeds make it certain that they meet; they do not make meeting a virtue.",
    ),
    wrong(
        "That cannot be said before the test set is opened.",
        "The test set is for reporting; choosing is done on the validation set.",
    ),
    right(
        "No: the lowest validation error decides, with a gap or without.",
        "A closed gap is no aim in itself; wanted are few errors on new pictures.",
    ),
)

chapter.choice(
    "5.6",
    "After sixteen epochs the two best methods together have a much higher training error than "
    "the network without any, and a validation error no lower than the better one alone. What "
    "would you try first?",
    wrong(
        "A third method on top of them.",
        "The network has not overfitted, it has not finished learning: another brake is no help.",
    ),
    right(
        "More epochs, or less of both.",
        "A training error that high says: unfinished. On a fixed budget too much regularization "
        "is as real a fault as too little.",
    ),
    wrong(
        "Another test set.",
        "The test set has no part in this: training and validation errors say what is wrong.",
    ),
    wrong(
        "A larger λ, until the two errors meet.",
        "They would meet still higher up.",
    ),
)
