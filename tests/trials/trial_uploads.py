"""Trial: whatever is sent, the site answers, keeps what it may, and does not grow.

10,000 mutated uploads (bit flips, cuts, polyglots, active content, wrong types, hostile names) and
200 bombs go through the real page of a provider. Passes when no answer is a server error, nothing
was accepted that must be refused, every stored name is harmless and the web process grew by less
than 100 MB. Prints one JSON line with the slowest bomb too. TRIAL_SIZE=small is for the suite;
TRIAL_UPLOADS is another number of mutated files.
"""

import io
import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path


sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.helpers import alone


SMALL = os.environ.get("TRIAL_SIZE") == "small"
UPLOADS, BOMBS, SHARES = (60, 5, 1) if SMALL else (10_000, 200, 4)
UPLOADS = int(os.environ.get("TRIAL_UPLOADS", UPLOADS))
SEED = int(os.environ.get("TRIAL_SEED", "2026"))
COUNTED = ["answers", "accepted", "accepted_outside"]
PAGE = "/mes-informations/pieces/"
#: What each slot takes, as set up below.
SLOTS = {"cv": ["pdf", "docx", "odt"], "plaquette": ["pdf", "png", "jpg", "xlsx", "ods"]}
APPENDED = [
    b"<script>alert(1)</script>",
    b"<?php system('id');",
    b"MZ\x90\0" * 9,
    b"Rar!\x1a\x07\0",
]
NAMES = [
    "cv\u202efdp.{}", "a\0b.{}", "../../../etc/passwd.{}", "C:\\x\\y.{}", "é" * 300 + ".{}",
    "CON.{}", "\u200f\u200e.{}", ".{}", " . .{}", "x\r\nSet-Cookie: a=b.{}",
    '"; filename="x.exe.{}',
    "😀" * 80 + ".{}", "%2e%2e%2f.{}", "cv.exe.{}", "<img src=x>.{}",
]  # fmt: skip
OUTSIDE = ["exe", "html", "svg", "js", "docm", "xlsm", "zip", "pdf.exe", "php", ""]


def set_up(folder: str):
    """The whole platform on an empty database; a browser signed in as a provider."""
    alone.start(folder)
    from django.test import Client
    from django.test.utils import setup_test_environment

    from ilo_cms.documents import services
    from ilo_cms.referentials.models import DocumentType
    from tests.factories import ContactFactory

    services.DEPOSITS_A_DAY = UPLOADS  # else, past a hundred, it refuses what a check let pass
    setup_test_environment()
    for code, formats in SLOTS.items():
        DocumentType.objects.create(
            code=code, label=code, formats=",".join(formats), maximum_megabytes=20
        )
    contact = ContactFactory()
    client = Client(raise_request_exception=False)
    client.force_login(contact.user)
    return client, contact


def flipped(content: bytes, chance: random.Random) -> bytes:
    """Some bits the other way."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 20)):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def hostile(files) -> list[tuple[str, bytes]]:
    """Active content, by extension: none of it may be kept."""
    return [
        ("pdf", files.pdf(files.hidden_action("/JavaScript"))),
        ("pdf", files.pdf(files.hidden_action("/Launch"))),
        ("pdf", files.pdf(files.with_xfa)),
        ("pdf", files.pdf(lambda writer: writer.add_attachment("a.exe", b"MZ"))),
        ("docx", files.docx(**{"word__vbaProject.bin": b"x"})),
        ("docx", files.docx(word__media__image1=files.docx())),
        ("docx", files.docx(**{"..__..__x.xml": "<a/>"})),
        ("docx", files.xml_bomb()),
        ("odt", files.odt(Basic__Standard="x")),
        ("ods", files.ods(Scripts__x="x")),
    ]


def cases(chance: random.Random, files):
    """Endless uploads: kind, slot, name, content, and whether it must be refused."""
    valid = {extension: make() for extension, make in files.VALID.items()}
    active = hostile(files)
    slot_of = {extension: slot for slot, formats in SLOTS.items() for extension in formats}
    while True:
        extension = chance.choice(list(valid))
        slot, content = slot_of[extension], valid[extension]
        other = chance.choice([name for name in valid if name != extension])
        yield "bits", slot, f"a.{extension}", flipped(content, chance), False
        yield "cut", slot, f"a.{extension}", content[: chance.randrange(len(content))], False
        yield "appended", slot, f"a.{extension}", content + chance.choice(APPENDED), True
        yield "prefixed", slot, f"a.{extension}", chance.choice(APPENDED) + content, True
        yield "two in one", slot, f"a.{extension}", content + valid["docx"], True
        yield "other type", slot, f"a.{extension}", valid[other], True
        noise = content[:8] + chance.randbytes(chance.randrange(2000))
        yield "noise", slot, f"a.{extension}", noise, True
        yield "outside", slot, f"a.{chance.choice(OUTSIDE)}", content, True
        yield "name", slot, chance.choice(NAMES).format(extension), content, False
        kind, live = chance.choice(active)
        yield "active", slot_of[kind], f"a.{kind}", live, True
        yield "empty", slot, f"a.{extension}", b"", True


def send(client, contact, slot: str, name: str, content: bytes) -> int:
    """Post one file as the script of the page does; the answer's status."""
    file = io.BytesIO(content)
    file.name = name
    data = {"acting_as": str(contact.pk), "type": slot, "file": file}
    response = client.post(PAGE, data, headers={"X-Requested-With": "upload"})
    return response.status_code


def memory() -> int:
    """Resident memory of this process in kB."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


def mutated(client, contact, files, share: int) -> dict:
    """Send one share of the mutated files and count."""
    from ilo_cms.documents.checks.names import clean_name
    from ilo_cms.documents.models import Document

    chance, answers, wrong, first = random.Random(SEED + share), Counter(), Counter(), 0
    accepted, uploads = Counter(), UPLOADS // SHARES
    for number, (kind, slot, name, content, refuse) in enumerate(cases(chance, files)):
        if number == uploads:
            break
        if number == min(100, uploads // 2):  # caches and the fork server are warm
            first = memory()
        status = send(client, contact, slot, name, content)
        answers[status] += 1
        accepted[kind] += status == 200
        if status == 200 and refuse:
            wrong[kind] += 1
    names = Document.objects.values_list("name", "type__code")
    bad_names = sum(
        name != clean_name(name) or name.rpartition(".")[2].lower() not in SLOTS[code]
        for name, code in names
    )
    return {
        "uploads": uploads,
        "answers": answers,
        "accepted": accepted,
        "accepted_outside": wrong,
        "bad_names": bad_names,
        "growth_mb": round((memory() - first) / 1024, 1),
    }


def bombs(client, contact, files) -> dict:
    """Send each kind of bomb in turn, under one of its slots; time each answer."""
    made = {name: (extension, make()) for name, (extension, make) in files.BOMBS.items()}
    slot_of = {extension: slot for slot, formats in SLOTS.items() for extension in formats}
    send(client, contact, "cv", "a.pdf", files.pdf())  # caches and the fork server are warm
    before, answers, slowest = memory(), Counter(), (0.0, "")
    for number in range(BOMBS):
        name = list(made)[number % len(made)]
        extension, content = made[name]
        started = time.perf_counter()
        answers[send(client, contact, slot_of[extension], f"b.{extension}", content)] += 1
        slowest = max(slowest, (time.perf_counter() - started, name))
    return {
        "bombs": BOMBS,
        "bomb_answers": dict(answers),
        "slowest_bomb_seconds": round(slowest[0], 2),
        "slowest_bomb": slowest[1],
        "growth_bombs_mb": round((memory() - before) / 1024, 1),
    }


def one_share(share: int) -> dict:
    """A platform of its own that takes a share of the uploads, or the bombs (share -1)."""
    with tempfile.TemporaryDirectory() as folder:
        client, contact = set_up(folder)
        from django.db import connection

        from tests.helpers import files

        if share < 0:
            figures = bombs(client, contact, files)
        else:
            figures = mutated(client, contact, files, share)
        kept = [path for path in (Path(folder) / "files").rglob("*") if path.is_file()]
        connection.close()
    return figures | {"half_files": sum("incoming" in path.parts for path in kept)}


def main() -> int:
    """Run the trial; exit code 1 when a promise was broken."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(SHARES, mp_context=context) as pool:
        shares = list(pool.map(one_share, range(SHARES)))
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        boom = pool.submit(one_share, -1).result()
    total = {name: sum((share[name] for share in shares), Counter()) for name in COUNTED}
    figures = {
        "trial": "uploads",
        "seed": SEED,
        "load": round(os.getloadavg()[0], 1),
        "uploads": sum(share["uploads"] for share in shares),
        **{name: dict(sorted(count.items())) for name, count in total.items()},
        "bad_names": sum(share["bad_names"] for share in shares),
        "growth_mb": max(share["growth_mb"] for share in shares),
        **boom,
        "half_files": sum(share["half_files"] for share in [*shares, boom]),
    }
    print(json.dumps(figures))
    errors = sum(count for status, count in figures["answers"].items() if status >= 500)
    broken = [
        errors,
        figures["accepted_outside"],
        figures["bad_names"],
        figures["half_files"],
        set(figures["bomb_answers"]) - {422},
        max(figures["growth_mb"], figures["growth_bombs_mb"]) > 100,
    ]
    return int(any(broken))


if __name__ == "__main__":
    sys.exit(main())
