"""A class handed in: everybody is marked, whatever it is, and nothing of the teacher's is lost."""

import csv
import os
import tempfile
from pathlib import Path

import classroom
import psutil
import pytest

from regutils.__main__ import main
from regutils.course.exercises import EXERCISES, Choice
from regutils.course.grading import confined
from regutils.course.grading.classes import grade
from regutils.course.grading.confined import Limits

LIMITS = Limits(seconds=4, megabytes=800, processes=20)
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("school")


@pytest.fixture(scope="module")
def marked(place):
    """(rows by learner and exercise, what was said) of the whole class."""
    patch = pytest.MonkeyPatch()
    patch.setenv("TEACHERS_SECRET", "TEACHERS_SECRET")
    (place / "tmp").mkdir()
    patch.setattr(tempfile, "tempdir", str(place / "tmp"))
    classroom.write_course(place / "course", place / "computed.txt")
    classroom.write_class(place / "class")
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    said = []
    rows = grade(
        [str(place / "class" / "*")],
        place / "marks.csv",
        jobs=2,
        limits=LIMITS,
        pages=place / "pages",
        folder=place / "course",
        say=said.append,
    )
    after = {path: path.read_bytes() for path in before if path.exists()}
    patch.undo()
    assert after == before
    return {(row.learner, row.exercise): row for row in rows}, said


def row(marked, learner, exercise=""):
    return marked[0][learner, exercise]


def test_the_class_is_large_and_everybody_is_in_the_table(marked, place):
    learners = {path.stem if path.is_file() else path.name for path in (place / "class").iterdir()}
    assert len(learners) >= 30
    assert {learner for learner, _ in marked[0]} == learners
    assert len([line for line in marked[1] if "/" in line]) == len(learners)
    with (place / "marks.csv").open(encoding="utf-8", newline="") as file:
        table = csv.reader(file)
        assert next(table) == ["learner", "notebook", "exercise", "status", "hint", "seconds"]
        assert len(list(table)) >= len(marked[0])


def test_right_answers_are_right_in_every_notebook(marked):
    for number in EXERCISES:
        assert row(marked, "ada", number).status == "right"
        assert row(marked, "ada", number).hint == ""
        assert float(row(marked, "ada", number).seconds) >= 0


@pytest.mark.parametrize("number", EXERCISES)
def test_every_hint_reaches_the_table(marked, number):
    hints = {
        row(marked, learner, number).hint
        for learner, exercise in marked[0]
        if learner.startswith("wrong") and exercise == number
    }
    exercise = EXERCISES[number]
    ways = len(exercise.options) if isinstance(exercise, Choice) else len(exercise.mistakes)
    assert hints >= {classroom.mistaken(number, which)[1] for which in range(ways)}
    which = {which: row(marked, f"wrong {which}", number) for which in range(4)}
    assert {one.status for one in which.values()} == {"not yet"}


def test_what_is_untouched_or_returns_nothing_is_said(marked):
    assert {row(marked, "untouched", number).status for number in EXERCISES} == {"not attempted"}
    assert row(marked, "no return", "2.1").status == "not yet"
    assert "is there a return?" in row(marked, "no return", "2.1").hint
    assert row(marked, "no return", "2.2").status == "not attempted"


@pytest.mark.parametrize("learner", classroom.USUAL)
def test_cells_may_be_copied_split_renamed_or_deleted(marked, learner):
    assert row(marked, learner, "1.1").status == "right"
    assert row(marked, learner, "1.2").hint.startswith("That is the step (downhill)")
    assert row(marked, learner, "1.3").status == "not attempted"
    assert row(marked, learner, "1.1").notebook == "01_concept"
    assert (learner, "2.1") not in marked[0]


@pytest.mark.parametrize(
    ("learner", "status", "hint"),
    [
        ("essay", "not a notebook", "essay.ipynb is not a notebook"),
        ("picture", "not a notebook", "picture.ipynb is not a notebook"),
        ("nothing", "empty", "nothing.ipynb is empty"),
        ("empty folder", "empty", "no notebook in this folder"),
        ("other", "of another course", "other.ipynb checks no exercise of this course"),
    ],
)
def test_what_cannot_be_marked_has_a_row_that_says_so(marked, learner, status, hint):
    assert (row(marked, learner).status, row(marked, learner).hint) == (status, hint)


@posix
@pytest.mark.parametrize(
    ("learner", "status", "hint"),
    [
        ("patched check", "not yet", "your code gives 7.0 where that is wrong"),
        ("sys.exit", "not yet", "Your code raised SystemExit: 0"),
        ("os._exit", "stopped", "ended its process"),
        ("signal", "stopped", "ended its process (exit status -11)"),
        ("hang", "stopped", "ran longer than 4 s"),
        ("sleep", "stopped", "ran longer than 4 s"),
        ("output", "stopped", "ran longer than 4 s"),
        ("forged", "stopped", "wrote what is no result"),
        ("memory", "stopped", "memory"),
        ("children", "stopped", "started more than 20 processes"),
        ("escaped", "right", ""),
        ("outside", "not yet", "Your code raised FileNotFoundError"),
        ("curious", "right", ""),
        ("exception", "not yet", "Your code raised BaseException: no"),
        ("nested", "not yet", "The cell is not Python"),
    ],
)
def test_hostile_code_is_marked_and_spoils_nothing_else(marked, learner, status, hint):
    assert row(marked, learner, "1.1").status == status
    assert hint in row(marked, learner, "1.1").hint
    assert row(marked, learner, "1.2").hint.startswith("That is the step (downhill)")


@posix
def test_no_process_and_no_file_is_left(marked, place):
    assert list((place / "tmp").iterdir()) == []
    left = []
    for process in psutil.process_iter():
        try:
            left += [process] if str(place) in process.environ().get("HOME", "") else []
        except (psutil.Error, OSError):
            pass
    assert left == []
    assert not (place / "stolen").exists()


def test_what_the_course_computes_is_computed_once_for_each_exercise(marked, place):
    assert (place / "computed.txt").read_text(encoding="utf-8").splitlines() == ["computed"] * 2


def test_identical_submissions_are_flagged_and_untouched_ones_are_not(marked):
    assert row(marked, "copycat").status == row(marked, "ada").status == "identical"
    assert row(marked, "copycat").hint == "the same text as ada"
    flagged = {key[0] for key, one in marked[0].items() if one.status == "identical"}
    assert flagged == {"ada", "copycat"}


def test_every_learner_has_a_page(marked, place):
    pages = list((place / "pages").glob("*.html"))
    assert len(pages) == len({learner for learner, _ in marked[0]})
    page = (place / "pages" / "wrong_0.html").read_text(encoding="utf-8")
    assert "There is no ½ in this convention" in page and "✗ not yet" in page
    assert "copycat" not in (place / "pages" / "ada.html").read_text(encoding="utf-8")


def test_a_second_call_marks_only_what_is_new_or_changed(marked, place):
    said = []
    changed = place / "class" / "copied.ipynb"
    text = changed.read_text(encoding="utf-8")
    changed.write_text(text.replace("+ lam * (w**2).sum()", "+ lam * (w**2).mean()"), "utf-8")
    rows = grade(
        [str(place / "class" / "*")],
        place / "marks.csv",
        limits=LIMITS,
        folder=place / "course",
        say=said.append,
    )
    changed.write_text(text, encoding="utf-8")
    assert "were marked before" in said[0] and said[1].startswith("1/1 copied:")
    found = {(one.learner, one.exercise): one for one in rows}
    assert "not their mean" in found["copied", "1.1"].hint
    same = {key: one for key, one in marked[0].items() if key[0] != "copied"}
    assert {key: one for key, one in found.items() if key[0] != "copied"} == same


def test_learners_of_one_file_name_are_told_apart_by_their_folders(tmp_path):
    classroom.write_course(tmp_path / "course", tmp_path / "log")
    for learner in ("anna", "bela"):
        classroom.hand_in(tmp_path / learner, {}, chapters=classroom.CHAPTERS[:1])
    paths = [str(tmp_path / "*a" / "01_concept.ipynb")]
    rows = grade(paths, tmp_path / "m.csv", folder=tmp_path / "course", say=lambda line: None)
    assert {one.learner for one in rows} == {"anna/01_concept", "bela/01_concept"}


def test_the_command_line_refuses_in_one_sentence(tmp_path, capsys):
    for arguments, said in [
        (
            [str(tmp_path / "nobody"), "--out", str(tmp_path / "m.csv")],
            "a file or folder that exists",
        ),
        ([str(tmp_path), "--out", str(tmp_path / "m.csv"), "--seconds", "0"], "--seconds must be"),
    ]:
        with pytest.raises(SystemExit):
            main(["grade", *arguments])
        assert said in capsys.readouterr().err


def test_the_help_says_that_it_is_no_sandbox_and_what_to_do(capsys):
    with pytest.raises(SystemExit):
        main(["grade", "--help"])
    said = capsys.readouterr().out
    assert "This is no sandbox" in said and "--network none" in said


def test_the_childs_environment_holds_nothing_of_the_teachers(monkeypatch):
    monkeypatch.setenv("TEACHERS_SECRET", "1")
    variables = confined.environment(Path("/nowhere"))
    assert variables["HOME"] == str(Path("/nowhere"))
    own = {"PATH", "SYSTEMROOT", "REGUTILS_FAST", "LANG", "HOME", "USERPROFILE", "TMPDIR", "TEMP"}
    own |= {"PYTHONPATH", "PYTHONUSERBASE", "PYTHONDONTWRITEBYTECODE", "OMP_NUM_THREADS"}
    assert set(variables) <= own | {"MPLBACKEND"}
