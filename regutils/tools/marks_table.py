"""The table of marks: a CSV file that spreadsheets may open, save and be careless with."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from ..arguments import require
from .execute import replacing

COLUMNS = ("learner", "notebook", "exercise", "status", "hint", "submission", "version")


def read_table(out: Path) -> list[dict[str, str]]:
    """Return the rows of a table of ours, also as a spreadsheet saves it; ValueError for others."""
    if not out.exists():
        return []
    try:
        saved = out.read_text("utf-8-sig")
        delimiter = ";" if saved.startswith("learner;") else ","
        rows = list(csv.DictReader(saved.splitlines(), COLUMNS, delimiter=delimiter))
        ours = rows.pop(0) == dict(zip(COLUMNS, COLUMNS))
        ours = ours and not any(None in (*row, *row.values()) for row in rows)
    except (OSError, ValueError, IndexError, csv.Error):
        ours = False
    columns = ", ".join(COLUMNS)
    require(ours, "--out", str(out), f"a new file, or one that regutils grade wrote ({columns})")
    return [{key: re.sub(r"^'(?=[=+\-@])", "", v) for key, v in row.items()} for row in rows]


def write_table(out: Path, rows: Sequence[dict[str, str]]) -> None:
    """Write the rows, with a mark at their beginning for Excel."""
    how = {"encoding": "utf-8-sig", "errors": "backslashreplace", "newline": ""}
    with replacing(out) as part, part.open("w", **how) as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        for row in sorted(rows, key=lambda row: row["learner"]):
            values = {column: " ".join(value.split()) for column, value in row.items()}
            # A spreadsheet takes what begins so for a formula and runs it.
            table.writerow({key: re.sub(r"^(?=[=+\-@])", "'", v) for key, v in values.items()})
