"""A class is marked to its end, whatever is handed in; class_of_thirty.py has all of it."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path

import class_of_thirty as thirty
import nbformat
import psutil
import pytest

from regutils.course.exercises import EXERCISES
from regutils.tools import grade

# One kernel each; every other kind of submission needs none, or is among the cells of these.
EXECUTED = ("own ways", "hanging before", "hanging for good", "exiting", "many faults")
LIMITS = Namespace(seconds=3, minutes=15, memory=3, jobs=2)
FAULTS = (
    thirty.SETUP + "\nimport os, torch\n" + thirty.HIDDEN,
    'print("\\ud800")',
    "print('x' * 5_000_000)",
    "def throw(error):\n    raise error",
    "half = '\ud800'",
    'check("2.1", lambda a, n: 10**400)',
    thirty.STEP.format("w -"),
    'check("2.3", lambda *args: throw(ValueError("\\ud800")))',
    'check("2.4", lambda *args: bytearray(10**11))',
    'kept = torch.ones(10**10)\ncheck("2.5", ...)',
    'check("3.4", lambda lam, n: torch.softmax(torch.ones(2).long(), 0))',
    'check("2.6", C)',
    'check("2.7", "A")\ncheck("2.7", "B")',
    thirty.DETACHED,
)


def command(*arguments, **variables) -> subprocess.CompletedProcess:
    limits = (f"--{name}={value}" for name, value in vars(LIMITS).items())
    return subprocess.run(
        [sys.executable, "-m", "regutils", "grade", *map(str, arguments), *limits],
        capture_output=True,
        env={**os.environ, "COURSE_TOKEN": "secret", **variables},
        timeout=300,
    )


def table(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    """Return the rows by learner and exercise."""
    return {(row[0], row[2]): dict(zip(grade.COLUMNS, row)) for row in grade.read_table(path)}


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """A class with one of each, marked through the command line by a terminal in cp1252."""
    folder = tmp_path_factory.mktemp("class")
    expected = thirty.write_class(folder)
    (folder / "many faults.ipynb").write_bytes(thirty.notebook(*FAULTS))
    (folder / "Łukasz.ipynb").write_bytes(b"")
    expected["Łukasz"] = ("empty",)
    names = {name for name, found in expected.items() if len(found) == 1} | {*EXECUTED}
    chosen = [path for path in sorted(folder.iterdir()) if path.stem in names]
    done = command(*chosen, "--out", folder / "marks.csv", PYTHONIOENCODING="cp1252")
    return folder, chosen, expected, done


def test_every_learner_has_lines_and_one_in_the_terminal(marked):
    folder, chosen, _, done = marked
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    said = done.stdout.decode("cp1252").replace("\\u0141", "Ł")
    learners = {learner for learner, _ in table(folder / "marks.csv")}
    assert len(learners) == len(chosen)
    for learner in learners:
        assert f"{learner}: " in said
    assert f"{len(chosen)} learners in " in said


def test_what_cannot_be_marked_has_one_line_with_its_status(marked):
    folder, _, expected, _ = marked
    rows = table(folder / "marks.csv")
    single = {name: statuses for name, statuses in expected.items() if len(statuses) == 1}
    assert len(single) >= 10
    for name, (status,) in single.items():
        assert rows[name, ""]["status"] == status
        assert rows[name, ""]["hint"]
        assert sum(learner == name for learner, _ in rows) == 1


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("own ways", ""),
        ("hanging before", "code cell 2 ran longer than 3 s"),
        ("hanging for good", "code cell 3 ran longer than 3 s and could not be interrupted"),
        ("exiting", "code cell 3 ended the kernel"),
    ],
)
def test_what_was_executed_has_its_marks(marked, name, hint):
    folder, _, expected, _ = marked
    rows = table(folder / "marks.csv")
    found = tuple(rows[name, f"ex {number}"]["status"] for number in ("2.1", "2.2", "2.6"))
    assert found == expected[name]
    hints = {row["hint"] for (who, _), row in rows.items() if who == name}
    assert hints - {"the notebook has no check of it", ""} == {hint} - {""}


@pytest.mark.parametrize(
    ("number", "status", "hint"),
    [
        ("2.1", "not yet", "None of the usual mistakes; your code gives 1000"),
        ("2.2", "failed", "SyntaxError: invalid syntax"),
        ("2.3", "not yet", "Your code raised ValueError: \\ud800"),
        ("2.4", "stopped", "Your code raised MemoryError"),
        ("2.5", "stopped", "RuntimeError: "),
        ("3.4", "not yet", "Your code raised NotImplementedError"),
        ("2.6", "failed", "NameError: name 'C' is not defined"),
        ("2.7", "right", ""),
        ("2.8", "not attempted", "the notebook has no check of it"),
    ],
)
def test_one_fault_does_not_touch_the_other_exercises(marked, number, status, hint):
    row = table(marked[0] / "marks.csv")["many faults", f"ex {number}"]
    assert row["status"] == status
    assert hint in row["hint"]


def test_nothing_of_a_submission_is_left_running(marked):
    for process in psutil.process_iter(["cmdline"]):
        assert "time.sleep(3333)" not in " ".join(process.info["cmdline"] or ())


@pytest.fixture
def no_kernel(monkeypatch):
    """No cell is executed: each notebook comes to its end at once."""
    monkeypatch.setattr(grade.Grader, "execute", lambda _, c, __: grade.marks([*map(cell, c)]))


def test_the_same_command_runs_nobody_again_and_another_limit_the_stopped_only(
    marked, no_kernel, tmp_path, capsys
):
    folder, chosen, _, _ = marked
    out = tmp_path / "marks.csv"
    shutil.copy(folder / "marks.csv", out)
    before = out.read_bytes()
    grade.grade(grade.find(map(str, chosen)), out, LIMITS)
    assert f"{len(chosen)} handed in, 0 to mark" in capsys.readouterr().out
    assert out.read_bytes() == before
    grade.grade(grade.find(map(str, chosen)), out, Namespace(**vars(LIMITS) | {"seconds": 9}))
    changed = set(out.read_bytes().splitlines()) ^ set(before.splitlines())
    again = {line.split(b",")[0].decode() for line in changed}
    assert again == set(EXECUTED) - {"own ways"}


def cell(source, *verdicts, **metadata):
    """Return a cell as it is when it ran and gave these verdicts."""
    outputs = [nbformat.v4.new_output("display_data", {grade.MIME: each}) for each in verdicts]
    return nbformat.v4.new_code_cell(source, outputs=outputs, metadata=metadata)


def marks(*cells):
    found = grade.marks(list(cells))
    return {exercise.removeprefix("ex "): (status, hint) for exercise, status, hint in found}


def verdict(number, status, message=""):
    return {"exercise": number, "verdict": status, "message": message}


def test_the_last_verdict_counts_and_what_is_none_of_ours_does_not():
    given = [
        verdict("2.1", "right", "well"),
        verdict("2.1", "not yet", "hint"),
        verdict("9.9", "right"),
        verdict(["2.2"], "right"),
        verdict("2.2", "splendid"),
        "2.3",
    ]
    rows = marks(cell('check("2.1", f)', *given), cell('check("2.1", f)'))
    assert rows["2.1"] == ("not yet", "hint")
    assert rows["2.2"][0] == rows["2.3"][0] == "not attempted"
    assert set(rows) == {number for number in EXERCISES if number.startswith("2.")}


def test_a_cell_without_exercise_that_hangs_has_a_line_too():
    late = "code cell 1 ran longer than 3 s"
    rows = marks(cell("x = 1\nwhile x: pass", stopped=late), cell('check("2.1", f)'))
    assert rows[""] == ("stopped", late)
    assert rows["2.1"] == ("failed", "its cell ran and gave no verdict")


def test_what_was_not_reached_is_stopped_with_the_reason():
    end = {"stopped": "it took too long"}
    first = cell('check("2.1", f)', verdict("2.1", "right"))
    rows = marks(first, cell('check("2.2", f)', **end), cell("1", **end))
    assert rows["2.1"] == ("right", "") and rows["2.2"] == ("stopped", "it took too long")
    assert "" not in rows


def test_a_table_survives_what_spreadsheets_do(tmp_path):
    out = tmp_path / "marks.csv"
    names = ["=cmd()", "+1", "-x", "@y", "Łukasz", "half \ud800"]
    rest = ("x.ipynb", "ex 6.10", "right", "hint; with, all", "x", "v0")
    grade.write_table(out, [[name, *rest] for name in names])
    assert out.read_bytes().startswith(b"\xef\xbb\xbflearner,")
    lines = list(csv.reader(out.read_text("utf-8-sig").splitlines()))
    assert not any(line[0].startswith(tuple("=+-@")) for line in lines)
    with out.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(lines)
    saved = grade.read_table(out)
    assert {name for name, *_ in saved} == {*names[:-1], "half \\ud800"}
    assert {tuple(others) for _, *others in saved} == {rest}


@pytest.mark.parametrize(
    "content",
    ["name,mark\nann,1\n", ",".join((*grade.COLUMNS, "my points")) + "\n", "\n", "\0"],
)
def test_a_table_that_is_not_ours_is_refused_and_left_alone(tmp_path, no_kernel, content):
    out = tmp_path / "marks.csv"
    out.write_text(content)
    with pytest.raises(ValueError, match=r"--out must be a new file, or one that regutils grade"):
        grade.grade(hand_in(tmp_path / "a", "ann"), out, LIMITS)
    assert out.read_text() == content


def hand_in(folder: Path, *names: str, content: bytes = b"") -> dict[Path, dict]:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.ipynb").write_bytes(content)
    return grade.find([str(folder / f"{name}.ipynb") for name in names])


def test_a_second_group_is_added_and_its_namesake_is_another_learner(tmp_path, no_kernel):
    out = tmp_path / "marks.csv"
    grade.grade(hand_in(tmp_path / "a", "ann", "bob"), out, LIMITS)
    hand_in(tmp_path / "b", "ann", "eve")
    grade.grade(grade.find([str(tmp_path / "b" / "*")]), out, LIMITS)  # as shells on Windows do
    learners = [learner for learner, _ in table(out)]
    assert sorted(learners) == sorted(["ann", "bob", "eve", str(tmp_path / "b" / "ann.ipynb")])


def test_a_name_that_a_spreadsheet_changed_is_recognised(tmp_path, no_kernel):
    out = tmp_path / "marks.csv"
    grade.grade(hand_in(tmp_path / "a", "007"), out, LIMITS)
    out.write_text(out.read_text("utf-8-sig").replace("\n007,", "\n7,"), "utf-8")
    grade.grade(hand_in(tmp_path / "a", "007", content=b"no notebook"), out, LIMITS)
    rows = table(out)
    assert set(rows) == {("007", "")}
    assert rows["007", ""]["status"] == "not a notebook"


def test_a_full_disk_is_no_learners_fault_and_is_tried_again(tmp_path, monkeypatch, capsys):
    out = tmp_path / "marks.csv"
    handed = hand_in(tmp_path / "a", "ann", content=thirty.notebook(*thirty.SOLVED))

    def full(self, code, beside):
        if code:  # the first kernel, without cells, started
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(grade.Grader, "execute", full)
    for _ in range(2):
        grade.grade(handed, out, LIMITS)
        row = table(out)["ann", ""]
        assert row["status"] == "not run" and "No space left on device" in row["hint"]
        assert "1 handed in, 1 to mark" in capsys.readouterr().out


def test_a_table_that_cannot_be_written_is_said_and_the_old_one_kept(
    tmp_path, no_kernel, monkeypatch, capsys
):
    out = tmp_path / "marks.csv"
    grade.grade(hand_in(tmp_path / "a", "ann"), out, LIMITS)
    before = out.read_bytes()

    def held(*args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", held)
    with pytest.raises(PermissionError):
        grade.grade(hand_in(tmp_path / "a", "bob", "eve"), out, LIMITS)
    assert out.read_bytes() == before
    assert capsys.readouterr().out.count("cannot be written now") == 2


def test_the_child_gets_what_libraries_need_and_no_token(tmp_path, monkeypatch):
    needed = {"PATH": "/bin", "LD_LIBRARY_PATH": "/l", "KMP_BLOCKTIME": "0"}
    needed |= {"OMP_NUM_THREADS": "3", "LC_ALL": "C"}
    tokens = dict.fromkeys(("GITHUB_TOKEN", "JUPYTER_TOKEN", "AWS_SECRET"), "secret")
    own = {"PYTHONPATH": "lib", "HOME": "/teacher", "TMPDIR": "/shared"}
    monkeypatch.setattr(os, "environ", needed | tokens | own)
    given = grade.environment(str(tmp_path), 2)
    assert given.items() >= needed.items()
    assert "secret" not in given.values()
    assert given["PYTHONPATH"] == os.path.abspath("lib")
    assert given["HOME"] == given["TMPDIR"] == str(tmp_path)


def test_without_a_working_kernel_nothing_is_marked(tmp_path):
    (tmp_path / "ipykernel.py").write_text("raise ImportError('no ipykernel here')")
    handed = hand_in(tmp_path, "ann", content=thirty.notebook(*thirty.SOLVED))
    path = os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))
    done = command(*handed, "--out", tmp_path / "marks.csv", PYTHONPATH=path)
    assert done.returncode == 2
    assert b"nothing was marked: no kernel could be used: " in done.stderr
    assert b"Traceback" not in done.stderr
    assert not (tmp_path / "marks.csv").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_an_interrupted_run_ends_its_children_and_keeps_finished_marks(tmp_path):
    waits = thirty.notebook(thirty.SETUP, "import time\ntime.sleep(4321)\n" + thirty.LETTER)
    handed = [*hand_in(tmp_path, "a"), *hand_in(tmp_path, "b", content=waits)]
    out = tmp_path / "marks.csv"
    process = subprocess.Popen(
        [sys.executable, "-m", "regutils", "grade", *handed, "--out", out, "--jobs", "1"],
        stdout=subprocess.PIPE,
        text=True,
        # Where the tests run in a shell's background, SIGINT is ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert any("a: 1 empty" in line for line in iter(process.stdout.readline, ""))
    time.sleep(1)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=30)[0]
    assert process.returncode == 130
    assert "the same command goes on" in rest
    assert set(table(out)) == {("a", "")}
    assert children and not psutil.wait_procs(children, timeout=5)[1]
