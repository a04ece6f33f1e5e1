"""Lists as spreadsheets: CSV as French Excel opens it, and XLSX. No cell can be a formula.

Rows are streamed: an export of 100,000 rows does not hold them all in memory.
"""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from django.dispatch import Signal
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE


#: A text that begins so may be run by a spreadsheet; the last four are the full-width twins.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: Sent when a list leaves the platform. Arguments: sender (the model), user, count (of rows) and
#: filters (in words, without what was typed as free text). The log listens.
list_exported = Signal()
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def safe_text(text: str) -> str:
    """A text that no spreadsheet runs: control characters go, a formula gets an apostrophe."""
    text = ILLEGAL_CHARACTERS_RE.sub("", text)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def cell(value: Any) -> Any:
    """A value as a spreadsheet holds it: numbers and dates as such, the rest as safe text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return local.replace(tzinfo=None)
    if isinstance(value, int | float | Decimal | date):
        return value
    return safe_text(str(value))


def csv_cell(value: Any) -> str:
    """A value as text in a French CSV: decimal comma, day before month."""
    value = cell(value)
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, float | Decimal):
        return str(value).replace(".", ",")
    return str(value)


def csv_lines(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The lines of a CSV file: UTF-8 with its mark, semicolons, as French Excel expects."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";")
    yield "\ufeff".encode()
    for row in [headings], rows:
        for values in row:
            writer.writerow([csv_cell(value) for value in values])
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()


def write_xlsx(file: BinaryIO, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write one sheet to an open file."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("ILO")
    sheet.append([safe_text(heading) for heading in headings])
    for values in rows:
        sheet.append([cell(value) for value in values])
    workbook.save(file)


def spreadsheet(
    *, name: str, kind: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]
) -> HttpResponseBase:
    """The download of a list, `kind` being "csv" or "xlsx"."""
    if kind == "csv":
        response = StreamingHttpResponse(
            csv_lines(headings, rows), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response
    file = tempfile.TemporaryFile()  # closed by FileResponse
    write_xlsx(file, headings, rows)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX_TYPE)
