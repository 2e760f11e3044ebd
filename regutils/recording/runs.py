"""The long runs: each finished one is kept, so a command that was stopped goes on where it was."""

import argparse
import base64
import copy
import functools
import hashlib
import json
import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import nn

from .. import data, models, train
from ..arguments import require
from ..data.obtaining import folder
from .files import write
from .studies import EDGES, LAYERS, SEEDS, STUDIES, Job, Study


@functools.lru_cache(1)
def _pictures(path: str | None) -> data.Pictures:
    if path is None:
        return data.cifar10()
    with np.load(path) as arrays:
        x, y, test_x, test_y = (
            torch.from_numpy(arrays[name]) for name in ("train_x", "train_y", "test_x", "test_y")
        )
    return data.Pictures(x, y, (), "", data.Examples(test_x, test_y))


def _split(job: Job, all_pictures: data.Pictures) -> data.Split:
    if not job.note:
        return all_pictures.split(job.n_train, job.n_val)
    # As the note has it: it trains on the test split, in order, values in [0, 1]. What it never saw is "val".
    seen, unseen = all_pictures.test, all_pictures.x[: job.n_val] / 255
    return data.Split(
        (seen.x[: job.n_train] / 255, seen.y[: job.n_train]),
        (unseen, all_pictures.y[: job.n_val]),
        (unseen[:1], all_pictures.y[:1]),
    )


def run(job: Job, path: str | None = None, threads: int | None = None) -> tuple[Job, dict]:
    """Train one network as `job` says, on the GPU if there is one; what was measured, as plain JSON.

    The job comes back with it, because results arrive in any order. All passes are in bfloat16
    autocast (tests/test_record.py compares with float32).
    """
    if threads:
        torch.set_num_threads(threads)
    torch.set_flush_denormal(
        True
    )  # weights that a strong λ has all but erased would make a CPU ten times slower
    started = time.process_time()
    activation = nn.Identity if job.note else nn.ReLU
    model = models.seeded(lambda: models.SeedCNN(activation, dropout=job.p), job.seed)
    model, split = train.place(model, _split(job, _pictures(path)))
    # Momentum m lets a steady gradient take steps of lr/(1 − m). A soft threshold of lr·λ after each step would be
    # weaker than λ·Σ|w| in the loss by that factor, so it gets it too.
    lam = job.lam / (1 - job.momentum) if job.penalty == "l1" else job.lam
    how = {
        "optimizer": lambda p: torch.optim.SGD(
            p, lr=job.lr, momentum=job.momentum, weight_decay=job.weight_decay
        ),
        "penalty": job.penalty or None,
        "lam": lam,
        "proximal": job.penalty == "l1",
        "shuffle": not job.note,
        "batch_size": job.batch_size,
        "augment": data.augment if job.augment else None,
        "autocast": True,
        "seed": job.seed,
    }
    history, best = None, None
    while history is None or (history.epochs[-1] < job.epochs and not history.stopped):
        history = train.fit(
            model, split, epochs=job.every, every=job.every, history=history, progress=False, **how
        )
        if job.early and (best is None or history.val_error[-1] < min(history.val_error[:-1])):
            best = history.epochs[-1], copy.deepcopy(model.state_dict())
    result = {
        name: [round(v, 5) for v in getattr(history, name)]
        for name in ("epochs", "running", "train_loss", "val_loss", "train_error", "val_error")
    }
    if job.early:
        result["taken_epoch"] = best[0]
        model.load_state_dict(best[1])
    if job.test:
        result["test_error"] = round(train.evaluate(model, split.test)[1], 5)
    on_gpu = split.train.x.is_cuda
    device = (
        torch.cuda.get_device_name()
        if on_gpu
        else f"CPU, {torch.backends.cpu.get_cpu_capability()}"
    )
    versions = {"torch": torch.__version__, "python": platform.python_version()}
    return job, result | _weights(model, job) | {
        "device": device,
        "versions": versions,
        "seconds": round(time.process_time() - started, 1),
    }


def _weights(model: nn.Module, job: Job) -> dict:
    """Zeros and size of each layer; for the first seed its histogram, and the first layer's filters in 8 bits."""
    layers = {
        name: model.get_submodule(name).weight.detach().float().cpu().contiguous()
        for name in LAYERS
    }
    result = {"zeros": {name: int((w == 0).sum()) for name, w in layers.items()}}
    if job.seed == SEEDS[0] and not (job.note or job.test):
        unit = {name: w[0].numel() ** -0.5 for name, w in layers.items()}
        result["histogram"] = {
            name: torch.histogram((w[w != 0] / unit[name]).clamp(EDGES[0], EDGES[-1]), EDGES)
            .hist.int()
            .tolist()
            for name, w in layers.items()
        }
        top = layers["conv1"].abs().max().clamp_min(1e-9)
        filters = (layers["conv1"] / top * 127).round().to(torch.int8).numpy()
        result["filters"] = {
            "top": round(top.item(), 5),
            "int8": base64.b64encode(filters.tobytes()).decode(),
        }
    return result


def _key(job: Job, source: str) -> str:
    return hashlib.sha256(json.dumps([asdict(job), source], sort_keys=True).encode()).hexdigest()[
        :16
    ]


def _done(jobs: Iterable[Job], work: Path, source: str) -> dict[Job, dict]:
    found = {}
    for job in jobs:
        try:
            found[job] = json.loads(
                (work / f"{_key(job, source)}.json").read_text(encoding="utf-8")
            )
        except (OSError, json.JSONDecodeError):
            continue
    return found


def record(
    studies: Iterable[Study],
    out: Path,
    work: Path,
    *,
    path: str | None,
    source: str,
    command: str,
    parallel: Callable[[], object],
    report: Callable[[str], None] = print,
    threads: int | None = 1,
) -> None:
    """Do what is missing of every study and write its file to `out`.

    parallel: makes the joblib.Parallel that runs the jobs, with return_as="generator_unordered". report: gets a line
    after each run, with how long is left of the study.
    """
    import joblib

    out.mkdir(parents=True, exist_ok=True)
    work.mkdir(parents=True, exist_ok=True)
    found: dict[str, dict[str, list[dict]]] = {}
    for study in studies:
        rows = study.rows(found)
        jobs = list(dict.fromkeys(job for row in rows.values() for job in row))
        done = _done(jobs, work, source)
        missing = [job for job in jobs if job not in done]
        started, spent, total = time.perf_counter(), 0.0, sum(job.cost for job in missing)
        results = parallel()(joblib.delayed(run)(job, path, threads) for job in missing)
        for job, result in results:
            write(work / f"{_key(job, source)}.json", result)
            done[job], spent = result, spent + job.cost
            left = (time.perf_counter() - started) * (total - spent) / spent / 60
            report(f"{study.name}: {len(done)} of {len(jobs)} runs, about {left:.0f} min left")
        found[study.name] = {label: [done[job] for job in row] for label, row in rows.items()}
        write(
            out / f"cifar10_{study.name}.json",
            _file(study, rows, found[study.name], source, command),
        )


def _file(study: Study, rows: dict, results: dict, source: str, command: str) -> dict:
    every = [result for row in results.values() for result in row]
    kept = {
        label: [
            {k: v for k, v in r.items() if k not in ("device", "versions", "seconds")} for r in row
        ]
        for label, row in results.items()
    }
    return {
        "about": study.about,
        "data": source,
        "command": command,
        "seeds": list(SEEDS),
        "device": sorted({r["device"] for r in every}),
        "versions": sorted(
            {f"Python {r['versions']['python']}, PyTorch {r['versions']['torch']}" for r in every}
        ),
        "processor_minutes": round(sum(r["seconds"] for r in every) / 60, 1),
        "jobs": {label: [asdict(job) for job in row] for label, row in rows.items()},
        "edges": [round(e, 4) for e in EDGES.tolist()],
        "runs": kept,
    }


def add_command(commands) -> None:
    """`regutils record`, added to the command line's sub-commands."""
    parser = commands.add_parser(
        "record",
        help="make the results in notebooks/recorded again",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [study.name for study in STUDIES]
    parser.add_argument(
        "studies", nargs="*", metavar="STUDY", help=f"some of {', '.join(names)}; default: all"
    )
    parser.add_argument(
        "--pictures", metavar="FILE.npz", help="real pictures; default: CIFAR-10, downloaded"
    )
    parser.add_argument(
        "--source", help='what these pictures are; default: "CIFAR-10, JPEG copy", or "CIFAR-10"'
    )
    parser.add_argument(
        "--jobs", type=int, default=-1, help="worker processes; default: one per core"
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of a Dask cluster; its workers must find the pictures",
    )
    parser.add_argument("--out", type=Path, default=Path("notebooks/recorded"))
    parser.add_argument(
        "--work",
        type=Path,
        help="finished runs; default: record/ where data.cifar10 keeps its data",
    )
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    import joblib

    names = [study.name for study in STUDIES]
    require(set(args.studies) <= set(names), "STUDY", args.studies, f"among {', '.join(names)}")
    source = args.source or ("CIFAR-10, JPEG copy" if args.pictures else "CIFAR-10")
    path = str(Path(args.pictures).resolve()) if args.pictures else None
    if path is None:
        data.cifar10()  # before the workers start, so that only one of them downloads
    command = "regutils record" + (f" --pictures {Path(path).name}" if path else "")
    wanted = [study for study in STUDIES if not args.studies or study.name in args.studies]

    def go(**how):
        record(
            wanted,
            args.out,
            args.work or folder() / "record",
            path=path,
            source=source,
            command=command,
            parallel=lambda: joblib.Parallel(batch_size=1, return_as="generator_unordered", **how),
        )

    if not args.scheduler:
        go(n_jobs=args.jobs)
        return 0
    from distributed import Client

    with Client(args.scheduler), joblib.parallel_config(backend="dask"):
        go()
    return 0
