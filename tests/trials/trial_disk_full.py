"""Trial: a full disk is said in words, leaves no half file, and is over when space returns.

On a filesystem of 8 MB (a tmpfs where root may mount one, else one that is simulated) a provider
uploads until the disk is full, again and again; between rounds some space returns. Passes when
each answer is "kept" or "no room", every file there is whole and named by a row, nothing temporary
is left, and each round ends with an upload that works. Prints one JSON line.
"""

import errno
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path


sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

ROUNDS = 3 if os.environ.get("TRIAL_SIZE") == "small" else 50
SIZE = 8 << 20


def mount(place: Path) -> bool:
    """Mount 8 MB there; False where that is not allowed."""
    place.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def simulate(place: Path) -> None:
    """Make writes there fail once 8 MB are used, as a full filesystem does."""
    real = os.fsync

    def fsync(handle: int) -> None:
        used = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
        if used > SIZE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    os.fsync = fsync


def whole(path: Path) -> bool:
    """Whether a kept file is what its name says."""
    return path.name == hashlib.sha256(path.read_bytes()).hexdigest()


def rounds(client, contact, place: Path, files) -> dict:
    """Fill the disk, look at what is there, give space back, and so on."""
    from ilo_cms.documents.models import Document
    from tests.trials.trial_uploads import send

    chance, answers, faults, recovered = random.Random(2026), Counter(), Counter(), 0

    def upload() -> int:
        noise = files.page_stream(chance.randbytes(chance.randrange(200_000, 1_500_000)))
        status = send(client, contact, "cv", "cv.pdf", files.pdf(noise))
        answers[status] += 1
        return status

    for _ in range(ROUNDS):
        while upload() == 200:
            pass
        kept = [path for path in place.rglob("*") if path.is_file()]
        digests = set(Document.objects.values_list("digest", flat=True))
        faults["half_files"] += sum(not whole(path) for path in kept)
        faults["files_without_row"] += len({path.name for path in kept} - digests)
        faults["rows_without_file"] += len(digests - {path.name for path in kept})
        Document.objects.update(replaced_by=None)  # each protects the one that took its place
        Document.objects.all().delete()
        for path in kept:
            path.unlink()
        recovered += upload() == 200
    return {"answers": dict(answers), **faults, "recovered": recovered}


def main() -> int:
    """Run the trial; exit code 1 when a promise was broken."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "files"
        mounted = mount(place)
        if not mounted:
            simulate(place)
        try:
            from tests.trials.trial_uploads import set_up

            client, contact = set_up(folder)
            from django.db import connection

            from tests.helpers import files

            found = rounds(client, contact, place, files)
            connection.close()
        finally:
            if mounted:
                subprocess.run(["umount", "--lazy", str(place)], check=True)
    kind = "tmpfs of 8 MB" if mounted else "simulated"
    print(json.dumps({"trial": "disk_full", "filesystem": kind, "rounds": ROUNDS, **found}))
    broken = [
        set(found["answers"]) - {200, 503},
        found["half_files"],
        found["files_without_row"],
        found["rows_without_file"],
        found["recovered"] != ROUNDS,
    ]
    return int(any(broken))


if __name__ == "__main__":
    sys.exit(main())
