"""Finds the rows of some SIREN in INSEE's national stock files, in one pass and little memory.

The two files are StockUniteLegale and StockEtablissement, as CSV or inside a .zip of the same name
(data.gouv.fr, dataset 5b7ffc618b4c4169d30727e0). A row begins with its SIREN, so nine bytes decide
before anything is decoded; only the rows found are read as CSV.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO


UNITS = "StockUniteLegale"
ESTABLISHMENTS = "StockEtablissement"
Row = dict[str, str]


class StockError(Exception):
    """A stock file is missing or is not what INSEE publishes: the message names it."""


def scan(
    folder: Path, kind: str, sirens: Collection[str], columns: Collection[str]
) -> Iterator[Row]:
    """The rows of these SIREN, by column name. Raises StockError."""
    with opened(folder, kind) as (name, file):
        try:
            header = file.readline().decode("utf-8-sig").rstrip("\r\n").replace('"', "").split(",")
        except UnicodeDecodeError as error:
            raise StockError(f"{name}: it is not written in UTF-8.") from error
        missing = sorted(set(columns) - set(header))
        if missing:
            raise StockError(f"{name}: column {', '.join(missing)} is missing.")
        if header[0] != "siren":
            raise StockError(f"{name}: the first column must be siren, not {header[0]}.")
        wanted = {siren.encode() for siren in sirens}
        for line in file:
            if line[:9] in wanted:
                yield read(name, header, line)


def read(name: str, header: list[str], line: bytes) -> Row:
    """One line as values by column name. Raises StockError when cells are missing."""
    try:
        cells = next(csv.reader([line.decode()], strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise StockError(f"{name}: the row of {line[:9].decode()} is damaged: {error}.") from error
    if len(cells) != len(header):
        raise StockError(
            f"{name}: the row of {cells[0]} has {len(cells)} cells, the header {len(header)}."
        )
    return dict(zip(header, cells, strict=True))


@contextmanager
def opened(folder: Path, kind: str) -> Iterator[tuple[str, BinaryIO]]:
    """The name of a stock file and its bytes, from the CSV or streamed out of the .zip."""
    plain, packed = folder / f"{kind}_utf8.csv", folder / f"{kind}_utf8.zip"
    if plain.is_file():
        with plain.open("rb", buffering=1 << 20) as file:
            yield plain.name, file
    elif packed.is_file():
        try:
            with zipfile.ZipFile(packed) as archive, member_of(archive, plain.name) as member:
                yield packed.name, io.BufferedReader(member, 1 << 20)  # type: ignore[type-var]
        except (zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
            raise StockError(f"{packed.name}: cannot read {plain.name} in it: {error}") from error
    else:
        raise StockError(f"{folder}: there is neither {plain.name} nor {packed.name}.")


def member_of(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """A file of an archive. Raises BadZipFile also when it is encrypted or packed otherwise."""
    try:
        return archive.open(name)
    except RuntimeError as error:  # so does zipfile say both
        raise zipfile.BadZipFile(str(error)) from error
