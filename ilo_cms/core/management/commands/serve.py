"""`manage.py serve`: web, worker and reports together on a laptop, started and stopped as one.

Which processes these are is a setting (SERVE_PROCESSES), so that the ground knows no upper room.
In production each is its own service (docs/operations.md).
"""

import fcntl
import http.client
import signal
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ilo_cms.core.processes import Processes


#: A running task gets 20 s to end (HUEY, shutdown_timeout); then there is no more patience.
GRACE = 25.0
#: Its name, its command line, the port it needs.
Program = tuple[str, list[str], int | None]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def refuse_busy_ports(ports: Iterable[int]) -> None:
    """Raise CommandError, with a way out, when another program listens on one of the ports."""
    for port in ports:
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise CommandError(
                    f"Le port {port} est déjà utilisé par un autre programme : arrêtez-le, ou "
                    f"choisissez un autre port, par exemple « make demo PORT={port + 10} ».\n"
                    f"Port {port} is in use: stop that program or choose another PORT."
                ) from error


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder of data as its only server; whoever dies lets go.

    Raises CommandError when another one holds it: `make demo FRESH=1` would delete its data.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "serve.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(
                f"Une démonstration tourne déjà avec les données de {folder} : arrêtez-la, ou "
                "prenez un autre dossier (VAR_DIR=…).\n"
                f"Another server works with the data of {folder}."
            ) from error
        yield


def answers(port: int) -> bool:
    """Whether a web server on this machine answers anything at all."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        try:
            connection.request("HEAD", "/")
            connection.getresponse()
        except (OSError, http.client.HTTPException):
            return False
    return True


class Command(BaseCommand):
    help = "Run web, worker and reports together; Ctrl-C stops them, a running task may end first."
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="only see that it could start")
        parser.add_argument("--welcome", type=Path, help="text to show once the site answers")

    def handle(self, *args, check: bool, welcome: Path | None, **options):
        programs = getattr(settings, "SERVE_PROCESSES", None)
        if programs is None:
            raise CommandError("serve is for a laptop; in production each process is a service.")
        ports = [port for _, _, port in programs if port]
        refuse_busy_ports(ports)
        with alone(settings.VAR_DIR):
            if not check:
                self.run(programs, ports, welcome)

    def run(self, programs: list[Program], ports: list[int], welcome: Path | None) -> None:
        """Start all, wait for a signal or for the first to end, stop all."""
        together = Processes(write=self.stdout.write, folder=settings.BASE_DIR, grace=GRACE)
        for number in SIGNALS:
            signal.signal(number, lambda *_: together.events.put(None))
        for name, argv, _ in programs:
            together.start(name, argv)
        threading.Thread(target=self.greet, args=(ports, welcome), daemon=True).start()
        ended = together.events.get()
        self.stdout.write("Arrêt en cours : une tâche commencée a 20 secondes pour finir.")
        together.stop()
        if ended:
            code = together.children[ended].returncode
            raise CommandError(f"« {ended} » s’est arrêté (code {code}) : tout est arrêté.")
        self.stdout.write("ILO est arrêté.")

    def greet(self, ports: list[int], welcome: Path | None) -> None:
        """Say where the site is once all of it answers."""
        while not all(answers(port) for port in ports):
            time.sleep(0.2)
        text = welcome.read_text(encoding="utf-8") if welcome else "ILO : {url}"
        self.stdout.write(text.replace("{url}", settings.BASE_URL))
