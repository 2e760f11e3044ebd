"""The long runs behind notebook 05: `python -m regutils.record` writes notebooks/recorded/cifar10_*.json.

    python -m regutils.record                          CIFAR-10 downloaded, all cores of this machine
    python -m regutils.record --pictures FILE.npz      arrays train_x (n, 3, 32, 32) uint8, train_y, test_x, test_y
    python -m regutils.record --scheduler ADDRESS      a Dask cluster (pip install 'regutils[cluster]')

Every finished run is kept in the work folder, so a command that was stopped goes on where it was. Studies are done in
the order of STUDIES, most important first; a study's file is written when all its runs are there.
"""

import argparse
import base64
import copy
import functools
import hashlib
import json
import os
import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from . import data, models, pictures, train
from .arguments import require

SEEDS = (0, 1, 2)
LAYERS = ("conv1", "conv2", "conv3", "linear1", "linear2")
EDGES = torch.linspace(-6, 6, 62)  # of the histograms, in units of a layer's initial bound 1/√(inputs per unit)


@dataclass(frozen=True)
class Job:
    """One run: what is trained on how many pictures, and how. The defaults are those of the sweeps.

    note: the study note's program as it stands (test split, no activation, weight_decay, nothing shuffled).
    early: the weights of the measured epoch with the lowest validation error are taken. test: open the test set.
    """

    seed: int = 0
    n_train: int = 5000
    n_val: int = 5000
    epochs: int = 16
    every: int = 4
    lr: float = 0.01
    momentum: float = 0.9
    batch_size: int = 32
    penalty: str = ""
    lam: float = 0.0
    p: float = 0.0
    weight_decay: float = 0.0
    augment: bool = False
    early: bool = False
    note: bool = False
    test: bool = False

    @property
    def cost(self) -> float:
        """Expected duration in some unit: pictures that are trained on."""
        return self.n_train * self.epochs


@functools.lru_cache(1)
def _pictures(path: str | None) -> pictures.Pictures:
    if path is None:
        return pictures.cifar10()
    with np.load(path) as arrays:
        x, y, test_x, test_y = (torch.from_numpy(arrays[name]) for name in ("train_x", "train_y", "test_x", "test_y"))
    return pictures.Pictures(x, y, (), "", data.Examples(test_x, test_y))


def _split(job: Job, all_pictures: pictures.Pictures) -> data.Split:
    if not job.note:
        return all_pictures.split(job.n_train, job.n_val)
    # As the note has it: it trains on the test split, in order, values in [0, 1]. What it never saw is "val".
    seen, unseen = all_pictures.test, all_pictures.x[:job.n_val] / 255
    return data.Split((seen.x[:job.n_train] / 255, seen.y[:job.n_train]), (unseen, all_pictures.y[:job.n_val]),
                      (unseen[:1], all_pictures.y[:1]))


def run(job: Job, path: str | None = None, threads: int | None = None) -> tuple[Job, dict]:
    """Train one network as `job` says, on the GPU if there is one; what was measured, as plain JSON.

    The job comes back with it, because results arrive in any order. All passes are in bfloat16
    autocast (tests/test_record.py compares with float32).
    """
    if threads:
        torch.set_num_threads(threads)
    torch.set_flush_denormal(True)  # weights that a strong λ has all but erased would make a CPU ten times slower
    started = time.process_time()
    activation = nn.Identity if job.note else nn.ReLU
    model = models.seeded(lambda: models.SeedCNN(activation, dropout=job.p), job.seed)
    model, split = train.place(model, _split(job, _pictures(path)))
    # Momentum m lets a steady gradient take steps of lr/(1 − m). A soft threshold of lr·λ after each step would be
    # weaker than λ·Σ|w| in the loss by that factor, so it gets it too.
    lam = job.lam / (1 - job.momentum) if job.penalty == "l1" else job.lam
    how = {"optimizer": lambda p: torch.optim.SGD(p, lr=job.lr, momentum=job.momentum, weight_decay=job.weight_decay),
           "penalty": job.penalty or None, "lam": lam, "proximal": job.penalty == "l1", "shuffle": not job.note,
           "batch_size": job.batch_size,
           "augment": pictures.augment if job.augment else None, "autocast": True, "seed": job.seed}
    history, best = None, None
    while history is None or (history.epochs[-1] < job.epochs and not history.stopped):
        history = train.fit(model, split, epochs=job.every, every=job.every, history=history, progress=False, **how)
        if job.early and (best is None or history.val_error[-1] < min(history.val_error[:-1])):
            best = history.epochs[-1], copy.deepcopy(model.state_dict())
    result = {name: [round(v, 5) for v in getattr(history, name)]
              for name in ("epochs", "running", "train_loss", "val_loss", "train_error", "val_error")}
    if job.early:
        result["taken_epoch"] = best[0]
        model.load_state_dict(best[1])
    if job.test:
        result["test_error"] = round(train.evaluate(model, split.test)[1], 5)
    on_gpu = split.train.x.is_cuda
    device = torch.cuda.get_device_name() if on_gpu else f"CPU, {torch.backends.cpu.get_cpu_capability()}"
    versions = {"torch": torch.__version__, "python": platform.python_version()}
    return job, result | _weights(model, job) | {
        "device": device, "versions": versions, "seconds": round(time.process_time() - started, 1)}


def _weights(model: nn.Module, job: Job) -> dict:
    """Zeros and size of each layer; for the first seed its histogram, and the first layer's filters in 8 bits."""
    layers = {name: model.get_submodule(name).weight.detach().float().cpu().contiguous() for name in LAYERS}
    result = {"zeros": {name: int((w == 0).sum()) for name, w in layers.items()}}
    if job.seed == SEEDS[0] and not (job.note or job.test):
        unit = {name: w[0].numel() ** -0.5 for name, w in layers.items()}
        result["histogram"] = {
            name: torch.histogram((w[w != 0] / unit[name]).clamp(EDGES[0], EDGES[-1]), EDGES).hist.int().tolist()
            for name, w in layers.items()}
        top = layers["conv1"].abs().max().clamp_min(1e-9)
        filters = (layers["conv1"] / top * 127).round().to(torch.int8).numpy()
        result["filters"] = {"top": round(top.item(), 5), "int8": base64.b64encode(filters.tobytes()).decode()}
    return result


@dataclass(frozen=True)
class Study:
    """A file of the recording: rows of jobs, each row one setting with all its seeds.

    rows: from what was found before (study name → row label → results) to row label → jobs.
    """

    name: str
    about: str
    rows: Callable[[dict], dict[str, list[Job]]]


def _sweep(values: Iterable[float], changed: Callable[[float], dict], **fixed) -> Callable[[dict], dict]:
    # Strength 0 is the same job in every sweep, so it is run once.
    return lambda _: {f"{v:g}": [Job(seed=s, **fixed, **(changed(v) if v else {})) for s in SEEDS] for v in values}


def _last(results: list[dict]) -> float:
    """Mean over seeds of the validation error of the weights that are kept."""
    return float(np.mean([r["val_error"][r["epochs"].index(r.get("taken_epoch", r["epochs"][-1]))] for r in results]))


def _methods(found: dict) -> dict[str, list[Job]]:
    """Every method with the strength that its sweep's validation error prefers; then the best two together."""
    def best(study):
        return float(min((value for value in found[study] if float(value)), key=lambda v: _last(found[study][v])))

    how = {"none": {}, "L2": {"penalty": "l2", "lam": best("l2")}, "L1": {"penalty": "l1", "lam": best("l1")},
           "dropout": {"p": best("dropout")}, "augmentation": {"augment": True}, "early stopping": {"early": True}}
    if "methods" in found:
        ranked = sorted((name for name in how if name != "none"), key=lambda name: _last(found["methods"][name]))
        first = ranked[0]
        second = next(name for name in ranked[1:] if not how[name].keys() & how[first].keys())
        how = {f"{first} + {second}": how[first] | how[second]}
    return {name: [Job(seed=s, every=2, test=True, **changed) for s in SEEDS] for name, changed in how.items()}


L2 = (0.0, 1e-4, 3e-4, 1e-3, 2e-3, 3e-3, 6e-3, 1e-2, 3e-2)
L1 = (0.0, 1e-5, 3e-5, 1e-4, 2e-4, 3e-4, 6e-4, 1e-3, 3e-3)
P = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)

STUDIES = (
    Study("l2", "L2, λ·Σw² in the loss, λ swept", _sweep(L2, lambda v: {"penalty": "l2", "lam": v})),
    Study("note", "The study note's program, weight_decay 0.01 and 0", lambda _: {
        f"{wd:g}": [Job(seed=s, n_train=10_000, n_val=1500, epochs=20, every=10, lr=0.01, momentum=0.0, batch_size=64,
                            weight_decay=wd, note=True) for s in SEEDS]
        for wd in (0.01, 0.0)}),
    Study("dropout", "Dropout before both linear layers, p swept", _sweep(P, lambda v: {"p": v})),
    Study("l1", "L1, λ·Σ|w| as its proximal step, λ swept", _sweep(L1, lambda v: {"penalty": "l1", "lam": v})),
    Study("methods", "Every method at the strength its sweep chose, equal epochs, test set opened", _methods),
    Study("together", "The two best methods at once", _methods),
    Study("l2_more", "L2 on twice the pictures, λ swept",
          _sweep(L2, lambda v: {"penalty": "l2", "lam": v}, n_train=10_000)),
    Study("l2_longer", "L2 on the 5,000 pictures, for as many steps as l2_more",
          _sweep((0.0, 3e-3), lambda v: {"penalty": "l2", "lam": v}, epochs=32)),
)


def _key(job: Job, source: str) -> str:
    return hashlib.sha256(json.dumps([asdict(job), source], sort_keys=True).encode()).hexdigest()[:16]


def _write(path: Path, content) -> None:
    """JSON, written beside the target and renamed: a reader never meets half a file."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(content, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(part, path)


def _done(jobs: Iterable[Job], work: Path, source: str) -> dict[Job, dict]:
    found = {}
    for job in jobs:
        try:
            found[job] = json.loads((work / f"{_key(job, source)}.json").read_text(encoding="utf-8"))
        except (OSError, json.JSONDecodeError):
            continue
    return found


def record(studies: Iterable[Study], out: Path, work: Path, *, path: str | None, source: str, command: str,
           parallel: Callable[[], object], report: Callable[[str], None] = print, threads: int | None = 1) -> None:
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
            _write(work / f"{_key(job, source)}.json", result)
            done[job], spent = result, spent + job.cost
            left = (time.perf_counter() - started) * (total - spent) / spent / 60
            report(f"{study.name}: {len(done)} of {len(jobs)} runs, about {left:.0f} min left")
        found[study.name] = {label: [done[job] for job in row] for label, row in rows.items()}
        _write(out / f"cifar10_{study.name}.json", _file(study, rows, found[study.name], source, command))


def _file(study: Study, rows: dict, results: dict, source: str, command: str) -> dict:
    every = [result for row in results.values() for result in row]
    kept = {label: [{k: v for k, v in r.items() if k not in ("device", "versions", "seconds")} for r in row]
            for label, row in results.items()}
    return {
        "about": study.about, "data": source, "command": command, "seeds": list(SEEDS),
        "device": sorted({r["device"] for r in every}),
        "versions": sorted({f"Python {r['versions']['python']}, PyTorch {r['versions']['torch']}" for r in every}),
        "processor_minutes": round(sum(r["seconds"] for r in every) / 60, 1),
        "jobs": {label: [asdict(job) for job in row] for label, row in rows.items()},
        "edges": [round(e, 4) for e in EDGES.tolist()], "runs": kept,
    }


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    import joblib

    parser = argparse.ArgumentParser(prog="python -m regutils.record", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [study.name for study in STUDIES]
    parser.add_argument("studies", nargs="*", metavar="STUDY", help=f"some of {', '.join(names)}; default: all")
    parser.add_argument("--pictures", metavar="FILE.npz", help="real pictures; default: CIFAR-10, downloaded")
    parser.add_argument("--source", help='what these pictures are; default: "CIFAR-10, JPEG copy", or "CIFAR-10"')
    parser.add_argument("--jobs", type=int, default=-1, help="worker processes; default: one per core")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster; its workers must find the pictures")
    parser.add_argument("--out", type=Path, default=Path("notebooks/recorded"))
    parser.add_argument("--work", type=Path, help="finished runs; default: record/ where data.cifar10 keeps its data")
    args = parser.parse_args(arguments)
    require(set(args.studies) <= set(names), "STUDY", args.studies, f"among {', '.join(names)}")
    source = args.source or ("CIFAR-10, JPEG copy" if args.pictures else "CIFAR-10")
    path = str(Path(args.pictures).resolve()) if args.pictures else None
    if path is None:
        pictures.cifar10()  # before the workers start, so that only one of them downloads
    command = "python -m regutils.record" + (f" --pictures {Path(path).name}" if path else "")
    wanted = [study for study in STUDIES if not args.studies or study.name in args.studies]

    def go(**how):
        record(wanted, args.out, args.work or pictures.folder() / "record", path=path, source=source, command=command,
               parallel=lambda: joblib.Parallel(batch_size=1, return_as="generator_unordered", **how))

    if not args.scheduler:
        go(n_jobs=args.jobs)
        return
    from distributed import Client

    with Client(args.scheduler), joblib.parallel_config(backend="dask"):
        go()


if __name__ == "__main__":
    # By its own name, so that worker processes can import what the jobs are made of.
    from regutils import record as named

    named.main()
