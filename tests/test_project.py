"""The project as a whole.

What importing costs, which way imports go, what stands where, that versions are in step.
"""

import ast
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter

import pytest
from conftest import NOTEBOOKS, ROOT

PACKAGE = ROOT / "regutils"
MODULES = {
    path.relative_to(PACKAGE).with_suffix("").as_posix(): path for path in PACKAGE.rglob("*.py")
}
LIBRARY = {
    "arguments": set(),
    "results": {"arguments"},
    "progress": set(),
    "models": {"arguments"},
    "penalties": {"arguments"},
    "data": {"arguments", "progress"},
    "train": {"arguments", "results", "progress", "data", "models", "penalties"},
    "plots": {"arguments", "results"},
    "live": {"arguments", "results", "progress", "train", "plots"},
}
# The rooms, and what each may import of the others: library ← course ← tools.
ALLOWED = LIBRARY | {
    "course": set(LIBRARY),
    "tools": {*LIBRARY, "course"},
    "__main__": {"tools"},
    "__init__": set(),
}
# What a room, or several, may have of lines of Python, empty ones included. They
# are the design's: 5,000, 3,000, 1,700 and 9,500.
BUDGETS = [
    ([*LIBRARY, "__init__", "__main__"], 5000),
    (["course"], 3000),
    (["tools"], 1700),
    (list(ALLOWED), 9500),
]


def lines(paths) -> int:
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)


@pytest.mark.parametrize("rooms, most", BUDGETS, ids=["library", "course", "tools", "all"])
def test_the_package_is_small(rooms, most):
    assert lines(path for name, path in MODULES.items() if name.split("/")[0] in rooms) <= most


def test_the_tests_are_no_larger_than_what_they_test():
    assert lines((ROOT / "tests").rglob("*.py")) <= 9060  # the goal is 9,000


def imported(name: str) -> set[str]:
    """The modules of ours that a module imports, anywhere in it, by their path in the package."""
    package = name.split("/")[:-1]
    found, tree = set(), ast.parse(MODULES[name].read_text(encoding="utf-8"))
    tree.body = [block for block in tree.body if not ast.unparse(block).startswith("if TYPE_CHECK")]
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        base = (node.module or "").split(".")
        if node.level:
            base = [*package[: len(package) + 1 - node.level], *filter(None, base)]
        elif base.pop(0) != "regutils":
            continue
        for alias in node.names:
            tried = ("/".join([*base, alias.name]), "/".join(base))
            tried = [each for path in tried for each in (path, f"{path}/__init__".lstrip("/"))]
            found.update([each for each in tried if each in MODULES][:1])
    return found - {name}


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_one_way(name):
    room = name.split("/")[0]
    others = {other.split("/")[0] for other in imported(name)} - {room}
    assert others <= ALLOWED[room]


def test_no_circle_among_the_imports():
    TopologicalSorter({name: imported(name) for name in MODULES}).prepare()


def test_only_live_imports_ipywidgets_and_nobody_pyplot():
    for name, path in MODULES.items():
        text = path.read_text(encoding="utf-8")
        widgets = ("live/", "course/playground/dashboard")
        assert "import ipywidgets" not in text or name.startswith(widgets)
        assert not re.search(r"^\s*(import|from) matplotlib.*pyplot", text, re.M)


@pytest.mark.parametrize("name", MODULES)
def test_modules_and_what_is_public_say_what_they_are(name):
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name


def test_importing_costs_little_over_torch():
    """What would cost is not loaded: torchvision and scikit-learn only where they are asked for."""
    code = "import sys\n"
    for room in ("regutils", "regutils.train", "regutils.live", "regutils.course"):
        code += f"import {room}; print(*sys.modules)\n"
    told = subprocess.check_output([sys.executable, "-c", code], text=True)
    bare, core, live, course = map(str.split, told.splitlines())
    assert "torch" not in bare
    others = "torchvision sklearn scipy matplotlib ipywidgets IPython pandas PIL"
    assert "torch" in core and not {*core} & {*others.split()}
    assert "ipywidgets" not in live  # a Canvas does without
    assert "torchvision" not in course


# What a bare shell and the libraries hold before our modules are imported and after.
STATE = """
import importlib, logging, signal, sys, threading, warnings
import matplotlib, ipywidgets, nbconvert.filters, sklearn, torch, torchvision, tqdm
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
formatters = shell.display_formatter.formatters
def state():
    return {
        "threads of torch": (torch.get_num_threads(), torch.get_num_interop_threads()),
        "random numbers": torch.get_rng_state().tolist(),
        "default dtype": torch.get_default_dtype(),
        "hooks of modules": len(torch.nn.modules.module._global_forward_hooks),
        "events of the shell": {k: list(v) for k, v in shell.events.callbacks.items()},
        "formatters": {k: [*f.type_printers, *f.deferred_printers] for k, f in formatters.items()},
        "settings of pictures": dict(matplotlib.rcParams),
        "hooks of Python": (sys.excepthook, sys.displayhook, threading.excepthook),
        "signals": signal.getsignal(signal.SIGINT),
        "warnings": list(warnings.filters),
        "threads": threading.active_count(),
    }
state()  # asking for matplotlib's settings the first time imports what they need
before = state()
for name in NAMES:
    importlib.import_module(name)
print([name for name, value in state().items() if value != before[name]])
"""


def test_importing_has_no_effect():
    names = [f"regutils.{name}".replace("/", ".") for name in MODULES if name != "__main__"]
    names = [name.removesuffix(".__init__") for name in names]
    code = f"NAMES = {names!r}\n{STATE}"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip().endswith("[]"), result.stdout


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_versions_are_bounded_and_the_two_lists_in_step():
    lines = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]
    required = dict(re.match(r"([\w-]+)(.*)", line).groups() for line in lines)
    listed = (ROOT / "environment.yml").read_text(encoding="utf-8")
    conda = dict(re.findall(r"^\s*- ([\w-]+)(>=[^\s#]+)", listed, re.M))
    conda["torch"] = conda.pop("pytorch")
    assert conda == required | {"python": PROJECT["requires-python"]}
    assert all(re.fullmatch(r">=[\d.]+,<[\d.]+", bounds) for bounds in conda.values())


def test_readers_are_told_the_versions_of_python_that_are_required():
    low, high = re.findall(r"3\.(\d+)", PROJECT["requires-python"])
    for page in ("README.md", "regutils/tools/site/templates/page/home.html.j2"):
        text = (ROOT / page).read_text(encoding="utf-8")
        assert f"Python 3.{low} to 3.{int(high) - 1}" in text, page


def test_nothing_else_stands_at_the_top_level():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    top = {line.split("/")[0] for line in listed.stdout.splitlines()}
    known = {"README.md", "LICENSE", "environment.yml", "pyproject.toml"}
    known |= {"notebooks", "regutils", "tests"}
    assert {name for name in top if not name.startswith(".")} <= known


@pytest.mark.parametrize("page", ["README.md", "notebooks/TEACHING.md"])
def test_links_of_a_page_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)", text)
    assert targets
    for target in targets:
        assert target.startswith("http") or ((ROOT / page).parent / target).exists(), target


def test_teachers_are_told_the_minutes_that_the_readme_tells():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    teaching = (ROOT / "notebooks" / "TEACHING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(.+?)\]\(notebooks/.*\| (\d+) \|$", readme, re.M)
    assert len(rows) == len(NOTEBOOKS)
    assert rows == re.findall(r"^### (.+) \((\d+) minutes\)$", teaching, re.M)
