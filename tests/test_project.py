"""The project as a whole.

What importing costs, which way imports go, what stands where, that versions are in step.
"""

import ast
import re
import subprocess
import sys
import tomllib

import pytest
from conftest import NOTEBOOKS, ROOT

PACKAGE = ROOT / "regutils"
MODULES = {
    path.relative_to(PACKAGE).with_suffix("").as_posix(): path for path in PACKAGE.rglob("*.py")
}
# The rooms, and what each may import of the others.
ALLOWED = {
    "arguments": set(),
    "spread": set(),
    "progress": set(),
    "models": {"arguments"},
    "penalties": {"arguments"},
    "data": {"arguments", "progress"},
    "train": {"arguments", "spread", "progress", "data", "models", "penalties"},
    "recording": {"arguments", "spread", "data", "models", "penalties", "train"},
    "plots": {"spread"},
    "live": {"arguments", "spread", "progress", "plots"},
    "course": {
        "arguments",
        "spread",
        "data",
        "models",
        "penalties",
        "train",
        "recording",
        "plots",
        "live",
    },
    "__main__": {"course", "recording"},
    "__init__": set(),
}


def imported(name: str) -> set[str]:
    """The modules of ours that a module imports, anywhere in it, by their path in the package."""
    package = name.split("/")[:-1]
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        if node.level:
            base = package[: len(package) + 1 - node.level] + (node.module or "").split(".")
        elif (node.module or "").split(".")[0] == "regutils":
            base = node.module.split(".")[1:]
        else:
            continue
        base = [part for part in base if part]
        for alias in node.names:
            for candidate in ("/".join([*base, alias.name]), "/".join(base)):
                if candidate in MODULES:
                    found.add(candidate)
                    break
                if f"{candidate}/__init__" in MODULES and candidate:
                    found.add(f"{candidate}/__init__")
                    break
    return found - {name}


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_one_way(name):
    room = name.split("/")[0]
    others = {other.split("/")[0] for other in imported(name)} - {room}
    assert others <= ALLOWED[room]


def test_no_circle_among_the_imports():
    def circle(name, path):
        if name in path:
            return [*path[path.index(name) :], name]
        for other in imported(name):
            if other not in done and (found := circle(other, [*path, name])):
                return found
        done.add(name)
        return None

    done = set()
    for name in MODULES:
        assert not circle(name, [])


def test_only_live_imports_ipywidgets_and_nobody_pyplot():
    for name, path in MODULES.items():
        text = path.read_text(encoding="utf-8")
        assert "import ipywidgets" not in text or name.startswith("live/")
        assert "import matplotlib.pyplot" not in text


@pytest.mark.parametrize("name", MODULES)
def test_modules_and_what_is_public_say_what_they_are(name):
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    public = [
        node
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    ]
    assert ast.get_docstring(tree)
    assert all(map(ast.get_docstring, public))


@pytest.mark.parametrize("name", MODULES)
def test_no_module_bears_the_name_of_what_it_holds(name):
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    held = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert name.split("/")[-1] not in held


def test_importing_costs_little_over_torch():
    """No clock.

    What would cost is not loaded. torchvision and scikit-learn only where they are asked for.
    """

    def loaded(names):
        code = f"import sys, {names}; print('|'.join(m for m in sys.modules if '.' not in m))"
        result = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        return set(result.stdout.strip().split("|"))

    assert "torch" not in loaded("regutils")
    core = loaded("torch, regutils.data, regutils.models, regutils.penalties, regutils.train")
    assert not core & {
        "torchvision",
        "sklearn",
        "scipy",
        "matplotlib",
        "ipywidgets",
        "IPython",
        "pandas",
        "PIL",
    }
    assert "torchvision" not in loaded("regutils.live, regutils.plots, regutils.course")


def requirements() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["test"]
    return dict(re.match(r"([\w-]+)(.*)", line).groups() for line in lines) | {
        "python": project["requires-python"]
    }


def test_versions_are_bounded_and_the_two_lists_in_step():
    conda = dict(
        re.findall(
            r"^\s*- ([\w-]+)(>=[^\s#]+)",
            (ROOT / "environment.yml").read_text(encoding="utf-8"),
            re.M,
        )
    )
    conda["torch"] = conda.pop("pytorch")
    assert conda == requirements()
    assert all(re.fullmatch(r">=[\d.]+,<[\d.]+", bounds) for bounds in conda.values())


def test_nothing_else_stands_at_the_top_level():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    top = {line.split("/")[0] for line in listed.stdout.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= {
        "README.md",
        "LICENSE",
        "environment.yml",
        "pyproject.toml",
        "notebooks",
        "regutils",
        "tests",
    }


def test_the_readme_names_every_notebook():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in NOTEBOOKS:
        assert f"(notebooks/{path.name})" in readme


@pytest.mark.parametrize("page", ["README.md", "notebooks/TEACHING.md"])
def test_links_of_a_page_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)", text)
    assert targets
    for target in targets:
        if not target.startswith("http"):
            assert ((ROOT / page).parent / target).exists(), target


def test_teachers_are_told_the_minutes_that_the_readme_tells():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    teaching = (ROOT / "notebooks" / "TEACHING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(.+?)\]\(notebooks/.*\| (\d+) \|$", readme, re.M)
    assert len(rows) == len(NOTEBOOKS)
    assert rows == re.findall(r"^### (.+) \((\d+) minutes\)$", teaching, re.M)


def test_ruff_finds_nothing():
    """Style, notebooks included; part of the extra `dev`."""
    pytest.importorskip("ruff", reason="ruff is not installed: pip install -e '.[dev]'")
    result = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "."], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout
