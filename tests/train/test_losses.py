"""Losses, errors and batches against their definitions."""

import pytest
import torch

from regutils import train
from regutils.data import Examples

X, LABELS = torch.randn(4, 2), torch.tensor([0, 1, 2, 1])


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


def test_labels_of_any_whole_number_type_are_scored():
    logits, two = torch.randn(4, 3), torch.tensor([0, 1, 1, 0])
    for score in (train.loss, train.error):
        for y in (two.int(), two.bool(), two.to(torch.uint8)):
            assert score(logits, y) == score(logits, two)
            assert score(logits, y, torch.full((4,), 0.25)) == pytest.approx(score(logits, two))


def test_labels_that_are_not_one_for_each_output_are_refused():
    for y in (LABELS[:1], LABELS[:, None], LABELS[0]):
        with pytest.raises(ValueError, match="y must be one label for each"):
            train.error(torch.randn(4, 3), y)


def test_outputs_of_a_run_that_diverged_have_no_error():
    assert train.error(torch.full((4, 3), float("nan")), LABELS).isnan()


@pytest.mark.parametrize("wrong", [{"chunk": 0}, {"examples": Examples(X[:0], LABELS[:0])}])
def test_what_cannot_be_evaluated_is_named(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"{name} must be"):
        train.evaluate(torch.nn.Linear(2, 3), **{"examples": Examples(X, LABELS)} | wrong)
