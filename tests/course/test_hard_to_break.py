"""Notebooks under learners' hands and on machines that are not ours.

One kernel per notebook, everything at once: the course lies in a read-only folder whose name has
blanks and letters beyond ASCII, there is no home, numbers have a decimal comma, and there is no
network. The kernel is restarted on the way, asked to go on where it was, interrupted at work, and
runs everything, exercises solved, and again. It must print what the notebook prints anywhere else;
with REGUTILS_FAST=1 the first one is compared.
"""

import os
import re
import shutil
import subprocess
import sys

import pytest
from conftest import CARRY, NOTEBOOKS, ONE_THREAD, ROOT, executed, keep, kept, read
from filelock import FileLock
from learner import Learner

from regutils.course import full, running

# Cells that take seconds.
TRAINS = re.compile(r"\btrain\.(sweep|fit|Trainer)\(|\.step\(|\.run\(\d")
# Numbers as this locale writes them, and no way out of this machine.
SETUP = """
import locale, socket
locale.setlocale(locale.LC_ALL, "")

def refused(self, address):
    addresses_asked_for.append(address)
    raise OSError(f"no network, and {address} was asked for")

addresses_asked_for = []
socket.socket.connect = refused
"""


# The second time explorers show their pictures without the frames for every setting.
BARE = """
from regutils import live
get_ipython().display_formatter.mimebundle_formatter.pop(live.Explorer)
"""


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


# What matplotlib says, on stderr, to those who have no home, and what to do about it.
HOMELESS = re.compile(r"^(mkdir -p failed for path|Matplotlib created a temporary) .*\n", re.M)


def printed(outputs) -> str:
    """What a reader sees as text; addresses of objects in memory are nobody's result."""
    parts = [o.get("text", "") + o.get("data", {}).get("text/plain", "") for o in outputs]
    text = re.sub(
        r".*\r(?!\n) *", "", HOMELESS.sub("", "".join(parts))
    )  # what bars have overwritten
    return re.sub(r"0x[0-9a-f]+", "0x…", text).strip()


NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def same(first: str, second: str) -> bool:
    """The same words and, to 0.1 %, the same numbers: other threads add up in another order.

    What is below 0.00001 is rounding itself.
    """
    if NUMBER.sub("0", first) != NUMBER.sub("0", second):
        return False
    pairs = zip(NUMBER.findall(first), NUMBER.findall(second))
    return all(a == b or close(float(a), float(b), a) for a, b in pairs)


def close(a: float, b: float, text: str) -> bool:
    last = 10.0 ** -len(text.partition(".")[2]) if "e" not in text and "." in text else 0.0
    return abs(a - b) <= max(1e-3 * abs(a), 1.01 * last, 1e-5)


def test_what_counts_as_the_same():
    assert same("Epoch 5: 63.4844", "Epoch 5: 63.4846")
    assert same("apart by 2e-15", "apart by 4.5e-15")
    assert same("error 0.20", "error 0.21")  # the last digit
    assert not same("error 0.20", "error 0.22")
    assert not same("5 of 10", "6 of 10")
    assert not same("train 0.1", "val 0.1")


@pytest.fixture(scope="module")
def comma(tmp_path_factory) -> dict[str, str]:
    """Variables of an environment whose decimal point is a comma."""
    folder = tmp_path_factory.mktemp("locales")
    if shutil.which("localedef"):
        make = ["localedef", "-i", "de_DE", "-f", "UTF-8", str(folder / "de_DE.UTF-8")]
        subprocess.run(make, capture_output=True)
    environment = {"LC_ALL": "de_DE.UTF-8"}
    if (folder / "de_DE.UTF-8").exists():
        environment["LOCPATH"] = str(folder)
    code = "import locale; locale.setlocale(locale.LC_ALL, ''); print(locale.str(0.5))"
    tried = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True
    )
    return environment if tried.stdout.strip() == "0,5" else {}


def test_there_is_a_locale_with_a_decimal_comma(comma):
    if not comma:
        pytest.skip("no locale with a decimal comma here, and no localedef to make one")


def can_mount() -> bool:
    """Whether a process may have mounts of its own: root on Linux, mostly."""
    return (
        bool(shutil.which("unshare"))
        and not subprocess.run(["unshare", "--mount", "true"]).returncode
    )


def binds(folder) -> bool:
    """Whether this process is stopped by permissions, which root and Windows are not."""
    try:
        (folder / "written").touch()
    except OSError:
        return True
    (folder / "written").unlink()
    return False


@pytest.fixture
def course(tmp_path):
    """The course in a folder that cannot be written to, and what starts a kernel there."""
    folder = tmp_path / "Kurs für Anfänger"
    for name in ("notebooks", "regutils"):
        skip = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "data")
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(path.stat().st_mode & ~0o222)
    if binds(folder):
        command = []
    elif can_mount():
        mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"'
        shell = ["sh", "-c", f'{mount} && cd "$PWD" && exec "$@"', str(folder)]
        command = ["unshare", "--mount", *shell]
    else:
        command = None
    yield folder, command
    for path in paths:
        path.chmod(path.stat().st_mode | 0o200)


def test_a_folder_can_be_made_read_only(course):
    if course[1] is None:
        pytest.skip("permissions do not bind this user, and it may not mount: nothing is read-only")


@pytest.fixture
def learner(course, comma):
    """A learner whose kernel runs in that folder, without a home, under that locale."""
    folder, command = course
    variables = {"PYTHONPATH": str(folder), "HOME": str(folder / "nobody"), **ONE_THREAD}
    learner = Learner(folder / "notebooks", os.environ | comma | variables, command or [])
    yield learner
    learner.close()


def errors(outputs) -> list[str]:
    return [output.ename for output in outputs if output.output_type == "error"]


def interrupted(learner, cell) -> bool:
    """Stop a cell that is at work; False if it was done before.

    A sweep or fit that is stopped keeps what it has, says so and raises nothing itself.
    """
    shown = learner.finish(learner.send(cell.source, cell.id), interrupt=True)
    found = errors(shown)
    kept = "Interrupted" in printed(shown)
    assert found in ([], ["KeyboardInterrupt"]) or kept, found
    return bool(found) or kept


def shown(outputs) -> list:
    """Outputs as a notebook keeps them: in one piece, without what is about this machine."""
    joined = []
    for output in outputs:
        if output.output_type == "stream":
            output.text = HOMELESS.sub("", output.text)
            if joined and joined[-1].get("name") == output.name:
                joined[-1].text += output.text
                continue
        joined.append(output)
    return list(filter(running.says_something, joined))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_hard_to_break(path, course, learner, home):
    if course[1] is not None:
        assert errors(learner.run("open('written here', 'w')")) == ["OSError"]
    notebook = read(home / "notebooks" / path.name)
    cells = code_cells(notebook)
    training = [cell for cell in cells if TRAINS.search(cell.source)]

    for cell in cells[: cells.index(training[0])]:
        learner.run(cell.source, cell.id)
    learner.restart()
    going_on = (errors(learner.run(cell.source, cell.id)) for cell in cells[len(cells) // 2 :])
    assert next(filter(None, going_on)) == ["NameError"]

    learner.run(SETUP)
    learner.run(CARRY)
    stopped = False
    for cell in cells:
        # Not the first one: it loads more of PyTorch, and half a module is no use to anybody.
        if cell in training[1:] and not stopped:
            stopped = interrupted(learner, cell)
        outputs = learner.run(cell.source, cell.id)
        assert not errors(outputs), f"{cell.id}: {learner.errors[-1]}"
        cell.outputs = shown(outputs)
    once = [printed(cell.outputs) for cell in cells]
    assert stopped, "no cell was at work when it was interrupted"
    assert printed(learner.run("addresses_asked_for")) == "[]", "the network was asked for"
    with FileLock(home / f"{path.stem}.lock"):
        if not kept(home, path).exists():
            keep(home, path, notebook)

    if full() or path == NOTEBOOKS[0]:
        for cell, text, other in zip(cells, once, code_cells(executed(home, path))):
            assert same(text, printed(other.outputs)), cell.id

    # Trained twice, a notebook would take twice as long. With REGUTILS_FAST it is trained again
    # only where a later cell has given a name another meaning.
    learner.run(BARE)
    left_out = None
    for cell, text in zip(cells, once):
        if cell in training and not full():
            left_out = cell
            continue
        outputs = learner.run(cell.source, cell.id)
        if errors(outputs) and left_out is not None:
            learner.run(left_out.source, left_out.id)
            outputs = learner.run(cell.source, cell.id)
        assert not errors(outputs), f"{cell.id}: {learner.errors[-1]}"
        assert same(printed(outputs), text), cell.id
