"""What each notebook's text says holds where it is said; and a claim that is broken is found."""

import nbformat
import pytest
from claims import TESTS, claims_of, execute, insert, parse
from conftest import NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_claims_hold(path, solved_run):
    script = claims_of(path)
    assert script.exists(), f"{path.name} has no tests/claims/{script.name}"
    run = solved_run(path)
    assert not run.stopped, run.stopped
    false = [
        f"tests/claims/{script.name}:{claim.line}: {claim.source}\n  {claim.error}; {claim.values}"
        for claim in run.claims
        if claim.error
    ]
    assert run.claims and not false, "\n".join([f"{len(false)} claims are false:", *false])


def test_every_file_of_claims_belongs_to_a_notebook():
    stems = {path.stem for path in NOTEBOOKS}
    assert {path.stem for path in (TESTS / "claims").glob("[0-9]*.py")} <= stems


def small_notebook():
    cells = [
        nbformat.v4.new_code_cell(source, id=f"cell-{source[0]}") for source in "a=3 b=4".split()
    ]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.mark.parametrize(
    "text, why",
    [
        ("# %%\n# after: cell-z\nassert a == 3\n", "small.py:1: the notebook has no cell 'cell-z'"),
        ("'''Claims.'''\n\n# %%\nassert a == 3\n", "small.py:3: .* no line '# after: <cell id>'"),
        ("# %%\n# after: cell-a\nprint(a)\n", "small.py:1: the cell asserts nothing"),
        ("'''Nothing.'''\n", "small.py claims nothing"),
    ],
)
def test_a_file_of_claims_that_could_not_fail_is_refused(text, why, tmp_path):
    script = tmp_path / "small.py"
    script.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=why):
        insert(small_notebook(), script)


CLAIMS = """'''Claims about the small notebook.'''

# %%
# after: cell-a
limit = 3
assert a == limit
b = 1
assert "b" not in get_ipython().user_ns

# %%
# after: cell-b
assert b == 4
assert a < b < limit + a - 2.5
for number in (a, b):
    assert number < 4
nobody_knows
assert False
"""


def test_each_claim_is_judged_at_its_place_and_what_fails_is_told(tmp_path):
    script = tmp_path / "small.py"
    script.write_text(CLAIMS, encoding="utf-8")
    notebook = small_notebook()
    insert(notebook, script)
    claims, stopped = execute(notebook, tmp_path)
    assert not stopped and [cell.id for cell in notebook.cells] == ["cell-a", "cell-b"]
    assert [(claim.line, claim.error) for claim in claims] == [
        (6, ""),
        (8, ""),
        (12, ""),
        (13, "AssertionError (line 13)"),
        (14, "AssertionError (line 15)"),
        (16, "NameError: name 'nobody_knows' is not defined (line 16)"),
    ]
    assert claims[3].source == "assert a < b < limit + a - 2.5"
    assert claims[3].values == "a = 3; b = 4; limit + a - 2.5 = 3.5"
    assert len(parse(script)) == 2
