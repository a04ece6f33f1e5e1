"""Finding 2,000 SIREN in a StockEtablissement: ours, pandas in pieces, and the bare byte test.

`ratio_to_peer` says how many times faster than the peer, `ratio_to_limit` how many times the limit.
"""

import csv
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path


ROOT = Path(__file__).resolve().parents[2]
SMALL = os.environ.get("BENCH_SIZE") == "small"
#: Generated legal units, and how often their rows are repeated to make a longer file.
UNITS, REPEATS, WANTED = (2_000, 1, 100) if SMALL else (100_000, 10, 2_000)
AIM = 1.3


def make_stock(folder: Path) -> list[str]:
    """Write the two files; return every n-th SIREN of the establishments."""
    from etl.insee.sample import generate

    generate(folder / "once", ROOT / "fixtures" / "enee", rows=UNITS)
    header, body = (folder / "once" / NAME).read_bytes().split(b"\n", 1)
    with (folder / NAME).open("wb") as file:
        file.write(header + b"\n")
        for _ in range(REPEATS):
            file.write(body)
    sirens = sorted({line[:9].decode() for line in body.splitlines()})
    shutil.rmtree(folder / "once")
    return sirens[:: max(1, len(sirens) // WANTED)][:WANTED]


NAME = "StockEtablissement_utf8.csv"


def ours(folder: Path, sirens: list[str]) -> int:
    """The reader of etl/insee."""
    from etl.insee import mapping, stock

    rows = stock.scan(folder, stock.ESTABLISHMENTS, sirens, mapping.ESTABLISHMENT_COLUMNS)
    return len(list(rows))


def peer(folder: Path, sirens: list[str]) -> int:
    """pandas in pieces of 100,000 rows, only the columns that we read."""
    import pandas

    from etl.insee import mapping

    pieces = pandas.read_csv(
        folder / NAME, dtype="str", keep_default_na=False, chunksize=100_000,
        usecols=sorted(mapping.ESTABLISHMENT_COLUMNS),
    )  # fmt: skip
    return sum(len(piece[piece["siren"].isin(sirens)]) for piece in pieces)


def limit(folder: Path, sirens: list[str]) -> int:
    """Nine bytes in a set, CSV on the hits, nothing checked."""
    wanted = {siren.encode() for siren in sirens}
    with (folder / NAME).open("rb") as file:
        return sum(1 for _ in csv.reader(line.decode() for line in file if line[:9] in wanted))


def measure(folder: Path, sirens: list[str]) -> dict[str, float]:
    """Medians of three rounds, the three side by side in each; one round before to warm up."""
    times: dict[str, list[float]] = {"ours": [], "peer": [], "limit": []}
    for number in range(4):
        found = set()
        for run in (ours, peer, limit):
            started = time.perf_counter()
            found.add(run(folder, sirens))
            if number:
                times[run.__name__].append(time.perf_counter() - started)
        if len(found) != 1:
            raise SystemExit(f"bench_stock_scan: the three found different numbers: {found}")
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    """Print one line of JSON."""
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sirens = make_stock(folder)
        medians = measure(folder, sirens)
    ratio = medians["ours"] / medians["limit"]
    line = {"name": f"find {len(sirens)} SIREN in about {UNITS * REPEATS} stock rows"}
    line |= {name: round(seconds, 4) for name, seconds in medians.items()}
    line |= {
        "unit": "s",
        "ratio_to_peer": round(medians["peer"] / medians["ours"], 2),
        "ratio_to_limit": round(ratio, 2),
        "aim": f"at most {AIM} x a bare test of nine bytes per line",
        "met": ratio <= AIM,
    }
    print(json.dumps(line))  # noqa: T201


if __name__ == "__main__":
    main()
