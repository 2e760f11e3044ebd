"""Run what is missing of the studies: each finished run is kept, so a stopped command goes on.

    regutils record                          CIFAR-10 downloaded, all cores of this machine
    regutils record --pictures FILE.npz      arrays train_x (n, 3, 32, 32) uint8, train_y, test_x, …
    regutils record --scheduler ADDRESS      a Dask cluster (pip install 'regutils[cluster]')

Studies are run in the order of STUDIES, most important first; a study's file is written when all
its runs are there.
"""

import argparse
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from ... import data
from ...arguments import require
from ...data.cifar10 import folder
from .files import writable, write
from .photographs import EDGES
from .studies import STUDIES, Study


def one(job: Any, pictures: str | None, threads: int | None) -> tuple[Any, dict[str, Any]]:
    """Return a job and what it measured: results arrive in any order."""
    if threads:
        torch.set_num_threads(threads)
    return job, job.run(pictures)


def kept_as(job: Any, source: str) -> str:
    """Return the name of a job's file: another kind of job or another source is another one."""
    text = json.dumps([type(job).__name__, asdict(job), source], sort_keys=True)
    return f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"


def record(
    studies: Mapping[str, Study],
    out: Path,
    work: Path,
    pictures: str | None,
    source: str,
    *,
    parallel: Callable[[], Any],
    report: Callable[[str], None] = print,
    threads: int | None = 1,
) -> None:
    """Run what is missing of every study and write its file to `out`.

    - work: folder of finished runs.
    - pictures: an .npz file, or None for CIFAR-10.
    - source: what the recorded file calls them.
    - parallel: makes the joblib.Parallel that runs the jobs, with
      return_as="generator_unordered".
    - report: gets a line after each run, with how long is left of the study.

    Raises ValueError, before any work, where `out` or `work` cannot be written to.
    """
    import joblib

    writable(out)
    writable(work)
    for name, study in studies.items():
        rows = study.jobs()
        jobs = list(dict.fromkeys(job for row in rows.values() for job in row))
        done = {}
        for job in jobs:
            try:
                done[job] = json.loads((work / kept_as(job, source)).read_text(encoding="utf-8"))
            except (OSError, json.JSONDecodeError):
                continue
        missing = [job for job in jobs if job not in done]
        started, spent = time.perf_counter(), 0.0
        total = sum(job.cost for job in missing)
        for job, result in parallel()(
            joblib.delayed(one)(job, pictures, threads) for job in missing
        ):
            write(work / kept_as(job, source), result)
            done[job] = result
            spent += job.cost
            left = (time.perf_counter() - started) * (total - spent) / spent / 60
            report(f"{name}: {len(done)} of {len(jobs)} runs, about {left:.0f} min left")
        command = f"regutils record {name}"
        if study.pictures and pictures:
            command += f" --pictures {Path(pictures).name}"
        how = {"about": study.about, "data": source if study.pictures else "none"}
        write(out / f"{name}.json", how | {"command": command} | contents(rows, done))


def contents(rows: dict[str, list[Any]], done: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    """Return the jobs of a study, their results, and what they were made with."""
    results = list(done.values())
    about = ("device", "versions", "seconds")
    versions = [result["versions"] for result in results]
    made_with = {f"Python {v['python']}, PyTorch {v['torch']}" for v in versions}
    return {
        "seeds": sorted({job.seed for job in done}),
        "device": sorted({result["device"] for result in results}),
        "versions": sorted(made_with),
        "processor_minutes": round(sum(result["seconds"] for result in results) / 60, 1),
        "jobs": {label: [asdict(job) for job in row] for label, row in rows.items()},
        "edges": [round(edge, 4) for edge in EDGES.tolist()],
        "runs": {
            label: [{k: v for k, v in done[job].items() if k not in about} for job in row]
            for label, row in rows.items()
        },
    }


def add_command(commands: Any) -> None:
    """Add `regutils record` to the command line's sub-commands."""
    how = argparse.RawDescriptionHelpFormatter
    about = "make the results in notebooks/recorded again"
    parser = commands.add_parser("record", help=about, description=__doc__, formatter_class=how)
    add = parser.add_argument
    names = ", ".join(STUDIES)
    add("studies", nargs="*", metavar="STUDY", help=f"some of {names}; default: all")
    add("--pictures", metavar="FILE.npz", help="real pictures; default: CIFAR-10, downloaded")
    add("--source", help='what they are; default: "CIFAR-10, JPEG copy", or "CIFAR-10"')
    add("--jobs", type=int, default=-1, help="worker processes; default: one per core")
    add("--scheduler", metavar="ADDRESS", help="of a Dask cluster, which must find the pictures")
    add("--out", type=Path, default=Path("notebooks/recorded"))
    add("--work", type=Path, help="finished runs; default: record/ beside CIFAR-10")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    import joblib

    known = set(args.studies) <= set(STUDIES)
    require(known, "STUDY", args.studies, f"among {', '.join(STUDIES)}")
    wanted = {n: study for n, study in STUDIES.items() if n in (args.studies or STUDIES)}
    path = str(Path(args.pictures).expanduser().resolve()) if args.pictures else None
    if path is None and any(study.pictures for study in wanted.values()):
        data.cifar10()  # before the workers start, so that only one of them downloads
    source = args.source or ("CIFAR-10, JPEG copy" if path else "CIFAR-10")
    work = (args.work or folder() / "record").expanduser()

    def go(**how: Any) -> None:
        def parallel() -> joblib.Parallel:
            return joblib.Parallel(batch_size=1, return_as="generator_unordered", **how)

        record(wanted, args.out.expanduser(), work, path, source, parallel=parallel)

    if not args.scheduler:
        go(n_jobs=args.jobs)
        return 0
    from distributed import Client

    with Client(args.scheduler), joblib.parallel_config(backend="dask"):
        go()
    return 0
