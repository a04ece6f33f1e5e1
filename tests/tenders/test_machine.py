"""The state machine of a tender in small size; `trial_tender_machine.py` runs it in full."""

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.tenders.machine import TenderMachine


def test_any_order_of_acts_keeps_the_promises_of_a_tender(wired):
    run_state_machine_as_test(
        TenderMachine,
        settings=settings(
            max_examples=6,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
