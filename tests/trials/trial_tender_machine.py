"""Trial: no order of acts breaks a promise of a tender: 5,000 runs of 50 steps (SPEC T4–T9).

The machine is tests/tenders/machine.py. Prints one JSON line. TRIAL_RUNS says how many runs;
TRIAL_SIZE=small is for the suite.
"""

import json
import os
import sys
import tempfile
from pathlib import Path


ROOT = Path(__file__).resolve().parents[2]
SMALL = os.environ.get("TRIAL_SIZE") == "small"
RUNS, STEPS = (2, 10) if SMALL else (int(os.environ.get("TRIAL_RUNS", "5000")), 50)


def set_up(folder: str) -> None:
    """Django on an empty database."""
    os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings.test", "VAR_DIR": folder}
    os.environ["DATABASE_URL"] = f"sqlite:///{folder}/trial.sqlite3"
    sys.path[:0] = [str(ROOT), str(ROOT / "site")]
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def main() -> int:
    """Run the trial; exit code 1 with the shortest broken run when a promise is broken."""
    with tempfile.TemporaryDirectory() as folder:
        set_up(folder)
        from hypothesis import HealthCheck, settings
        from hypothesis.stateful import run_state_machine_as_test

        from tests.tenders.machine import TenderMachine

        sized = settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(TenderMachine, settings=sized)
    print(json.dumps({"trial": "tender_machine", "runs": RUNS, "steps": STEPS, "passed": True}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
