"""Each benchmark runs in small size with the suite and prints every key that `make bench` shows."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import alone
from tools.bench import KEYS


pytestmark = pytest.mark.own_database

FOLDER = Path(__file__).parent


@pytest.mark.parametrize("path", sorted(FOLDER.glob("bench_*.py")), ids=lambda path: path.stem)
def test_benchmark_runs_in_small_size(path, tmp_path, empty_database):
    environment = {
        name: value for name, value in os.environ.items() if name not in {"DATABASE_URL"}
    }
    environment[alone.EMPTY] = str(empty_database)
    run = subprocess.run(
        [sys.executable, str(path)],
        cwd=FOLDER.parents[1],
        env=environment | {"BENCH_SIZE": "small", "VAR_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    rows = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    assert rows, run.stdout
    for row in rows:
        assert set(KEYS) <= set(row), row
        assert row["ours"] > 0
        assert isinstance(row["met"], bool)
