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


def our_epoch(x, y, device: str, autocast: bool) -> tuple[float, float]:
    """The same with train.fit; the note measures nothing, so neither do we."""
    model, split = train.to_device(
        models.seeded(models.SeedCNN, 0),
        data.Split((x, y), (x[:64], y[:64]), (x[:64], y[:64])),
        device,
    )
    started = time.perf_counter()
    nothing_measured = mock.patch.object(trainer, "evaluate", lambda *_: (0.0, 0.0))
    with nothing_measured, torch.autocast(device, torch.bfloat16, enabled=autocast):
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


def network_alone(x, y, device: str, autocast: bool) -> float:
    """Seconds of the forward and backward passes of an epoch, of one batch again and again."""
    network, loss = models.seeded(models.SeedCNN, 0).to(device), nn.CrossEntropyLoss()
    batch, targets = x[:64].to(device), y[:64].to(device)
    started = time.perf_counter()
    for _ in range(-(-len(x) // 64)):
        with torch.autocast(device, torch.bfloat16, enabled=autocast):
            value = loss(network(batch), targets)
        value.backward()
    value.item()
    return time.perf_counter() - started


def rows(n: int = 5_000, repeats: int = 3) -> list[tuple[str, float, float, float, float]]:
    """(path, our seconds, the note's, the network's alone, what is wanted), for each path here."""
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

    gpu = torch.cuda.is_available()
    device = "cuda" if gpu else "cpu"
    paths = [("GPU, bfloat16", True, 20.0)] if gpu else [("CPU, float32", False, 1.7)]
    if not gpu and torch.ops.mkldnn._is_mkldnn_bf16_supported():
        paths.append(("CPU, bfloat16", True, 2.5))
    x, y, result = found.x[which].float() / 255, found.y[which], []
    for name, autocast, wanted in paths:
        note, ours, alone = [], [], []
        for _ in range(repeats):
            note.append(note_epoch(dataset, device))
            ours.append(our_epoch(x, y, device, autocast))
            alone.append(network_alone(x, y, device, autocast))
        apart = abs(ours[0][1] / note[0][1] - 1)
        assert apart < 1e-3, f"{name}: summed losses differ by {apart:.1e}"
        result.append((name, min(ours)[0], min(note)[0], min(alone), wanted))
    return result
