"""Each trial runs in small size with the suite, so that `make trials` never meets a dead script."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import alone


pytestmark = pytest.mark.own_database

FOLDER = Path(__file__).parent


@pytest.mark.parametrize("path", sorted(FOLDER.glob("trial_*.py")), ids=lambda path: path.stem)
def test_trial_passes_in_small_size(path, tmp_path, empty_database):
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment[alone.EMPTY] = str(empty_database)
    run = subprocess.run(
        [sys.executable, str(path)],
        env=environment | {"TRIAL_SIZE": "small", "VAR_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert json.loads(run.stdout)["trial"] == path.stem.removeprefix("trial_")
