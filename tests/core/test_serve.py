"""The process manager: real child processes, small ones, and no fixed waiting time."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ilo_cms.core.management.commands.serve import alone
from ilo_cms.core.processes import Processes


ROOT = Path(__file__).resolve().parents[2]

SLEEPER = "import time; print('ready', flush=True); time.sleep(60)"
PATIENT = (  # ends its task before it obeys
    "import signal, sys\n"
    "def end(*_): print('task ended', flush=True); sys.exit(0)\n"
    "signal.signal(signal.SIGTERM, end); print('ready', flush=True); signal.pause()"
)
STUBBORN = (
    "import signal\n"
    "signal.signal(signal.SIGTERM, lambda *_: print('no', flush=True))\n"
    "print('ready', flush=True)\n"
    "while True: signal.pause()"
)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def wait_until(true, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def together(lines, tmp_path):
    processes = Processes(write=lines.append, folder=tmp_path, grace=20)
    yield processes
    processes.send(signal.SIGKILL)


def test_lines_carry_the_name_of_their_process(together, lines):
    together.start("web", python("print('bonjour')"))
    assert together.events.get(timeout=20) == "web"
    together.stop()
    assert lines == ["web    | bonjour"]


def test_the_first_to_end_is_named(together, lines):
    together.start("worker", python(SLEEPER))
    together.start("web", python("raise SystemExit(3)"))
    assert together.events.get(timeout=20) == "web"
    together.stop()
    assert together.children["web"].returncode == 3
    assert together.children["worker"].returncode == -signal.SIGTERM


def test_a_running_task_may_end(together, lines):
    together.start("worker", python(PATIENT))
    wait_until(lambda: lines)
    together.stop()
    assert lines == ["worker | ready", "worker | task ended"]
    assert together.children["worker"].returncode == 0


def test_patience_has_an_end(together, lines):
    together.grace = 0.2
    together.start("worker", python(STUBBORN))
    wait_until(lambda: lines)
    together.stop()
    assert together.children["worker"].returncode == -signal.SIGKILL


def test_a_second_signal_ends_patience(together, lines):
    together.start("worker", python(STUBBORN))
    wait_until(lambda: lines)
    together.events.put(None)
    started = time.monotonic()
    together.stop()
    assert time.monotonic() - started < together.grace
    assert together.children["worker"].returncode == -signal.SIGKILL


def test_what_a_child_left_behind_ends_too(together, lines):
    parent = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {STUBBORN!r}])\n"
        "print(child.pid, flush=True); child.wait()"
    )
    together.grace = 0.5
    together.start("web", python(parent))
    wait_until(lambda: len(lines) == 2)
    orphan = next(int(line.split()[-1]) for line in lines if line.split()[-1].isdigit())
    together.stop()
    wait_until(lambda: not is_running(orphan))


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_busy_port_is_refused_before_anything_starts(settings):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        settings.SERVE_PROCESSES = [("web", ["/does/not/exist"], port)]
        with pytest.raises(CommandError, match=f"Le port {port} est déjà utilisé"):
            call_command("serve")


def test_data_that_another_server_works_with_are_left_alone(settings, tmp_path):
    settings.SERVE_PROCESSES, settings.VAR_DIR = [], tmp_path / "var"
    with alone(settings.VAR_DIR):
        with pytest.raises(CommandError, match="tourne déjà"):
            call_command("serve", check=True)
    call_command("serve", check=True)


def test_serve_is_not_for_production():
    with pytest.raises(CommandError, match="each process is a service"):
        call_command("serve")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_greets_then_stops_cleanly(number, tmp_path):
    """The whole command, in its own process, with a small web server in place of the site."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "small.py").write_text(
        "import sys\nfrom pathlib import Path\n"
        f"BASE_DIR = Path({str(tmp_path)!r})\n"
        "VAR_DIR = BASE_DIR / 'var'\n"
        f"BASE_URL = 'http://127.0.0.1:{port}'\n"
        "SECRET_KEY = 'x'\n"
        "INSTALLED_APPS = ['django.contrib.auth', 'django.contrib.contenttypes', 'ilo_cms.core']\n"
        "SERVE_PROCESSES = [\n"
        f"    ('web', [sys.executable, '-m', 'http.server', '{port}'], {port}),\n"
        f"    ('worker', [sys.executable, '-c', {PATIENT!r}], None),\n"
        "]\n"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "small", "PYTHONPATH": str(tmp_path)}
    server = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    seen = []
    for line in server.stdout:  # ends with the process, at the latest
        seen.append(line)
        if all(any(part in text for text in seen) for part in ("ILO : http", "ready")):
            server.send_signal(number)
            break
    rest, _ = server.communicate(timeout=30)
    assert server.returncode == 0, "".join(seen) + rest
    assert "worker | task ended" in rest
    assert "ILO est arrêté." in rest
