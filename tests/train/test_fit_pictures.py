"""The path of notebook 05 through train.fit: order, the note's losses, augmentation, resume."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from regutils import data, models, train


@pytest.fixture(scope="module")
def found():
    return data.coloured_digits()


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.01, weight_decay=0.01)


def test_losses_are_the_notes_own(found):
    """Same pictures, order and initial weights: its summed loss by epoch, to 1e-3 relative."""
    x, y = found.x[:300].float() / 255, found.y[:300]
    mynn, loss = models.seeded(models.SeedCNN, 0), nn.CrossEntropyLoss()
    optimizer, printed = sgd(mynn.parameters()), []
    for _ in range(2):
        running_loss = 0.0
        for imgs, targets in DataLoader(TensorDataset(x, y), batch_size=64):
            result_loss = loss(mynn(imgs), targets)
            optimizer.zero_grad()
            result_loss.backward()
            optimizer.step()
            running_loss += result_loss.item()
        printed.append(running_loss)
    model, split = train.to_device(
        models.seeded(models.SeedCNN, 0), data.Split(*[(x, y)] * 3), "cpu"
    )
    history = train.fit(
        model, split, epochs=2, batch_size=64, shuffle=False, every=2, optimizer=sgd
    )
    np.testing.assert_allclose(np.array(history.running) * 5, printed, rtol=1e-3)
    assert len(history.running) == 2 and history.epochs == [2]
    for (name, ours), theirs in zip(model.named_parameters(), mynn.parameters()):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-3, msg=name)


def test_place_keeps_values_and_lays_channels_last(found):
    split = found.split(60, 40)
    model, placed = train.to_device(models.SeedCNN(), split, "cpu")
    assert torch.equal(placed.train.x, split.train.x) and torch.equal(placed.test.y, split.test.y)
    assert placed.train.x.is_contiguous(memory_format=torch.channels_last)
    assert placed.train.x[torch.randperm(60)[:8]].is_contiguous(memory_format=torch.channels_last)
    assert model.conv2.weight.is_contiguous(memory_format=torch.channels_last)
    flat = data.moons()
    assert torch.equal(train.to_device(models.MLP(2, 2), flat, "cpu")[1].train.x, flat.train.x)
