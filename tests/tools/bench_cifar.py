"""The row `cifar` of tests/tools/bench.py: the study note's loop against ours, by ratio.

The note's loop (torchvision's CIFAR10, ToTensor, DataLoader) against train.fit on the same
pictures, order and initial weights; epochs of the two alternate, the fastest of each counts, losses
must be equal.
"""

import time
from unittest import mock

import torch
from torch import nn

from regutils import data, models, train
from regutils.train import trainer


def note_epoch(dataset, device: str) -> tuple[float, float]:
    """Seconds and summed loss of one epoch of the note's own loop."""
    mynn, loss = models.seeded(models.SeedCNN, 0).to(device), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(mynn.parameters(), lr=0.01, weight_decay=0.01)
    started, running_loss = time.perf_counter(), 0.0
    for imgs, targets in torch.utils.data.DataLoader(dataset, batch_size=64):
        result_loss = loss(mynn(imgs.to(device)), targets.to(device))
        optimizer.zero_grad()
        result_loss.backward()
        optimizer.step()
        running_loss += result_loss.item()
    return time.perf_counter() - started, running_loss


def our_epoch(x, y, device: str) -> tuple[float, float]:
    """The same with train.fit; the note measures nothing, so neither do we."""
    model, split = train.to_device(
        models.seeded(models.SeedCNN, 0),
        data.Split((x, y), (x[:64], y[:64]), (x[:64], y[:64])),
        device,
    )
    started = time.perf_counter()
    with mock.patch.object(trainer, "evaluate", lambda *_: (0.0, 0.0)):
        history = train.fit(
            model,
            split,
            epochs=1,
            batch_size=64,
            shuffle=False,
            progress=False,
            optimizer=lambda p: torch.optim.SGD(p, lr=0.01, weight_decay=0.01, fused=True),
        )
    return time.perf_counter() - started, history.running[0] * -(-len(x) // 64)


def convolutions_alone(device: str, n: int) -> float:
    """Seconds of the three convolutions, both ways, of n batches: what no loop can go below."""
    network = models.seeded(models.SeedCNN, 0).to(device, memory_format=torch.channels_last)
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    shapes = [(64, 3, 32, 32), (64, 32, 16, 16), (64, 32, 8, 8)]
    inputs = [torch.rand(s, device=device).to(memory_format=torch.channels_last) for s in shapes]
    started = time.perf_counter()
    for _ in range(n):
        for layer, x in zip(layers, inputs):
            y = layer(x.requires_grad_(x is not inputs[0]))  # nobody asks the pictures' gradient
            y.backward(torch.ones_like(y))
    float(layers[-1].weight.grad.sum())  # a GPU is waited for
    return time.perf_counter() - started


def row(n: int = 5_000, repeats: int = 3) -> tuple[str, float, float, float, float]:
    """Return device, our seconds, the note's, those of the convolutions alone, what is wanted."""
    from torchvision.datasets import CIFAR10
    from torchvision.transforms import ToTensor

    found = data.coloured_digits()
    which = torch.arange(n) % len(found.x)
    # The note's dataset, reading other pictures: torchvision's own __getitem__, PIL picture by PIL
    # picture.
    dataset = CIFAR10.__new__(CIFAR10)
    dataset.data, dataset.targets = (
        found.x[which].permute(0, 2, 3, 1).contiguous().numpy(),
        found.y[which].tolist(),
    )
    dataset.transform, dataset.target_transform = ToTensor(), None

    device, wanted = ("cuda", 20.0) if torch.cuda.is_available() else ("cpu", 1.7)
    x, y = found.x[which].float() / 255, found.y[which]
    note, ours, alone = [], [], []
    for _ in range(repeats):
        note.append(note_epoch(dataset, device))
        ours.append(our_epoch(x, y, device))
        alone.append(convolutions_alone(device, -(-n // 64)))
    apart = abs(ours[0][1] / note[0][1] - 1)
    assert apart < 1e-3, f"summed losses differ by {apart:.1e}"
    return device, min(ours)[0], min(note)[0], min(alone), wanted
