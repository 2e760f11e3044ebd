"""Losses, errors and batches against their definitions."""

import pytest
import torch

from regutils import train

LABELS = torch.tensor([0, 1, 2, 1])


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
