"""Run what is missing of the studies: each finished run is kept, so a stopped command goes on.

    regutils record                          CIFAR-10 downloaded, all cores of this machine
    regutils record --pictures FILE.npz      arrays train_x (n, 3, 32, 32) uint8, train_y, test_x, …
    regutils record --scheduler ADDRESS      a Dask cluster (pip install 'regutils[cluster]')

Studies are run in the order of STUDIES, most important first; a study's file is written when all
its runs are there.
"""

import contextlib
import hashlib
import json
import platform
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import joblib
import torch

from ... import data
from ...arguments import require
from ...course.recorded.photographs import EDGES, Job
from ...data.cifar10 import folder
from ...progress import bar
from ..execute import replacing, writable
from .studies import STUDIES, Study


def record(
    studies: Mapping[str, Study], out: Path, work: Path, pictures: str | None, n_jobs: int = -1
) -> None:
    """Run what is missing of every study with joblib and write its file to `out`.

    - work: folder of finished runs.
    - pictures: an .npz file, or None for CIFAR-10.

    Raises ValueError, before any work, where `out` or `work` cannot be written to.
    """
    writable(out)
    writable(work)
    for name, study in studies.items():
        source = "CIFAR-10, JPEG copy" if pictures else "CIFAR-10"
        rows = study.jobs()
        files = {job: work / kept_as(job, source) for row in rows.values() for job in row}
        done = {}
        for job, file in files.items():
            with contextlib.suppress(OSError, json.JSONDecodeError):
                done[job] = json.loads(file.read_text(encoding="utf-8"))
        missing = [job for job in files if job not in done]
        workers = joblib.Parallel(n_jobs, batch_size=1, return_as="generator_unordered")
        results = workers(joblib.delayed(one)(job, pictures) for job in missing)
        for job, result in bar(results, name, total=len(missing), unit="run"):
            write(files[job], result)
            done[job] = result
        how = {
            job: {key: done[job].pop(key) for key in ("device", "versions", "seconds")}
            for job in files
        }
        versions = [one["versions"] for one in how.values()]
        photographs = issubclass(study.job, Job)
        given = f" --pictures {Path(pictures).name}" if photographs and pictures else ""
        content = {
            "about": study.about,
            "data": source if photographs else "none",
            "command": f"regutils record {name}{given}",
            "seeds": sorted(study.seeds),
            "device": sorted({one["device"] for one in how.values()}),
            "versions": sorted({f"Python {v['python']}, PyTorch {v['torch']}" for v in versions}),
            "processor_minutes": round(sum(one["seconds"] for one in how.values()) / 60, 1),
            "jobs": {label: [asdict(job) for job in row] for label, row in rows.items()},
            "edges": [round(edge, 4) for edge in EDGES.tolist()],
            "runs": {label: [done[job] for job in row] for label, row in rows.items()},
        }
        write(out / f"{name}.json", content)


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
    """Write JSON, null in place of NaN and infinity."""
    plain = json.loads(json.dumps(content), parse_constant=lambda _: None)
    text = json.dumps(plain, separators=(",", ":"), ensure_ascii=False)
    with replacing(path) as part:
        part.write_text(text + "\n", encoding="utf-8")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `regutils record`."""
    add = parser.add_argument
    add("studies", nargs="*", metavar="STUDY", help=f"default: all of {', '.join(STUDIES)}")
    add("--pictures", metavar="FILE.npz", help="a JPEG copy of CIFAR-10; default: downloaded")
    add("--jobs", type=int, default=-1, help="worker processes; default: one per core")
    add("--scheduler", metavar="ADDRESS", help="of a Dask cluster, which must find the pictures")
    add("--out", type=Path, default=Path("notebooks/recorded"))
    add("--work", type=Path, help="finished runs; default: record/ beside CIFAR-10")


def run(args: Namespace) -> int:
    """Record studies, here or on a Dask cluster; return 0."""
    known = set(args.studies) <= set(STUDIES)
    require(known, "STUDY", args.studies, f"among {', '.join(STUDIES)}")
    wanted = {name: STUDIES[name] for name in STUDIES if name in (args.studies or STUDIES)}
    pictures = str(Path(args.pictures).expanduser().resolve()) if args.pictures else None
    if pictures is None and any(issubclass(study.job, Job) for study in wanted.values()):
        data.cifar10()  # before the workers start, so that only one of them downloads
    work = (args.work or folder() / "record").expanduser()
    with contextlib.ExitStack() as cluster:
        if args.scheduler:
            from distributed import Client

            cluster.enter_context(Client(args.scheduler))
            cluster.enter_context(joblib.parallel_config(backend="dask"))
        record(wanted, args.out.expanduser(), work, pictures, args.jobs)
    return 0
