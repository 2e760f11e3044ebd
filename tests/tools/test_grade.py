"""A class is marked to its end, whatever is handed in; class_of_thirty.py has all of it."""

import csv
import os
import subprocess
import sys
import time
from pathlib import Path

import class_of_thirty as thirty
import pytest

from regutils.course.exercises import EXERCISES
from regutils.tools import grade

# One kernel each; every other kind of submission needs none, or is among the cells of these.
EXECUTED = ("own ways", "hanging before", "hanging for good", "exiting", "many faults")
LIMITS = ("--seconds", "3", "--memory", "3", "--jobs", "2")
FAULTS = (
    thirty.SETUP + "\nimport os, torch\n" + thirty.HIDDEN,
    'print("\\ud800")',
    "print('x' * 5_000_000)",
    "def throw(error):\n    raise error",
    "half = '\ud800'",
    'check("2.1", lambda a, n: 10**400)',
    "def step(w, g, lr, lam):\n    return w -\n\ncheck('2.2', step)",
    'check("2.3", lambda *args: throw(ValueError("\\ud800")))',
    'check("2.4", lambda *args: bytearray(10**11))',
    'kept = torch.ones(10**10)\ncheck("2.5", ...)',
    'check("3.4", lambda lam, n: torch.softmax(torch.ones(2).long(), 0))',
    'check("2.6", C)',
    'check("2.7", "A")\ncheck("2.7", "B")',
    "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; "
    "time.sleep(333)'], start_new_session=True)",
)


def command(*arguments, **variables) -> subprocess.CompletedProcess:
    environment = {**os.environ, "COURSE_TOKEN": "secret", **variables}
    return subprocess.run(
        [sys.executable, "-m", "regutils", "grade", *map(str, arguments)],
        capture_output=True,
        env=environment,
        timeout=300,
    )


def table(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    """Return the rows by learner and exercise."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {(row["learner"], row["exercise"]): row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """A class with one of each, marked through the command line by a terminal in cp1252."""
    folder = tmp_path_factory.mktemp("class")
    expected = thirty.write_class(folder)
    (folder / "many faults.ipynb").write_bytes(thirty.notebook(*FAULTS))
    chosen = []
    for path in sorted(folder.iterdir()):
        name = grade._text(path.stem)
        if len(expected.get(name, ())) < 2 and name not in EXECUTED:
            chosen.append(path)
    (folder / "Łukasz.ipynb").write_bytes(b"")
    chosen += [folder / f"{name}.ipynb" for name in (*EXECUTED, "Łukasz")]
    out = folder / "marks.csv"
    done = command(*chosen, "--out", out, *LIMITS, PYTHONIOENCODING="cp1252")
    return folder, chosen, expected, done


def test_every_learner_has_lines_and_one_in_the_terminal(marked):
    folder, chosen, _, done = marked
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    said = done.stdout.decode("cp1252")
    rows = table(folder / "marks.csv")
    learners = {learner for learner, _ in rows}
    assert len(learners) == len(chosen)
    for learner in learners:
        assert f"{learner}: " in said.replace("\\u0141", "Ł")
    assert f"{len(chosen)} learners in " in said


def test_what_cannot_be_marked_has_one_line_with_its_status(marked):
    folder, _, expected, _ = marked
    rows = table(folder / "marks.csv")
    single = {name: statuses for name, statuses in expected.items() if len(statuses) == 1}
    assert len(single) >= 9
    for name, (status,) in single.items():
        assert rows[name, ""]["status"] == status
        assert rows[name, ""]["hint"]
        assert sum(learner == name for learner, _ in rows) == 1


@pytest.mark.parametrize("name", [name for name in EXECUTED if name != "many faults"])
def test_what_was_executed_has_its_marks(marked, name):
    folder, _, expected, _ = marked
    rows = table(folder / "marks.csv")
    found = [rows[name, f"ex {number}"]["status"] for number in ("2.1", "2.2", "2.6")]
    assert found == expected[name]
    hints = {
        "own ways": "",
        "hanging before": "code cell 2 ran longer than 3 s",
        "hanging for good": "code cell 3 ran longer than 3 s and could not be interrupted",
        "exiting": "code cell 3 ended the kernel (exit status 0)",
    }
    stopped = {row["hint"] for (who, _), row in rows.items() if who == name and row["hint"]}
    assert stopped - {"the notebook has no check of it"} == {hints[name]} - {""}


@pytest.mark.parametrize(
    ("number", "status", "hint"),
    [
        ("2.1", "not yet", "None of the usual mistakes; your code gives 1000"),
        ("2.2", "failed", "SyntaxError: invalid syntax"),
        ("2.3", "not yet", "Your code raised ValueError: \\ud800"),
        ("2.4", "stopped", "used too much memory: Your code raised MemoryError"),
        ("2.5", "stopped", "used too much memory: RuntimeError: "),
        ("3.4", "not yet", "Your code raised NotImplementedError"),
        ("2.6", "failed", 'a letter needs quotes, such as "B"'),
        ("2.7", "right", ""),
        ("2.8", "not attempted", "the notebook has no check of it"),
    ],
)
def test_one_fault_does_not_touch_the_other_exercises(marked, number, status, hint):
    row = table(marked[0] / "marks.csv")["many faults", f"ex {number}"]
    assert row["status"] == status
    assert hint in row["hint"]


def test_nothing_of_a_submission_is_left_running(marked):
    assert not [p for p in grade.psutil.process_iter() if "time.sleep(333)" in _line(p)]


def _line(process) -> str:
    try:
        return " ".join(process.cmdline())
    except grade.psutil.Error:
        return ""


def test_the_same_command_runs_nobody_again_and_another_limit_the_stopped_only(marked, capsys):
    folder, chosen, _, _ = marked
    before = (folder / "marks.csv").read_bytes()
    again = command(*chosen, "--out", folder / "marks.csv", *LIMITS)
    assert f"{len(chosen)} handed in, 0 to mark" in again.stdout.decode()
    assert (folder / "marks.csv").read_bytes() == before
    rows = grade.read_table(folder / "marks.csv")
    keys = {row["key"] for row in rows}
    submissions = grade.find(map(str, chosen))
    other = grade.Limits(9, 15, 3)
    todo = [one for one in submissions if keys.isdisjoint((one.key(), one.key(other)))]
    assert {grade._text(one.path.stem) for one in todo} == {
        name for name in EXECUTED if name != "own ways"
    }


def events(*verdicts, end="", cells=()):
    shown = [
        {"verdict": {"exercise": number, "verdict": verdict, "message": message}}
        for number, verdict, message in verdicts
    ]
    done = [
        {"cell": i, "problem": problem, "stopped": stopped}
        for i, (problem, stopped) in enumerate(cells)
    ]
    return [*shown, *done, {"end": end}]


def found(cells, happened):
    return {number: (status, hint) for number, status, hint in grade.marks(cells, happened)}


def test_the_last_verdict_counts_and_what_is_none_of_ours_does_not():
    rows = found(
        ['check("2.1", f)'],
        events(
            ("2.1", "right", "well"),
            ("2.1", "not yet", "hint"),
            ("9.9", "right", ""),
            (["2.2"], "right", ""),
            ("2.2", "splendid", ""),
            ("2.3", "not yet", None),
            cells=[("", False)],
        ),
    )
    assert rows["2.1"] == ("not yet", "hint")
    assert rows["2.2"][0] == rows["2.3"][0] == "not attempted"
    assert set(rows) == {number for number in EXERCISES if number.startswith("2.")}


def test_a_cell_without_exercise_that_hangs_has_a_line_too():
    rows = found(
        ["x = 1\nwhile x: pass", 'check("2.1", f)'],
        events(cells=[("code cell 1 ran longer than 3 s", True), ("NameError: f", False)]),
    )
    assert rows[""] == ("stopped", "code cell 1 ran longer than 3 s")
    assert rows["2.1"] == ("failed", "NameError: f")


def test_what_was_not_reached_is_stopped_with_the_reason():
    rows = found(
        ['check("2.1", f)', 'check("2.2", f)'],
        events(("2.1", "right", ""), cells=[("", False)], end="it took too long"),
    )
    assert rows["2.1"] == ("right", "") and rows["2.2"] == ("stopped", "it took too long")
    assert "" not in rows


ROW = dict(zip(grade.COLUMNS, ("Łukasz", "02", "ex 6.10", "not yet", "hint; with, all", "a-b")))


def test_a_table_survives_what_spreadsheets_do(tmp_path):
    out = tmp_path / "marks.csv"
    rows = [{**ROW, "learner": name} for name in ("=cmd()", "+1", "-x", "@y", "'=z", "Łukasz")]
    grade.write_table(out, rows)
    assert out.read_bytes().startswith(b"\xef\xbb\xbflearner,")
    first = [line[0] for line in csv.reader(out.read_text("utf-8-sig").splitlines())]
    assert not any(name.startswith(tuple("=+-@")) for name in first)
    kept = grade.read_table(out)
    assert {row["learner"] for row in kept} >= {"=cmd()", "+1", "-x", "@y", "Łukasz"}
    assert {row["exercise"] for row in kept} == {"ex 6.10"}
    lines = list(csv.reader(out.read_text("utf-8-sig").splitlines()))
    with out.open("w", encoding="cp1252", errors="replace", newline="") as file:
        csv.writer(file, delimiter=";").writerows(lines)
    saved = grade.read_table(out)
    assert [row["exercise"] for row in saved] == ["ex 6.10"] * 6
    assert [row["hint"] for row in saved] == ["hint; with, all"] * 6


@pytest.mark.parametrize(
    "content", ["name,mark\nann,1\n", ",".join((*grade.COLUMNS, "my points")) + "\n", "\n", "\0"]
)
def test_a_table_that_is_not_ours_is_refused_and_left_alone(tmp_path, content):
    out = tmp_path / "marks.csv"
    out.write_text(content)
    (tmp_path / "ann.ipynb").write_bytes(thirty.notebook())
    with pytest.raises(ValueError, match=r"--out must be a new file, or one that regutils grade"):
        grade.grade(grade.find([str(tmp_path / "ann.ipynb")]), out, grade.Limits(1, 1, 4), 1)
    assert out.read_text() == content


def hand_in(folder: Path, *names: str) -> list[grade.Submission]:
    """Submissions that need no kernel."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.ipynb").write_bytes(b"")
    return grade.find([str(folder / f"{name}.ipynb") for name in names])


@pytest.fixture
def no_kernel(monkeypatch):
    monkeypatch.setattr(grade.Grader, "start_first", lambda self: None)
    return grade.Limits(1, 1, 4)


def test_a_second_group_is_added_and_its_namesake_is_another_learner(tmp_path, no_kernel):
    out = tmp_path / "marks.csv"
    assert grade.grade(hand_in(tmp_path / "a", "ann", "bob"), out, no_kernel, 1) == 0
    assert grade.grade(hand_in(tmp_path / "b", "ann", "eve"), out, no_kernel, 1) == 0
    learners = [learner for learner, _ in table(out)]
    assert len(learners) == 4
    assert {"ann", "bob", "eve", str(tmp_path / "b" / "ann")} == set(learners)


def test_a_name_that_a_spreadsheet_changed_is_recognised(tmp_path, no_kernel):
    out = tmp_path / "marks.csv"
    handed = hand_in(tmp_path / "a", "007")
    grade.grade(handed, out, no_kernel, 1)
    out.write_text(out.read_text("utf-8-sig").replace("\n007,007", "\n7,7"), "utf-8")
    (tmp_path / "a" / "007.ipynb").write_bytes(b"no notebook")
    grade.grade(handed, out, no_kernel, 1)
    rows = table(out)
    assert set(rows) == {("007", "")}
    assert rows["007", ""]["status"] == "not a notebook"


def test_a_full_disk_is_no_learners_fault_and_is_tried_again(tmp_path, no_kernel, monkeypatch):
    out = tmp_path / "marks.csv"
    (tmp_path / "ann.ipynb").write_bytes(thirty.notebook(*thirty.SOLVED))
    handed = grade.find([str(tmp_path / "ann.ipynb")])

    def full(*args, **options):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(grade.shutil, "copytree", full)
        grade.grade(handed, out, no_kernel, 1)
    row = table(out)["ann", ""]
    assert row["status"] == "not run" and "No space left on device" in row["hint"]
    assert {row["key"] for row in grade.read_table(out)}.isdisjoint(
        (handed[0].key(), handed[0].key(no_kernel))
    )


def test_a_table_that_cannot_be_written_is_said_and_the_old_one_kept(
    tmp_path, no_kernel, monkeypatch
):
    out = tmp_path / "marks.csv"
    grade.grade(hand_in(tmp_path / "a", "ann"), out, no_kernel, 1)
    before = out.read_bytes()

    def held(*args):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(grade.os, "replace", held)
        with pytest.raises(ValueError, match=r"could not be written with all marks: .*denied"):
            grade.grade(hand_in(tmp_path / "a", "bob"), out, no_kernel, 1)
    assert out.read_bytes() == before


def test_an_unreadable_file_is_told_from_an_empty_one(tmp_path, monkeypatch):
    (handed,) = hand_in(tmp_path / "a", "ann")

    def closed(self, *args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", closed)
    with pytest.raises(grade.Trouble) as raised:
        grade.read_cells(handed.path)
    assert raised.value.args[0] == "unreadable"


def test_a_notebook_of_an_older_format_is_read():
    import json

    cells = [{"cell_type": "code", "input": ["a = 1\n", "b = 2"]}, {"cell_type": "heading"}]
    path = Path("old.ipynb")
    content = json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(grade, "_content", lambda path: content)
        assert grade.read_cells(path) == ["a = 1\nb = 2"]


def test_the_child_gets_what_libraries_need_and_no_token(tmp_path, monkeypatch):
    monkeypatch.setattr(
        os,
        "environ",
        {
            "PATH": "/bin",
            "PYTHONPATH": "lib",
            "LD_LIBRARY_PATH": "/l",
            "KMP_BLOCKTIME": "0",
            "OMP_NUM_THREADS": "3",
            "LC_ALL": "C",
            "HOME": "/teacher",
            "GITHUB_TOKEN": "secret",
            "JUPYTER_TOKEN": "secret",
            "AWS_SECRET": "secret",
            "TMPDIR": "/shared",
        },
    )
    given = grade.environment(tmp_path, "name", 2)
    assert "secret" not in given.values() and given["HOME"] == str(tmp_path)
    assert given["PYTHONPATH"].split(os.pathsep)[0] == os.path.abspath("lib")
    for name in ("PATH", "LD_LIBRARY_PATH", "KMP_BLOCKTIME", "OMP_NUM_THREADS", "LC_ALL"):
        assert given[name] == os.environ[name]


def test_without_a_working_kernel_nothing_is_marked(tmp_path):
    (tmp_path / "ipykernel.py").write_text("raise ImportError('no ipykernel here')")
    (tmp_path / "ann.ipynb").write_bytes(thirty.notebook(*thirty.SOLVED))
    path = os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))
    out = tmp_path / "marks.csv"
    done = command(tmp_path / "ann.ipynb", "--out", out, PYTHONPATH=path)
    assert done.returncode == 2
    assert b"nothing was marked: no kernel could be used: " in done.stderr
    assert b"Traceback" not in done.stderr
    assert not out.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGTERM")
def test_an_interrupted_run_ends_its_children_and_keeps_finished_marks(tmp_path):
    (tmp_path / "a.ipynb").write_bytes(b"")
    waits = thirty.notebook(thirty.SETUP, "import time\ntime.sleep(4321)\n" + thirty.LETTER)
    (tmp_path / "b.ipynb").write_bytes(waits)
    out = tmp_path / "marks.csv"
    handed = sorted(tmp_path.glob("*.ipynb"))
    process = subprocess.Popen(
        [sys.executable, "-m", "regutils", "grade", *handed, "--out", out, "--jobs", "1"],
        stdout=subprocess.PIPE,
        text=True,
    )
    lines = iter(process.stdout.readline, "")
    assert any("a: 1 empty" in line for line in lines)
    time.sleep(1)
    process.terminate()
    rest = process.communicate(timeout=30)[0]
    assert process.returncode == 130
    assert "the same command goes on" in rest
    assert set(table(out)) == {("a", "")}
    named = [p for p in grade.psutil.process_iter() if _parent_is(p, process.pid)]
    assert not named


def _parent_is(process, pid: int) -> bool:
    try:
        return process.ppid() == pid
    except grade.psutil.Error:
        return False
