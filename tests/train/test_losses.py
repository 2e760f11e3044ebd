"""Losses and errors by definition; label smoothing and mixup, which change the training loss."""

import pytest
import torch
from torch.nn import functional as F

from regutils import data, models, train
from regutils.train import Trainer, evaluate, fit

SPLIT = data.moons(64)
EPSILON, ALPHA = 0.2, 0.7
LABELS = torch.tensor([0, 1, 2, 1])


def make(dropout=0.0):
    return models.seeded(lambda: models.MLP(2, 8, 8, 2, dropout=dropout), 3)


def sgd(p):
    return torch.optim.SGD(p, lr=0.5)


def weights(model):
    return torch.cat([p.detach().ravel() for p in model.parameters()])


def after(steps, model=None, split=SPLIT, **changed):
    """The weights after some steps, each on all examples in the order given."""
    one = Trainer(model or make(), split, optimizer=sgd, shuffle=False, **changed)
    for _ in range(steps):
        one.step()
    return weights(one.model)


def by_hand(loss, seed=0):
    """The weights after one step down loss(model, x, y), what it draws being drawn by `seed`."""
    model = make()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        loss(model, *SPLIT.train).backward()
    return torch.cat([(p - 0.5 * p.grad).detach().ravel() for p in model.parameters()])


def test_label_smoothing_is_the_formula_of_the_docstring():
    def loss(model, x, y):
        truth = (1 - EPSILON) * F.one_hot(y, 2) + EPSILON / 2
        return -(truth * model(x).log_softmax(1)).sum(1).mean()

    torch.testing.assert_close(after(1, label_smoothing=EPSILON), by_hand(loss))


def test_the_loss_of_mixup_is_the_formula_of_the_docstring():
    """Both at once: each of mixup's two losses is smoothed."""

    def loss(model, x, y):
        s = float(torch.distributions.Beta(*torch.full((2,), ALPHA, dtype=torch.double)).sample())
        others = torch.randperm(len(x))
        outputs = model(s * x + (1 - s) * x[others])
        smoothed = [F.cross_entropy(outputs, t, label_smoothing=0.1) for t in (y, y[others])]
        return s * smoothed[0] + (1 - s) * smoothed[1]

    found = after(1, mixup=ALPHA, label_smoothing=0.1, seed=5)
    torch.testing.assert_close(found, by_hand(loss, seed=5))
    assert (found - by_hand(loss, seed=6)).abs().max() > 1e-4


def test_what_is_measured_stays_the_plain_loss():
    model = make()
    history = fit(
        model, SPLIT, epochs=3, optimizer=sgd, label_smoothing=EPSILON, mixup=ALPHA, progress=False
    )
    assert (history.train_loss[-1], history.train_error[-1]) == evaluate(model, SPLIT.train)
    model.eval()
    with torch.no_grad():
        plain = F.cross_entropy(model(SPLIT.val.x), SPLIT.val.y).item()
    assert history.val_loss[-1] == pytest.approx(plain, rel=1e-5)


def test_label_smoothing_needs_labels():
    with pytest.raises(ValueError, match="label_smoothing must be 0 for targets that are no class"):
        Trainer(models.MLP(1, 1), data.sine(), optimizer=sgd, label_smoothing=0.1)


def test_the_loss_is_a_mean_over_examples_without_a_half():
    assert train.loss(torch.tensor([[1.0], [3.0]]), torch.tensor([0.0, 0.0])) == 5.0
    logits = torch.randn(4, 3)
    torch.testing.assert_close(
        train.loss(logits, LABELS), -logits.log_softmax(1)[range(4), LABELS].mean()
    )
    assert train.error(torch.eye(3), torch.tensor([0, 1, 1])) == pytest.approx(1 / 3)


def test_batches_cover_every_example_once():
    order = torch.Generator().manual_seed(0)
    drawn = list(train.batches(10, 4, order))
    assert [len(batch) for batch in drawn] == [4, 4, 2] and sorted(
        torch.cat(drawn).tolist()
    ) == list(range(10))
    assert torch.cat(list(train.batches(10, 4, order))).tolist() != torch.cat(drawn).tolist()


def test_labels_that_are_not_one_for_each_output_are_refused():
    for y in (LABELS[:1], LABELS[:, None], LABELS[0]):
        with pytest.raises(ValueError, match="y must be one label for each"):
            train.error(torch.randn(4, 3), y)


def test_outputs_of_a_run_that_diverged_have_no_error():
    assert train.error(torch.full((4, 3), float("nan")), LABELS).isnan()
