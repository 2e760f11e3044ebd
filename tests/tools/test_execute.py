"""`regutils execute`: what is kept, and what a notebook that fails costs."""

import json
import sys

import nbformat
import pytest

from regutils.__main__ import main
from regutils.tools.execute import Failed, execute


def notebook(*sources):
    cells = list(map(nbformat.v4.new_code_cell, sources))
    return nbformat.v4.new_notebook(cells=cells)


def test_a_notebook_that_fails_is_left_as_it_was_and_the_others_are_written(tmp_path, capsys):
    nbformat.write(notebook("x = 1", "\n# Why\nint('a')", "print(x)"), tmp_path / "bad.ipynb")
    nbformat.write(notebook("print(6 * 7)"), tmp_path / "good.ipynb")
    before = (tmp_path / "bad.ipynb").read_bytes()
    assert main(["execute", str(tmp_path / "bad.ipynb"), str(tmp_path / "good.ipynb")]) == 1
    assert (tmp_path / "bad.ipynb").read_bytes() == before
    good = nbformat.read(tmp_path / "good.ipynb", 4)
    assert good.cells[0].outputs[0].text == "42\n"
    said = capsys.readouterr().out.splitlines()[0]
    assert said.startswith("bad.ipynb: left as it was: cell 2 (")
    assert "'# Why') failed: ValueError: invalid" in said


@pytest.mark.parametrize(
    ("source", "why"),
    [("import time\ntime.sleep(60)", "it took too long"), ("import os\nos._exit(1)", "died")],
)
def test_a_cell_that_hangs_and_a_kernel_that_dies_are_said(source, why, tmp_path):
    with pytest.raises(Failed, match=rf"cell 2 .*{why}") as failed:
        execute(notebook("1", source), tmp_path, timeout=8)
    assert failed.value.index == 1


def test_streams_are_joined_overwritten_lines_dropped(tmp_path):
    source = "import sys\nprint('1 of 2\\r2 of 2\\r\\nend')\nsys.stderr.write('\\r')\n"
    source += "print('x' * 200_000)\nprint('last')"
    done = execute(notebook(source), tmp_path)
    (output,) = done.cells[0].outputs
    assert output.text == "2 of 2\nend\n" + "x" * 200_000 + "\nlast\n"
    assert "widgets" not in done.metadata and "execution" not in done.cells[0].metadata


def test_another_kernel_named_python3_is_not_in_the_way(tmp_path, monkeypatch):
    spec = tmp_path / "kernels" / "python3"
    spec.mkdir(parents=True)
    argv = ["false", "-f", "{connection_file}"]
    text = json.dumps({"argv": argv, "display_name": "Other", "language": "python"})
    (spec / "kernel.json").write_text(text)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    done = execute(notebook("import sys\nprint(sys.executable)"), tmp_path)
    assert done.cells[0].outputs[0].text == f"{sys.executable}\n"
