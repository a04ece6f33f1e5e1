"""Trial: the index ranks as the database does, on 10,000 random questions (docs/decisions/0020).

Directories are drawn, asked, disturbed in one of the ways in which records change, and asked again,
so that most answers come from an index that was refreshed piece by piece. Passes when each answer
is, in its order, that of tests/matching/reference.py. Prints one JSON line.
TRIAL_SIZE=small is for the suite.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from random import Random


sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.helpers import alone


WORLDS, ROUNDS, QUESTIONS = (2, 3, 2) if os.environ.get("TRIAL_SIZE") == "small" else (50, 20, 10)


def one_world(seed: int) -> tuple[int, list[str]]:
    """Questions to one directory while it changes; how many, and those answered wrongly."""
    from django.db import transaction

    from ilo_cms.matching.services import search
    from tests.matching import reference
    from tests.matching.worlds import World

    random, asked, wrong = Random(seed), 0, []
    with transaction.atomic():
        world = World()
        world.fill(random, 12)
        for _ in range(ROUNDS):
            for _ in range(QUESTIONS):
                criteria = world.criteria(random)
                ours = [hit.organisation for hit in search(criteria, limit=None).hits]
                asked += 1
                if ours != reference.search(criteria):
                    wrong.append(f"{seed}: {criteria}")
            world.disturb(random)
        transaction.set_rollback(True)
    return asked, wrong


def main() -> int:
    """Run the trial; exit code 1 when an answer differs."""
    asked, wrong = 0, []
    with tempfile.TemporaryDirectory() as folder:
        alone.start(folder)
        for seed in range(WORLDS):
            count, different = one_world(seed)
            asked += count
            wrong += different
    line = {"trial": "matching", "asked": asked, "wrong": wrong[:10], "passed": not wrong}
    print(json.dumps(line))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
