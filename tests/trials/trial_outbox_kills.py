"""Trial: nothing told is lost, whatever kills the worker or ails the mail server (decision 0004).

100 times kill -9 on a real worker while 5,000 notices are written and a fifth of the mails meet a
server that refuses, delays or cuts the line after accepting; then 200 mails through each of these
faults alone. Passes when each notice exists once, each mail reached the server, every repeat has
the Message-ID of the first and a cause (a mail in flight at a kill, or a cut line), and the states
say what happened. Time is moved by shifting the rows' dates while no worker runs.
Prints one JSON line. DATABASE_URL and HUEY_URL choose other engines; TRIAL_SIZE=small is for the
suite.
"""

import json
import os
import random
import re
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from datetime import timedelta
from pathlib import Path


sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.helpers import alone


SMALL = os.environ.get("TRIAL_SIZE") == "small"
NOTICES, KILLS, EACH_FAULT = (60, 3, 10) if SMALL else (5000, 100, 200)
READERS = 50
#: What the server does with a mail while workers are killed: mostly its work.
MIXED = ["take"] * 16 + ["refuse", "busy", "delay", "cut"]
FAULTS = ["refuse", "busy", "delay", "cut"]


class Mailbox:
    """What the server took: for each notice its Message-IDs, one per copy."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.copies: dict[str, list[str]] = defaultdict(list)
        self.taken, self.cut = 0, 0
        self.faults = ["take"]
        self.random = random.Random(1)

    def next_fault(self) -> str:
        with self.lock:
            return self.random.choice(self.faults)

    def take(self, data: str, *, cut: bool) -> None:
        message_id = re.search(r"^Message-ID: (.+?)\r?$", data, re.MULTILINE)[1]
        number = re.search(r"^Subject: .*?(\d+)", data, re.MULTILINE)[1]
        with self.lock:
            self.copies[number].append(message_id)
            self.taken += 1
            self.cut += cut


class SmtpHandler(socketserver.StreamRequestHandler):
    """As much of a mail server as a client needs, with one fault per connection."""

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self) -> None:
        """Speak SMTP until the client, or the fault, ends it. A killed worker just vanishes."""
        try:
            self.converse(self.server.mailbox.next_fault())
        except OSError:
            pass

    def converse(self, fault: str) -> None:
        if fault == "busy":
            return self.say("421 busy")
        self.say("220 trial")
        while line := self.rfile.readline():
            verb = line[:4].upper().strip()
            if verb == b"QUIT":
                return self.say("221 bye")
            if verb == b"RCPT" and fault == "refuse":
                self.say("550 no such reader")
            elif verb == b"DATA":
                if not self.read_mail(fault):
                    return None
            else:
                self.say("250 ok")
        return None

    def read_mail(self, fault: str) -> bool:
        """Take the mail; a cut line takes it too but never says so."""
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line)
        if fault == "delay":
            time.sleep(0.2)
        self.server.mailbox.take(b"".join(lines).decode(), cut=fault == "cut")
        if fault == "cut":
            return False
        self.say("250 taken")
        return True


class SmtpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 100


def serve_mail() -> SmtpServer:
    """The faulty mail server, on a free port."""
    server = SmtpServer(("127.0.0.1", 0), SmtpHandler)
    server.mailbox = Mailbox()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def set_up(folder: str, port: int) -> None:
    """Django on an empty database, with the product's own queue and mail settings."""
    alone.start(
        folder,
        any_engine=True,
        DJANGO_SETTINGS_MODULE="config.settings.dev",
        EMAIL_URL=f"smtp://127.0.0.1:{port}",
        LOG_LEVEL="CRITICAL",
    )
    from ilo_cms.accounts.models import User

    User.objects.bulk_create(
        User(email=f"p{n}@exemple.example", last_name=f"Martin{n}") for n in range(READERS)
    )


def tell(numbers: range) -> None:
    """Write notices, each in its transaction, as pages do. Subjects carry their numbers."""
    from ilo_cms.accounts.models import User
    from ilo_cms.notifications.kind import Kind
    from ilo_cms.notifications.kinds import KINDS
    from ilo_cms.notifications.services import notify

    KINDS["trial"] = Kind("trial", "Essai", "Notice {number}", "Notice {number}.")
    readers = list(User.objects.order_by("pk")[:READERS])
    for number in numbers:
        reader = readers[number % READERS]
        notify("trial", recipients=[reader], organisation_id=None, path="/", number=number)


def start_worker(log) -> subprocess.Popen:
    """The product's own worker, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "run_huey"],
        cwd=alone.ROOT,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )


def kill_at(worker: subprocess.Popen, mailbox: Mailbox, target: int) -> None:
    """kill -9 once the server has taken so many mails, or after a while if it never does."""
    limit = time.monotonic() + 30
    while mailbox.taken < target and time.monotonic() < limit:
        time.sleep(0.002)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def let_time_pass() -> None:
    """A night without a worker: every lease ends, every retry is due."""
    from django.db.models import F

    from ilo_cms.notifications.models import OutboxMessage

    night = timedelta(hours=15)
    OutboxMessage.objects.filter(sent_at=None).update(
        next_attempt_at=F("next_attempt_at") - night, locked_until=F("locked_until") - night
    )


def kill_workers(mailbox: Mailbox, folder: str) -> dict:
    """Write all notices while workers are killed; then let the sweep find what they left."""
    from ilo_cms.notifications.delivery import sweep

    mailbox.faults = MIXED
    each, chance = NOTICES // KILLS, random.Random(2)
    with (Path(folder) / "worker.log").open("w", encoding="utf-8") as log:
        for kill in range(KILLS):
            worker = start_worker(log)
            target = mailbox.taken + chance.randint(1, 2 * each)
            killer = threading.Thread(target=kill_at, args=[worker, mailbox, target])
            killer.start()
            tell(range(kill * each, (kill + 1) * each))
            killer.join()
            let_time_pass()
    by_workers = mailbox.taken
    mailbox.faults = ["take"]
    while sweep():
        pass
    return {"taken_from_workers": by_workers} | told(range(each * KILLS), mailbox)


def told(numbers: range, mailbox: Mailbox) -> dict:
    """What became of these notices: in the platform, and at the mail server."""
    from ilo_cms.notifications.models import Notification, OutboxMessage

    wanted = {f"Notice {number}." for number in numbers}
    texts = Counter(Notification.objects.filter(kind="trial").values_list("text", flat=True))
    rows = {
        message.subject.split()[1]: message
        for message in OutboxMessage.objects.filter(notice__kind="trial")
    }
    copies = {str(number): mailbox.copies.get(str(number), []) for number in numbers}
    return {
        "notices": len(numbers),
        "lost_in_app": len(wanted - texts.keys()),
        "doubled_in_app": sum(texts[text] > 1 for text in wanted),
        "lost_mails": sum(not ids for ids in copies.values()),
        "not_marked_sent": sum(rows[number].state != "envoyé" for number in copies),
        "repeats": sum(len(ids) - 1 for ids in copies.values() if ids),
        "repeats_under_another_id": sum(
            any(one != rows[number].message_id for one in ids) for number, ids in copies.items()
        ),
    }


def one_fault(fault: str, numbers: range, mailbox: Mailbox) -> dict:
    """The same fault for each of these mails, then none: are the states right in between?"""
    from ilo_cms.notifications.delivery import sweep
    from ilo_cms.notifications.models import OutboxMessage

    mailbox.faults = [fault]
    tell(numbers)
    while sweep():
        pass
    mine = OutboxMessage.objects.filter(notice__fields__number__in=[str(n) for n in numbers])
    states = Counter(message.state for message in mine)
    taken = sum(len(mailbox.copies.get(str(number), [])) for number in numbers)
    mailbox.faults = ["take"]
    let_time_pass()
    while sweep():
        pass
    return {"during": dict(states), "taken_during": taken} | told(numbers, mailbox)


def faults_of(figures: dict, kills: int, cuts: int) -> list[str]:
    """Which promises were broken."""
    zero = ["lost_in_app", "doubled_in_app", "lost_mails", "not_marked_sent"]
    broken = [name for name in [*zero, "repeats_under_another_id"] if figures[name]]
    # Two threads of the worker: two mails at most are between the server and their mark.
    if figures["repeats"] > 2 * kills + cuts:
        broken.append("repeats")
    return broken


def main() -> int:
    """Run the trial; exit code 1 when a promise was broken."""
    server = serve_mail()
    mailbox = server.mailbox
    with tempfile.TemporaryDirectory() as folder:
        set_up(folder, server.server_address[1])
        from django.conf import settings
        from django.db import connection

        started = time.monotonic()
        killed = kill_workers(mailbox, folder)
        cuts = mailbox.cut
        broken = {"kills": faults_of(killed, KILLS, cuts)}
        killed |= {"cut_lines": cuts, "seconds": round(time.monotonic() - started)}
        alone = {}
        for position, fault in enumerate(FAULTS):
            first = NOTICES + position * EACH_FAULT
            alone[fault] = one_fault(fault, range(first, first + EACH_FAULT), mailbox)
            is_cut, is_late = fault == "cut", fault == "delay"
            broken[fault] = faults_of(alone[fault], 0, EACH_FAULT * is_cut)
            state = "envoyé" if is_late else "nouvel essai prévu"
            if alone[fault]["during"] != {state: EACH_FAULT}:
                broken[fault].append("states")
            if alone[fault]["taken_during"] != EACH_FAULT * (is_cut or is_late):
                broken[fault].append("taken")
        figures = {
            "trial": "outbox_kills",
            "engine": connection.vendor,
            "queue": settings.HUEY["huey_class"],
            "kills": KILLS,
            "killed": killed,
            "faults": alone,
            "broken": {name: list_ for name, list_ in broken.items() if list_},
        }
        connection.close()
    server.shutdown()
    server.server_close()
    print(json.dumps(figures, ensure_ascii=False))
    return int(bool(figures["broken"]))


if __name__ == "__main__":
    sys.exit(main())
