"""Reads the reports: one SQL file per table and per ready query, described in its header.

A header is made of comment lines `-- word: value`; a line that begins with `--   ` continues the
one before. A table has `title`, `description`, `key` (comma-separated) and one `column` per column:
`name | SQL type | French title | unit | definition`. A query has `title`, `description`, any number
of `parameter`s (`name | French title | SELECT of the choices, or nothing`) and perhaps a `chart`
(`column of labels | column of values`). A new report is one such file; nothing else changes
(SPEC R6).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


FOLDER = Path(__file__).parent
TYPES = {"TEXT", "INTEGER", "REAL"}
NAME = re.compile(r"[a-z][a-z0-9_]*")


class DefinitionError(Exception):
    """A report file says something we cannot use: the message names the file and the line."""


@dataclass(frozen=True)
class Column:
    """One column of a table. Values are compulsory unless the type ends in "NULL"."""

    name: str
    type: str
    title: str
    unit: str
    description: str

    @property
    def ddl(self) -> str:
        """The column as CREATE TABLE wants it."""
        kind = self.type.removesuffix(" NULL")
        return f'"{self.name}" {kind}' + ("" if kind != self.type else " NOT NULL")


@dataclass(frozen=True)
class Table:
    """One reporting table: what it means, its columns, and the query that fills it."""

    name: str
    title: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    sql: str

    @property
    def ddl(self) -> str:
        """CREATE TABLE with types, NOT NULL and key; STRICT refuses a value of another type."""
        lines = [column.ddl for column in self.columns] + [f"PRIMARY KEY ({quoted(self.key)})"]
        return f'CREATE TABLE main."{self.name}" ({", ".join(lines)}) STRICT'

    @property
    def column_list(self) -> str:
        """The columns' names, quoted and comma-separated."""
        return quoted(column.name for column in self.columns)


@dataclass(frozen=True)
class Parameter:
    """What a reader may choose in a ready query; `choices` is a SELECT on the snapshot."""

    name: str
    title: str
    choices: str


@dataclass(frozen=True)
class Query:
    """One ready query over the snapshot, with an optional chart (labels, values)."""

    name: str
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    chart: tuple[str, ...]
    sql: str


def quoted(names: Iterator[str] | tuple[str, ...]) -> str:
    """Names as a quoted SQL list."""
    return ", ".join(f'"{name}"' for name in names)


def tables(folder: Path = FOLDER / "tables") -> list[Table]:
    """Every table of the folder, by file name. Raises DefinitionError."""
    return [table(path) for path in files(folder)]


def queries(folder: Path = FOLDER / "queries") -> list[Query]:
    """Every ready query of the folder, by file name. Raises DefinitionError."""
    return [query(path) for path in files(folder)]


def files(folder: Path) -> list[Path]:
    """The SQL files of a folder; their names become names in the snapshot."""
    found = sorted(folder.glob("*.sql"))
    for path in found:
        if not NAME.fullmatch(path.stem):
            raise DefinitionError(f"{path.name}: name it with a–z, 0–9 and _ only.")
    return found


def table(path: Path) -> Table:
    """One table file. Raises DefinitionError."""
    header, sql = split(path)
    columns = tuple(column(path, cells) for cells in several(path, header, "column", 5))
    if not columns:
        raise DefinitionError(f"{path.name}: describe each column with a line “-- column: …”.")
    key = tuple(name.strip() for name in one(path, header, "key").split(","))
    unknown = set(key) - {column.name for column in columns}
    if unknown:
        raise DefinitionError(f"{path.name}: the key names no column: {', '.join(unknown)}.")
    return Table(
        path.stem, one(path, header, "title"), one(path, header, "description"), key, columns, sql
    )


def column(path: Path, cells: list[str]) -> Column:
    """One column of a table file. Raises DefinitionError."""
    found = Column(*cells)
    if not NAME.fullmatch(found.name) or found.type.removesuffix(" NULL") not in TYPES:
        raise DefinitionError(
            f"{path.name}: column {found.name}: the name takes a–z, 0–9 and _, "
            f"the type is one of {', '.join(sorted(TYPES))}, not {found.type}."
        )
    if not found.title or not found.description:
        raise DefinitionError(f"{path.name}: column {found.name} lacks a title or a definition.")
    return found


def query(path: Path) -> Query:
    """One ready query file. Raises DefinitionError."""
    header, sql = split(path)
    parameters = tuple(Parameter(*cells) for cells in several(path, header, "parameter", 3))
    charts = several(path, header, "chart", 2)
    return Query(
        path.stem,
        one(path, header, "title"),
        one(path, header, "description"),
        parameters,
        tuple(charts[0]) if charts else (),
        sql,
    )


def split(path: Path) -> tuple[list[tuple[str, str]], str]:
    """A file's header, as (word, value) pairs in order, and its SQL."""
    header: list[tuple[str, str]] = []
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        if line.startswith("--   ") and header:
            word, value = header[-1]
            header[-1] = word, f"{value} {line[5:].strip()}"
        elif match := re.fullmatch(
            r"-- (title|description|key|column|parameter|chart): (.+)", line
        ):
            header.append((match[1], match[2].strip()))
        elif line.startswith("--"):
            raise DefinitionError(f"{path.name}, line {number}: cannot read “{line}”.")
        else:
            return header, "\n".join(lines[number - 1 :]).strip().rstrip(";")
    raise DefinitionError(f"{path.name}: there is no SQL after the header.")


def one(path: Path, header: list[tuple[str, str]], word: str) -> str:
    """The value of a word that a header must hold exactly once."""
    found = [value for name, value in header if name == word]
    if len(found) != 1:
        raise DefinitionError(f"{path.name}: write exactly one line “-- {word}: …”.")
    return found[0]


def several(path: Path, header: list[tuple[str, str]], word: str, size: int) -> list[list[str]]:
    """The values of a word that may repeat, each cut into `size` cells at the bars."""
    found = []
    for name, value in header:
        if name == word:
            cells = [cell.strip() for cell in value.split("|", size - 1)]
            if len(cells) != size:
                raise DefinitionError(f"{path.name}: “{word}” takes {size} cells: {value}")
            found.append(cells)
    return found
