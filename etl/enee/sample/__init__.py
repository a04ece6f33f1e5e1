"""Writes a raw Enée export of a fictional world, with the faults that real exports have.

    python -m etl.enee.sample [folder] [--scale 1.0] [--seed 2026]

The same seed and scale give the same bytes. Scale 1 is the demonstration (about 5,000 rows), scale
20 about 100,000. `faults.json` tells each deliberate fault: file, lines, and how the rows must end.
Nothing here needs Django.
"""

import json
from pathlib import Path
from random import Random

from etl.enee.sample.faults import Damage, Fault
from etl.enee.sample.layout import COLUMNS
from etl.enee.sample.world import Row, World


def generate(folder: Path, *, scale: float = 1.0, seed: int = 2026) -> dict[str, int]:
    """Write the export into `folder`; return the number of rows of each file."""
    rng = Random(seed)  # noqa: S311 (reproducible fiction, no secret)
    world = World(rng, scale)
    tables = world.build()
    faults = Damage(world).apply()
    folder.mkdir(parents=True, exist_ok=True)
    lines: dict[int, int] = {}
    for name, rows in tables.items():
        content = export(COLUMNS[name], rows, lines)
        (folder / f"{name}.csv").write_bytes(content)
    (folder / "faults.json").write_text(described(faults, lines), encoding="utf-8")
    return {name: len(rows) for name, rows in tables.items()}


def export(columns: list[str], rows: list[Row], lines: dict[int, int]) -> bytes:
    """One file in cp1252 with semicolons; `lines` receives the line where each row starts."""
    parts = [";".join(columns) + "\r\n"]
    number = 2
    for row in rows:
        lines[id(row)] = number
        cells = [cell(row[column]) for column in columns]
        damage = row.get("_LINE")
        if damage == "short":
            cells = cells[:-2]
        elif damage == "long":
            cells.append("colonne en trop")
        parts.append(";".join(cells) + ("\n" if damage == "lf" else "\r\n"))
        number += 1 + sum(text.count("\n") for text in cells)
    return "".join(parts).encode("cp1252", "surrogateescape")


def cell(text: str) -> str:
    """One value, quoted when it must be. The byte 0x81 has no character in cp1252."""
    text = text.replace("\x81", "\udc81")
    if any(sign in text for sign in ';"\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def described(faults: list[Fault], lines: dict[int, int]) -> str:
    """What was damaged, as JSON: one entry for each kind of fault in each file."""
    entries = [
        {
            "fault": fault.name,
            "file": f"{fault.table}.csv",
            "outcome": fault.outcome,
            "count": len(fault.rows),
            "lines": sorted(lines[id(row)] for row in fault.rows),
        }
        for fault in faults
    ]
    heads = [json.dumps(entry, ensure_ascii=False) for entry in entries]
    return "[\n" + ",\n".join(heads) + "\n]\n"
