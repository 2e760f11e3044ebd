"""Run what is missing of the studies: each finished run is kept, so a stopped command goes on.

    regutils record                          CIFAR-10 downloaded, all cores of this machine
    regutils record --pictures FILE.npz      arrays train_x (n, 3, 32, 32) uint8, train_y, test_x, …
    regutils record --scheduler ADDRESS      a Dask cluster (pip install 'regutils[cluster]')

Studies are run in the order of STUDIES, most important first; a study's file is written when all
its runs are there.
"""

import argparse
import contextlib
import hashlib
import json
import os
import platform
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from ... import data
from ...arguments import require
from ...data.cifar10 import folder
from ...progress import bar
from ..execute import writable
from .photographs import EDGES, Job
from .studies import STUDIES, Study


def record(
    studies: Mapping[str, Study], out: Path, work: Path, pictures: str | None, n_jobs: int = -1
) -> None:
    """Run what is missing of every study with joblib and write its file to `out`.

    - work: folder of finished runs.
    - pictures: an .npz file, or None for CIFAR-10.

    Raises ValueError, before any work, where `out` or `work` cannot be written to.
    """
    import joblib

    writable(out)
    writable(work)
    source = "CIFAR-10, JPEG copy" if pictures else "CIFAR-10"
    for name, study in studies.items():
        rows = study.jobs()
        files = {job: work / kept_as(job, source) for row in rows.values() for job in row}
        done = {}
        for job, file in files.items():
            with contextlib.suppress(OSError, json.JSONDecodeError):
                done[job] = json.loads(file.read_text(encoding="utf-8"))
        missing = [job for job in files if job not in done]
        run = joblib.Parallel(n_jobs, batch_size=1, return_as="generator_unordered")
        results = run(joblib.delayed(one)(job, pictures) for job in missing)
        for job, result in bar(results, name, total=len(missing), unit="run"):
            write(files[job], result)
            done[job] = result
        photographs = issubclass(study.job, Job)
        command = f"regutils record {name}"
        if photographs and pictures:
            command += f" --pictures {Path(pictures).name}"
        how = {"about": study.about, "data": source if photographs else "none"}
        write(out / f"{name}.json", how | {"command": command} | contents(rows, done))


def one(job: Any, pictures: str | None) -> tuple[Any, dict[str, Any]]:
    """Return a job (results arrive in any order), what it measured, and where and how."""
    # Weights that a strong λ has all but erased would make a CPU ten times slower.
    torch.set_flush_denormal(True)
    started = time.process_time()
    result = job.run(pictures)
    on_gpu = isinstance(job, Job) and torch.cuda.is_available()
    cpu = f"CPU, {torch.backends.cpu.get_cpu_capability()}"
    return job, result | {
        "device": torch.cuda.get_device_name() if on_gpu else cpu,
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
        "seconds": round(time.process_time() - started, 1),
    }


def kept_as(job: Any, source: str) -> str:
    """Return the name of a job's file: another kind of job or another source is another one."""
    text = json.dumps([type(job).__name__, asdict(job), source], sort_keys=True)
    return f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"


def write(path: Path, content: Any) -> None:
    """Write JSON beside the target and rename it: a reader never meets half a file."""
    plain = json.loads(json.dumps(content), parse_constant=lambda _: None)  # for NaN and infinity
    part = path.with_name(path.name + ".part")
    text = json.dumps(plain, separators=(",", ":"), ensure_ascii=False)
    part.write_text(text + "\n", encoding="utf-8")
    os.replace(part, path)


def contents(rows: dict[str, list[Any]], done: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    """Return the jobs of a study, their results, and what they were made with."""
    about = ("device", "versions", "seconds")
    device, versions, seconds = zip(*([one[name] for name in about] for one in done.values()))
    return {
        "seeds": sorted({job.seed for job in done}),
        "device": sorted(set(device)),
        "versions": sorted({f"Python {v['python']}, PyTorch {v['torch']}" for v in versions}),
        "processor_minutes": round(sum(seconds) / 60, 1),
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
    add("--pictures", metavar="FILE.npz", help="a JPEG copy of CIFAR-10; default: downloaded")
    add("--jobs", type=int, default=-1, help="worker processes; default: one per core")
    add("--scheduler", metavar="ADDRESS", help="of a Dask cluster, which must find the pictures")
    add("--out", type=Path, default=Path("notebooks/recorded"))
    add("--work", type=Path, help="finished runs; default: record/ beside CIFAR-10")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    known = set(args.studies) <= set(STUDIES)
    require(known, "STUDY", args.studies, f"among {', '.join(STUDIES)}")
    wanted = {n: study for n, study in STUDIES.items() if n in (args.studies or STUDIES)}
    path = str(Path(args.pictures).expanduser().resolve()) if args.pictures else None
    if path is None and any(issubclass(study.job, Job) for study in wanted.values()):
        data.cifar10()  # before the workers start, so that only one of them downloads
    work = (args.work or folder() / "record").expanduser()
    how = (wanted, args.out.expanduser(), work, path, args.jobs)
    if not args.scheduler:
        record(*how)
        return 0
    import joblib
    from distributed import Client

    with Client(args.scheduler), joblib.parallel_config(backend="dask"):
        record(*how)
    return 0
