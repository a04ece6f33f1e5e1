"""Trial: no order of acts breaks a promise of a tender: 5,000 runs of 50 steps (SPEC T4–T9).

The machine is tests/tenders/machine.py. Prints one JSON line. TRIAL_RUNS says how many runs;
TRIAL_SIZE=small is for the suite.
"""

import json
import os
import sys
import tempfile
from pathlib import Path


sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.helpers import alone


SMALL = os.environ.get("TRIAL_SIZE") == "small"
RUNS, STEPS = (2, 10) if SMALL else (int(os.environ.get("TRIAL_RUNS", "5000")), 50)


def main() -> int:
    """Run the trial; exit code 1 with the shortest broken run when a promise is broken."""
    with tempfile.TemporaryDirectory() as folder:
        alone.start(folder)
        from hypothesis import HealthCheck, settings
        from hypothesis.stateful import run_state_machine_as_test

        from ilo_cms.desk.management.commands.setup_ilo import wire
        from tests.tenders.machine import COUNTS, TenderMachine

        wire()
        sized = settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(TenderMachine, settings=sized)
    said = {"trial": "tender_machine", "runs": RUNS, "steps": STEPS, "passed": True}
    print(json.dumps(said | {"acts": dict(sorted(COUNTS.items()))}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
