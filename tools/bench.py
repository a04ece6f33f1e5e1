"""`make bench`: run every benchmark in its own process, one after the other, and print a table.

Each tests/bench/bench_*.py prints JSON lines; all of them are appended to var/bench.jsonl.
"""

import json
import os
import subprocess
import sys
from pathlib import Path


ROOT = Path(__file__).resolve().parents[1]
KEYS = ("name", "ours", "peer", "limit", "unit", "ratio_to_peer", "ratio_to_limit", "aim", "met")


def lines_of(script: Path) -> list[dict]:
    """What one benchmark measured. Its other output goes through; its failure is ours."""
    run = subprocess.run(  # noqa: S603 - a script of this repository
        [sys.executable, str(script)], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


def shown(value: object) -> str:
    """A figure as a reader wants it: three significant digits."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def main() -> int:
    """Run all, or those whose names are given; exit code 1 when one failed to run."""
    wanted = sys.argv[1:]
    store = Path(os.environ.get("VAR_DIR", ROOT / "var")) / "bench.jsonl"
    store.parent.mkdir(parents=True, exist_ok=True)
    rows, failed = [], []
    for script in sorted((ROOT / "tests" / "bench").glob("bench_*.py")):
        if wanted and not any(word in script.stem for word in wanted):
            continue
        print(f"… {script.stem}", file=sys.stderr, flush=True)  # noqa: T201
        try:
            rows += lines_of(script)
        except subprocess.CalledProcessError:
            failed.append(script.stem)
    with store.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    for cells in [KEYS, *([shown(row.get(key, "")) for key in KEYS] for row in rows)]:
        print("{:<34} {:>9} {:>9} {:>9} {:<9} {:>13} {:>14}  {:<24} {}".format(*cells))  # noqa: T201
    if failed:
        print("Failed to run: " + ", ".join(failed), file=sys.stderr)  # noqa: T201
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
