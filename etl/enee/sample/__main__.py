"""`python -m etl.enee.sample [folder] [--scale 1.0] [--seed 2026]`."""

import argparse
import sys
from pathlib import Path

from etl.enee.sample import generate


parser = argparse.ArgumentParser(prog="etl.enee.sample", description="Write a fictional export.")
parser.add_argument("folder", nargs="?", type=Path, default=Path("fixtures/enee"))
parser.add_argument("--scale", type=float, default=1.0)
parser.add_argument("--seed", type=int, default=2026)
options = parser.parse_args()
counts = generate(options.folder, scale=options.scale, seed=options.seed)
for name, rows in counts.items():
    sys.stdout.write(f"{name}: {rows} rows\n")
