"""What several test files share: the notebooks, one run of each solved, the browser if any."""

import os

# Two workers of pytest-xdist share two cores: each, and each kernel below it, takes one.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import asyncio
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
import pytest
from claims import Claim, claims_of, execute, insert, read, solve
from filelock import FileLock

from regutils.tools.site import frames

ROOT = Path(__file__).parent.parent
# Other numbers of threads add up in another order, and training makes much of it.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "REGUTILS_THREADS": "fixed"}
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

NO_NETWORK = """
import socket

def refused(self, address):
    raise OSError(f"no network, and {address} was asked for")

socket.socket.connect = refused
"""
# Explorers carry what they show for a few settings of each control, the ends among them.
CARRY = f"{frames.SETUP}\nframes.MOST = 6"


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """Folder that the workers of pytest-xdist share; `notebooks` in it has solved exercises."""
    base = tmp_path_factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "solved"
    with FileLock(f"{home}.lock"):
        if not home.exists():
            shutil.copytree(ROOT / "notebooks", home / "notebooks")
            for path in NOTEBOOKS:
                notebook = read(path)
                solve(notebook)
                nbformat.write(notebook, home / "notebooks" / path.name)
    return home


@dataclass(frozen=True)
class Run:
    """A notebook executed with its exercises solved, without a network.

    - notebook: with outputs; its explorers carry their frames.
    - claims: what its claims came to.
    - stopped: which cell failed and why, or "".
    """

    notebook: nbformat.NotebookNode
    claims: list[Claim]
    stopped: str


@pytest.fixture(scope="session")
def solved_run(home):
    """Function from a notebook's path to its Run, made once for all tests."""

    def run(path: Path) -> Run:
        kept = home / "run" / path.name
        with FileLock(home / f"{path.stem}.lock"):
            if not kept.exists():
                notebook = read(home / "notebooks" / path.name)
                insert(notebook, claims_of(path))
                setup = NO_NETWORK + CARRY
                claims, stopped = execute(notebook, home / "notebooks", ONE_THREAD, setup)
                notebook.metadata["run"] = [[asdict(claim) for claim in claims], stopped]
                kept.parent.mkdir(exist_ok=True)
                nbformat.write(notebook, kept)
        notebook = read(kept)
        claims, stopped = notebook.metadata["run"]
        return Run(notebook, [Claim(**claim) for claim in claims], stopped)

    return run


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def solved(request, solved_run) -> Run:
    """The Run of each notebook; a test fails here where a cell does."""
    run = solved_run(request.param)
    assert not run.stopped, f"{request.param.name}, solved: {run.stopped}"
    return run


# One worker begins with the claims, the other with the notebooks as committed. What reads the runs
# that the claims leave comes later, and the short files last, so that neither worker waits.
LONG = ["test_claims.py", ".ipynb", "test_lab.py", "test_grade.py", "test_site.py"]
LONG += ["test_hard_to_break.py", "test_playground.py", "test_kernel.py"]


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: [not item.path.name.endswith(name) for name in LONG])


@pytest.fixture(autouse=True)
def without_a_loop(request):
    """Set aside the event loop that Playwright, once started, keeps running in this thread."""
    loop = None if "page" in request.fixturenames else asyncio._get_running_loop()
    if loop is not None:
        asyncio._set_running_loop(None)
    yield
    if loop is not None:
        asyncio._set_running_loop(loop)


@pytest.fixture(scope="session")
def page():
    """A page of headless Chromium.

    Without one the test is skipped, or fails where REGUTILS_BROWSER=required.
    """
    import lab

    if lab.chromium() is None:
        reason = "no Chromium or Chrome found; install one, or run `playwright install chromium`"
        if os.environ.get("REGUTILS_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    with lab.browser_page() as page:
        yield page


@pytest.fixture
def complaints(page):
    """What the page itself complains about while a test runs."""
    heard = []

    def listen(error):
        heard.append(error)

    page.on("pageerror", listen)
    yield heard
    page.remove_listener("pageerror", listen)
