"""Reads the files of an export: encodings, separators, columns. Cells leave as text.

CSV in UTF-8 or cp1252 with semicolons, or XLSX under the same name. Which file and column feeds
which field is said by etl/enee/mapping/columns.csv.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from operator import itemgetter
from pathlib import Path

import openpyxl

from etl.enee.errors import ExportError


#: Bytes that cp1252 leaves without a character, and NUL, which no text holds.
STRAY_BYTES = b"\x00\x81\x8d\x8f\x90\x9d"
MOST_STRAY_BYTES = 1000


class Row(dict[str, str]):
    """One row of one file: its cells by our field name; a column the file lacks reads as empty.

    Without cells, the row did not fit the columns: `raw` says what it held.
    """

    __slots__ = ("line", "raw", "source")

    def __init__(
        self, source: "Source", line: int, cells: Iterable[tuple[str, str]], raw: list[str]
    ) -> None:
        super().__init__(cells)
        self.source = source
        self.line = line
        self.raw = raw

    def __missing__(self, field: str) -> str:
        return ""


class Source:
    """One file of the export and what its columns are to us."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem  # what a report calls the file
        self.columns: dict[str, str] = {}  # our field -> their column
        self.required: set[str] = set()  # our fields without which the file cannot be loaded
        self.stray: list[tuple[int, int]] = []  # line and byte of each byte that was taken out

    def rows(self) -> Iterator[Row]:
        """Every row with its line number, in the order of the file."""
        lines = self._xlsx() if self.path.suffix == ".xlsx" else self._csv()
        _, header = next(lines, (1, []))
        fields = self._fields(header)
        pick = itemgetter(*fields.values(), 0)  # at least two, so that it gives a tuple
        for line, cells in lines:
            if len(cells) == len(header):
                yield Row(self, line, zip(fields, pick(cells), strict=False), cells)
            elif any(cells):  # an empty line is not a row
                yield Row(self, line, (), cells)

    def _fields(self, header: list[str]) -> dict[str, int]:
        """Where each of our fields stands; stops when a required column is missing."""
        ranks = {name.strip().upper(): rank for rank, name in enumerate(header)}
        for field, column in self.columns.items():
            if field in self.required and column not in ranks:
                raise ExportError(
                    f"{self.path.name} has no column {column}: its first line is "
                    f"“{';'.join(header)[:120]}”."
                )
        return {field: ranks[column] for field, column in self.columns.items() if column in ranks}

    def _csv(self) -> Iterator[tuple[int, list[str]]]:
        """Records with the line where each starts; a record may span several lines."""
        reader = csv.reader(io.StringIO(self._text(), newline=""), delimiter=";")
        start, width = 1, 0
        try:
            for cells in reader:
                width = width or len(cells)
                if len(cells) != width and reader.line_num > start:
                    # Rejecting it as one row would hide the rows that it swallowed.
                    raise ExportError(
                        f"{self.path.name}: a quote opened at line {start} is closed only at line "
                        f"{reader.line_num}, where the columns no longer fit. Mend line {start}."
                    )
                yield start, cells
                start = reader.line_num + 1
        except csv.Error as error:
            raise ExportError(
                f"{self.path.name} stops being CSV near line {start}: {error}."
            ) from error

    def _text(self) -> str:
        """The file as text: UTF-8 when it is valid UTF-8, otherwise cp1252."""
        data = self.path.read_bytes()
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise ExportError(
                f"{self.path.name} is written in UTF-16: save it again as CSV in UTF-8."
            )
        try:
            return self._without(data, b"\x00").decode("utf-8-sig")
        except UnicodeDecodeError:
            return self._without(data, STRAY_BYTES).decode("cp1252")

    def _without(self, data: bytes, stray: bytes) -> bytes:
        """The data without some bytes, noting where they were."""
        clean = data.translate(None, stray)
        if len(data) - len(clean) > MOST_STRAY_BYTES:
            raise ExportError(
                f"{self.path.name} does not look like text: {len(data) - len(clean)} of its bytes "
                "have no character. Export it again as CSV in cp1252 or UTF-8."
            )
        if len(clean) != len(data):
            self.stray = [
                (number, byte)
                for number, line in enumerate(data.split(b"\n"), 1)
                for byte in line
                if byte in stray
            ]
        return clean

    def _xlsx(self) -> Iterator[tuple[int, list[str]]]:
        """The rows of the first sheet, every cell as a French export would write it."""
        try:
            book = openpyxl.load_workbook(self.path, read_only=True, data_only=True)
            rows = [
                [as_text(cell) for cell in cells]
                for cells in book.worksheets[0].iter_rows(values_only=True)
            ]
        except Exception as error:  # noqa: BLE001 (openpyxl raises whatever the file makes it raise)
            raise ExportError(f"{self.path.name} is not a readable XLSX file: {error}.") from error
        yield from enumerate(rows, 1)


def as_text(cell: object) -> str:
    """A spreadsheet's value as text: dates as dd/mm/yyyy, whole numbers without decimals."""
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return cell.strftime("%d/%m/%Y")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def open_export(folder: Path, columns: list[dict[str, str]]) -> dict[str, Source]:
    """The files of an export by our table name; stops when the folder or a file is missing."""
    if not folder.is_dir():
        raise ExportError(f"{folder} is not a folder.")
    sources: dict[str, Source] = {}
    for entry in columns:
        table = entry["table"]
        if table not in sources:
            sources[table] = Source(file_of(folder, entry["fichier"]))
        sources[table].columns[entry["champ"]] = entry["colonne"]
        if entry["obligatoire"] == "oui":
            sources[table].required.add(entry["champ"])
    return sources


def file_of(folder: Path, name: str) -> Path:
    """The CSV or XLSX file of that name."""
    for suffix in [".csv", ".CSV", ".xlsx"]:
        path = folder / f"{name}{suffix}"
        if path.is_file():
            return path
    raise ExportError(f"{name}.csv is missing from {folder} (an .xlsx of that name would do).")


def digest_of(sources: dict[str, Source]) -> str:
    """SHA-256 of all the files, to tell whether two runs read the same export."""
    digest = hashlib.sha256()
    for source in sources.values():
        digest.update(source.path.read_bytes())
    return digest.hexdigest()
