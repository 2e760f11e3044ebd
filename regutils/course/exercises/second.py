"""The exercises of notebooks 04 and 05, as in `exercises`."""

import copy

import torch

from .first import Exercise


def _masks():
    g = torch.Generator().manual_seed(4)
    return tuple(
        (torch.randn(4, 6, generator=g), torch.rand(4, 6, generator=g) >= p, p) for p in (0.2, 0.6)
    )


def _coins():
    g = torch.Generator().manual_seed(5)
    return tuple((torch.rand(6, 8, generator=g), p) for p in (0.2, 0.7))


def _linear_dropouts():
    g = torch.Generator().manual_seed(6)
    return tuple(
        (
            torch.randn(9, 3, generator=g),
            torch.randn(9, generator=g),
            torch.randn(3, generator=g),
            p,
        )
        for p in (0.2, 0.6)
    )


class _HalfSilent(torch.nn.Module):
    """Dropout for tests: in training mode always the same half of the units, so that a forgotten eval() shows."""

    def forward(self, x):
        return x * (torch.arange(x.shape[-1]) % 2) * 2 if self.training else x


def _networks():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        model = torch.nn.Sequential(torch.nn.Linear(3, 4), _HalfSilent(), torch.nn.Linear(4, 2))
        return tuple(
            (copy.deepcopy(model).train(mode), torch.randn(5, 3)) for mode in (True, False)
        )


def _whole(model, x):
    mode = model.training
    outputs = model.eval()(x)
    model.train(mode)
    return outputs


def _dropout_loss(X, y, w, factor):
    return ((y - X @ w) ** 2).sum() + factor * (w**2 * (X**2).sum(0)).sum()


NETWORKS = {
    # 04: x and keep of one shape, p
    "4.1": Exercise(
        lambda x, keep, p: x * keep / (1 - p),
        "A share of 1 − p survives, so dividing by 1 − p keeps the mean.",
        (
            (
                lambda x, keep, p: x * keep,
                "Not scaled in training: that is the 2014 form, which scales at test time.",
            ),
            (
                lambda x, keep, p: x * keep * (1 - p),
                "Scaled at the wrong time: × (1 − p) is for test time; divide here.",
            ),
            (
                lambda x, keep, p: x * keep / p,
                "Divide by the share that survives, 1 − p, not by the share dropped.",
            ),
            (
                lambda x, keep, p: x * ~keep / (1 - p),
                "Inside out: keep is true for the units that stay.",
            ),
        ),
        _masks,
    ),
    # 04: u (n, units), p
    "4.2": Exercise(
        lambda u, p: u >= p,
        "u ≥ p has probability 1 − p, and every unit of every example has its own coin.",
        (
            (
                lambda u, p: u < p,
                "You dropped with probability 1 − p: u < p is true with probability p.",
            ),
            (
                lambda u, p: u >= 1 - p,
                "You dropped with probability 1 − p: u ≥ 1 − p is true with probability p.",
            ),
            (
                lambda u, p: (u[:1] >= p).expand(u.shape),
                "One mask for the whole batch: every example needs its own row.",
            ),
            (
                lambda u, p: u[0] >= p,
                "One mask for the whole batch: every example needs its own row.",
            ),
        ),
        _coins,
    ),
    # 04: x, p
    "4.3": Exercise(
        lambda x, p: p * (1 - p) * x**2,
        "A coin's variance is p(1 − p); the division by 1 − p turns it into p/(1 − p).",
        (
            (
                lambda x, p: p / (1 - p) * x**2,
                "That is inverted dropout, with the division by 1 − p.",
            ),
            (lambda x, p: p * (1 - p) * x, "A variance grows with the square of x."),
            (
                lambda x, p: (1 - p) * x**2,
                "That is the mean square; take off the square of the mean, (1 − p)²x².",
            ),
        ),
        lambda: tuple((x, p) for x, _, p in _masks()),
    ),
    # 04: model, x
    "4.4": Exercise(
        _whole,
        "Evaluation mode for the prediction, the old mode for what comes after.",
        (
            (
                lambda model, x: model(x),
                "You forgot eval(): a model in training mode predicts with its masks on.",
            ),
            (
                lambda model, x: model.train()(x),
                "That switches the masks on; predictions need eval().",
            ),
        ),
        _networks,
    ),
    # 04: X (n, d), y (n,), w (d,), p
    "4.5": Exercise(
        lambda X, y, w, p: _dropout_loss(X, y, w, p / (1 - p)),
        "The noise costs most where the input is large: an L2 with a strength of its own for each weight.",
        (
            (
                lambda X, y, w, p: _dropout_loss(X, y, w, p),
                "The factor is p/(1 − p): the survivors were scaled up.",
            ),
            (
                lambda X, y, w, p: _dropout_loss(X, y, w, p * (1 - p)),
                "p(1 − p) is for masks without rescaling.",
            ),
            (
                lambda X, y, w, p: _dropout_loss(X, y, w, 0.0),
                "The penalty is missing: that is the loss without dropout.",
            ),
            (
                lambda X, y, w, p: ((y - X @ w) ** 2).sum() + p / (1 - p) * (w**2).sum(),
                "That is plain L2; each wⱼ² is weighted by its column's Σx².",
            ),
            (
                lambda X, y, w, p: _dropout_loss(X, y, w, p / (1 - p)) / len(y),
                "Sums here, not means over the examples.",
            ),
        ),
        _linear_dropouts,
    ),
    # 05: mean losses of batches (b,), their sizes (b,)
    "5.1": Exercise(
        lambda losses, sizes: (losses * sizes).sum() / sizes.sum(),
        "A mean per picture can be compared between batch sizes, datasets and papers.",
        (
            (
                lambda losses, sizes: losses.sum(),
                "That is the note's sum: with half the batch size it would be twice it.",
            ),
            (
                lambda losses, sizes: losses.mean(),
                "The last batch is shorter, yet counts as much as a full one.",
            ),
            (
                lambda losses, sizes: (losses * sizes).sum(),
                "That is the sum over pictures; divide by their number.",
            ),
            (
                lambda losses, sizes: losses.sum() / sizes.sum(),
                "A batch's mean counts once per picture: weigh it first.",
            ),
        ),
        lambda: (
            (torch.tensor([2.3, 2.1, 1.0]), torch.tensor([64, 64, 16])),
            (torch.tensor([0.5, 1.5]), torch.tensor([10, 1])),
        ),
    ),
    "5.2": Exercise(
        lambda: "C",
        "Choosing the epoch is choosing; whatever is chosen must be chosen without the test part.",
        (
            (lambda: "A", "Cutting once, with a fixed seed, is what keeps the parts apart."),
            (
                lambda: "B",
                "They come from the training part alone: nothing of the test part is in them.",
            ),
            (lambda: "D", "The validation part is there for choosing."),
            (
                lambda: "E",
                "Reporting is what the test part is for, once nothing is left to choose.",
            ),
        ),
    ),
    # 05: lams (K,), train error (K, S), validation error (K, S)
    "5.3": Exercise(
        lambda lams, fit, new: (lams[new.mean(1).argmin()], 1 - new.mean(1).min()),
        "Chosen by the mean over seeds; as the best of several it flatters a little, so expect rather less.",
        (
            (
                lambda lams, fit, new: (lams[new.mean(1).argmin()], new.mean(1).min()),
                "The error is asked as an accuracy.",
            ),
            (
                lambda lams, fit, new: (lams[fit.mean(1).argmin()], 1 - fit.mean(1).min()),
                "That is the λ with the best training error, and its training accuracy: new pictures will be far harder.",
            ),
            (
                lambda lams, fit, new: (
                    lams[new.mean(1).argmin()],
                    1 - fit[new.mean(1).argmin()].mean(),
                ),
                "The λ is right; its accuracy on training pictures is not what test pictures will show.",
            ),
            (
                lambda lams, fit, new: (lams[new.min(1).values.argmin()], 1 - new.min()),
                "That is one lucky seed.",
            ),
            (
                lambda lams, fit, new: (new.mean(1).argmin(), 1 - new.mean(1).min()),
                "That is a position in the list; the answer is the λ there.",
            ),
        ),
    ),
}
