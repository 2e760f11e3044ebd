"""A page per learner: what is right, and what to look at again."""

import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{learner}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; }}
body {{ max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; }}
tr + tr {{ border-top: 1px solid #ccc; }}
td:nth-child(2) {{ white-space: nowrap; }}
</style>
<h1>{learner}</h1>
{notebooks}
</html>
"""
SIGNS = {"right": "✓", "not yet": "✗", "not attempted": "–"}


def write_pages(rows: Iterable[Mapping[str, str]], folder: Path) -> None:
    """Write `learner.html` for every learner in the rows of the table of marks."""
    learners: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        learners.setdefault(row["learner"], []).append(row)
    names: set[str] = set()
    for learner, own in learners.items():
        name = re.sub(r"[^\w.-]+", "_", learner).strip(".") or "learner"
        while name.lower() in names:
            name += "_"
        names.add(name.lower())
        page = PAGE.format(learner=escape(learner), notebooks=_notebooks(own))
        (folder / f"{name}.html").write_text(page, encoding="utf-8")


def _notebooks(rows: list[Mapping[str, str]]) -> str:
    parts = []
    for notebook in dict.fromkeys(row["notebook"] for row in rows):
        # That two submissions are identical is for the teacher alone.
        own = [r for r in rows if r["notebook"] == notebook and r["status"] != "identical"]
        if not own:
            continue
        right = sum(row["status"] == "right" for row in own)
        lines = "\n".join(_line(row) for row in own)
        head = f"<h2>{escape(notebook or 'Submission')}</h2>\n"
        head += f"<p>{right} of {len(own)} right.</p>\n" if own[0]["exercise"] else ""
        parts.append(f"{head}<table>\n{lines}\n</table>")
    return "\n".join(parts)


def _line(row: Mapping[str, str]) -> str:
    status = f"{SIGNS.get(row['status'], '!')} {row['status']}"
    cells = (row["exercise"], status, row["hint"])
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
