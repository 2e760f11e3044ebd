"""Over seeds, threads and instruction sets: which claims of a notebook hold, with what values.

    python tests/tools/spread.py notebooks/02_l2.ipynb
    python tests/tools/spread.py notebooks/02_l2.ipynb --offsets 0 1 --threads 1 --isa oldest

An offset o replaces `SEEDS = range(5)` in the notebook by `range(5 * o, 5 * o + 5)`. A notebook
without that line has single runs of seed 0: o is their seed then. A tolerance in `tests/claims`
comes from this table; where a claim does not survive it, the sentence changes. Two threads that
wait for each other beside other work need OMP_WAIT_POLICY=passive, or a run takes ten minutes.
"""

import argparse
import copy
import re
import sys
from collections import defaultdict
from functools import partial
from itertools import product
from pathlib import Path

from claims import claims_of, execute, insert, read, solve


def instructions(torch: str, onednn: str, mkl: str) -> dict[str, str]:
    """Return the variables that keep three libraries to an instruction set."""
    return {
        "ATEN_CPU_CAPABILITY": torch,
        "ONEDNN_MAX_CPU_ISA": onednn,
        "MKL_ENABLE_INSTRUCTIONS": mkl,
    }


ISA = {
    "oldest": instructions("default", "AVX2", "SSE4_2"),
    "avx2": instructions("avx2", "AVX2", "AVX2"),
    "machine": {},
}
SEEDS = re.compile(r"^SEEDS = range\((\d+)\)", re.MULTILINE)
SINGLE = re.compile(r"(\bseed=|\bmanual_seed\(|\bseeded\(.*?, )0\b")
DASHBOARD = re.compile(r'(\bDashboard\(")')
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def later(offset: int, line: re.Match) -> str:
    """Return the line with seeds as many as it has, after `offset` times as many."""
    n = int(line[1])
    return f"SEEDS = range({n * offset}, {n * offset + n})"


def shift(notebook, offset: int) -> None:
    """Replace the notebook's seeds by as many others."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    means = any(SEEDS.search(cell.source) for cell in cells)
    for cell in cells:
        if means:
            cell.source = SEEDS.sub(partial(later, offset), cell.source)
        else:
            cell.source = SINGLE.sub(rf"\g<1>{offset}", cell.source)
            cell.source = DASHBOARD.sub(rf"\g<1>seed={offset} draw={offset} ", cell.source)


def extent(texts: list[str]) -> str:
    """Return texts of one form as one, each number as its range over them: "a = 0.1…0.3"."""
    if len({NUMBER.sub("#", text) for text in texts}) > 1:
        return texts[0]
    columns = iter(zip(*(NUMBER.findall(text) for text in texts)))

    def merged(_) -> str:
        column = sorted(set(next(columns)), key=float)
        return column[0] if len(column) == 1 else f"{column[0]}…{column[-1]}"

    return NUMBER.sub(merged, texts[0])


def spread(path: Path, settings) -> tuple[dict, list[str]]:
    """Run the notebook under each setting; return its claims by line, and the runs that broke."""
    results, broken = defaultdict(dict), []
    notebook = read(path)
    solve(notebook)
    insert(notebook, claims_of(path))
    for isa, threads, offset in settings:
        name = f"{isa}, threads {threads}, offset {offset}"
        run = copy.deepcopy(notebook)
        if offset:
            shift(run, offset)
        variables = {**ISA[isa], "OMP_NUM_THREADS": str(threads), "REGUTILS_THREADS": "fixed"}
        found, stopped = execute(run, path.resolve().parent, variables)
        if stopped:
            broken.append(f"{name}: {stopped}")
        for claim in found:
            results[claim.line][name] = claim
        fails = [claim.line for claim in found if claim.error]
        print(f"{name}: {len(found)} claims, fail: {fails} {stopped}", file=sys.stderr, flush=True)
    return results, broken


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--offsets", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--isa", nargs="+", choices=ISA, default=list(ISA))
    args = parser.parse_args()
    failed = False
    for path in args.notebooks:
        results, broken = spread(path, product(args.isa, args.threads, args.offsets))
        print(f"## {path.name}\n| line | claim | holds | fails under | values |\n|--|--|--|--|--|")
        for line, runs in sorted(results.items()):
            fails = [name for name, claim in runs.items() if claim.error]
            values = extent([claim.values for claim in runs.values()])
            source = " ".join(next(iter(runs.values())).source.split())
            holds = f"{len(runs) - len(fails)} of {len(runs)}"
            print(f"| {line} | `{source}` | {holds} | {'; '.join(fails)} | {values} |")
            failed |= bool(fails)
        for run in broken:
            print(f"did not end: {run}")
        failed |= bool(broken)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
