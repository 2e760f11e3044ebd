"""The project as a whole: what importing costs, which way imports go, what stands where, that versions are in step."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import NOTEBOOKS, ROOT

MODULES = {path.stem: path for path in (ROOT / "regutils").glob("*.py") if path.stem != "__init__"}
# Each module may import those on its right, and nothing else of ours.
BASE = {"arguments"}
ALLOWED = {
    "arguments": set(), "plots": set(), "penalties": BASE, "models": BASE, "stills": set(), "live": BASE | {"stills"},
    "data": BASE | {"pictures"},  # only when data.cifar10 or its like is asked for
    "exercises": {"penalties"},
    "exercises_networks": {"exercises"}, "checks": BASE | {"exercises", "exercises_networks"},
    "train": BASE | {"data", "penalties", "models"},
    "sweep": BASE | {"data", "penalties", "models"}, "plots_sparse": {"plots"}, "plots_dropout": {"plots"},
    "pictures": BASE | {"data"}, "plots_pictures": {"plots"}, "recorded": set(),
    "record": BASE | {"data", "models", "pictures", "train", "record"},  # itself, so that workers find it
}


def imported(path: Path) -> set[str]:
    """Names of our modules that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith("regutils")):
            module = (node.module or "").removeprefix("regutils").strip(".")
            found |= {module} if module else {alias.name for alias in node.names}
    return found & MODULES.keys()


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_one_way(name):
    assert imported(MODULES[name]) <= ALLOWED[name]


def test_only_live_imports_ipywidgets_and_nobody_pyplot():
    for name, path in MODULES.items():
        text = path.read_text(encoding="utf-8")
        assert ("import ipywidgets" in text) == (name == "live") and "import matplotlib.pyplot" not in text


@pytest.mark.parametrize("name", MODULES)
def test_modules_stay_small_and_say_what_they_are(name):
    text = MODULES[name].read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    tree = ast.parse(text)
    public = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))
              and not node.name.startswith("_")]
    assert ast.get_docstring(tree) and all(map(ast.get_docstring, public))


def test_importing_costs_little_over_torch():
    """No clock: what would cost is not loaded. torchvision and scikit-learn only where they are asked for."""
    def loaded(names):
        code = f"import sys, {names}; print('|'.join(m for m in sys.modules if '.' not in m))"
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        return set(result.stdout.strip().split("|"))

    assert "torch" not in loaded("regutils")
    core = loaded("torch, regutils.data, regutils.models, regutils.penalties, regutils.train, regutils.sweep")
    assert not core & {"torchvision", "sklearn", "scipy", "matplotlib", "ipywidgets", "IPython", "pandas", "PIL"}
    assert "torchvision" not in loaded("regutils.live, regutils.plots, regutils.checks")


def requirements() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["test"]
    return dict(re.match(r"([\w-]+)(.*)", line).groups() for line in lines) | {"python": project["requires-python"]}


def test_versions_are_bounded_and_the_two_lists_in_step():
    conda = dict(re.findall(r"^\s*- ([\w-]+)(>=[^\s#]+)", (ROOT / "environment.yml").read_text(encoding="utf-8"), re.M))
    conda["torch"] = conda.pop("pytorch")
    assert conda == requirements()
    assert all(re.fullmatch(r">=[\d.]+,<[\d.]+", bounds) for bounds in conda.values())


def test_nothing_else_stands_at_the_top_level():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    top = {line.split("/")[0] for line in listed.stdout.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= {
        "README.md", "LICENSE", "environment.yml", "pyproject.toml", "notebooks", "regutils", "tests"}


def test_the_readme_names_every_notebook_and_its_links_exist():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in NOTEBOOKS:
        assert f"(notebooks/{path.name})" in readme
    for target in re.findall(r"\]\(([^)#]+)", readme):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target


def test_ruff_finds_nothing():
    """Style, notebooks included; part of the extra `dev`."""
    pytest.importorskip("ruff", reason="ruff is not installed: pip install -e '.[dev]'")
    result = subprocess.run([sys.executable, "-m", "ruff", "check", "."], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
