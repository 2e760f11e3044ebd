"""Doing what is missing of the studies: each finished run is kept, so a stopped command goes on.

    regutils record                          CIFAR-10 downloaded, all cores of this machine
    regutils record --pictures FILE.npz      arrays train_x (n, 3, 32, 32) uint8, train_y, test_x, …
    regutils record --scheduler ADDRESS      a Dask cluster (pip install 'regutils[cluster]')

Studies are done in the order of STUDIES, most important first; a study's file is written when all
its runs are there.
"""

import argparse
import hashlib
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from ... import data
from ...arguments import require
from ...data.cifar10 import folder
from .files import writable, write
from .runs import EDGES
from .studies import STUDIES, Study


@dataclass(frozen=True)
class Source:
    """Where the pictures come from.

    - path: a file of pictures, or None for CIFAR-10.
    - name: what the recorded file calls them.
    - command: what made the recording, to be written into it.
    """

    path: str | None
    name: str
    command: str


def one(job: Any, pictures: str | None, threads: int | None) -> tuple[Any, dict[str, Any]]:
    """A job and what it measured: results arrive in any order."""
    if threads:
        torch.set_num_threads(threads)
    return job, job.run(pictures)


def key(job: Any, source: str) -> str:
    """The name under which a job's result is kept: another job or another source is another one."""
    text = json.dumps([asdict(job), source], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def kept(jobs: Iterable[Any], work: Path, source: str) -> dict[Any, dict[str, Any]]:
    """The results that an earlier call left in `work`; half a file counts as none."""
    found = {}
    for job in jobs:
        try:
            text = (work / f"{key(job, source)}.json").read_text(encoding="utf-8")
            found[job] = json.loads(text)
        except (OSError, json.JSONDecodeError):
            continue
    return found


def record(
    studies: Iterable[Study],
    out: Path,
    work: Path,
    source: Source,
    *,
    parallel: Callable[[], Any],
    report: Callable[[str], None] = print,
    threads: int | None = 1,
) -> None:
    """Do what is missing of every study and write its file to `out`.

    - parallel: makes the joblib.Parallel that runs the jobs, with
      return_as="generator_unordered".
    - report: gets a line after each run, with how long is left of the study.

    Raises ValueError, before any work, where `out` or `work` cannot be written to.
    """
    import joblib

    writable(out)
    writable(work)
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for study in studies:
        rows = study.rows(found)
        jobs = list(dict.fromkeys(job for row in rows.values() for job in row))
        done = kept(jobs, work, source.name)
        missing = [job for job in jobs if job not in done]
        started, spent = time.perf_counter(), 0.0
        total = sum(job.cost for job in missing)
        calls = (joblib.delayed(one)(job, source.path, threads) for job in missing)
        for job, result in parallel()(calls):
            write(work / f"{key(job, source.name)}.json", result)
            done[job] = result
            spent += job.cost
            left = (time.perf_counter() - started) * (total - spent) / spent / 60
            report(f"{study.name}: {len(done)} of {len(jobs)} runs, about {left:.0f} min left")
        found[study.name] = {label: [done[job] for job in row] for label, row in rows.items()}
        write(out / f"{study.name}.json", contents(study, rows, found[study.name], source))


def contents(
    study: Study,
    rows: dict[str, list[Any]],
    results: dict[str, list[dict[str, Any]]],
    source: Source,
) -> dict[str, Any]:
    """What a study's file holds: how it was made, its jobs and their results."""
    every = [result for row in results.values() for result in row]
    about_the_machine = ("device", "versions", "seconds")
    runs = {
        label: [{k: v for k, v in run.items() if k not in about_the_machine} for run in row]
        for label, row in results.items()
    }
    versions = {
        f"Python {r['versions']['python']}, PyTorch {r['versions']['torch']}" for r in every
    }
    return {
        "about": study.about,
        "data": source.name if study.pictures else "none",
        "command": source.command if study.pictures else f"regutils record {study.name}",
        "seeds": sorted({job.seed for row in rows.values() for job in row}),
        "device": sorted({run["device"] for run in every}),
        "versions": sorted(versions),
        "processor_minutes": round(sum(run["seconds"] for run in every) / 60, 1),
        "jobs": {label: [asdict(job) for job in row] for label, row in rows.items()},
        "edges": [round(edge, 4) for edge in EDGES.tolist()],
        "runs": runs,
    }


def add_command(commands: Any) -> None:
    """`regutils record`, added to the command line's sub-commands."""
    parser = commands.add_parser(
        "record",
        help="make the results in notebooks/recorded again",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = ", ".join(study.name for study in STUDIES)
    parser.add_argument(
        "studies", nargs="*", metavar="STUDY", help=f"some of {names}; default: all"
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
    wanted = [study for study in STUDIES if not args.studies or study.name in args.studies]
    path = str(Path(args.pictures).expanduser().resolve()) if args.pictures else None
    if path is None and any(study.pictures for study in wanted):
        data.cifar10()  # before the workers start, so that only one of them downloads
    source = Source(
        path,
        args.source or ("CIFAR-10, JPEG copy" if args.pictures else "CIFAR-10"),
        "regutils record" + (f" --pictures {Path(path).name}" if path else ""),
    )

    def go(**how: Any) -> None:
        def parallel() -> joblib.Parallel:
            return joblib.Parallel(batch_size=1, return_as="generator_unordered", **how)

        work = args.work or folder() / "record"
        record(wanted, args.out.expanduser(), work.expanduser(), source, parallel=parallel)

    if not args.scheduler:
        go(n_jobs=args.jobs)
        return 0
    from distributed import Client

    with Client(args.scheduler), joblib.parallel_config(backend="dask"):
        go()
    return 0
