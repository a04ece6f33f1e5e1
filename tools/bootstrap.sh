#!/bin/sh
# Make .venv and install one lock into it: tools/bootstrap.sh base|dev
set -eu
cd "$(dirname "$0")/.."
lock=$1

python=""
for name in python3.11 python3 python3.12 python3.13 python3.14 python; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$name
        break
    fi
done
if [ -z "$python" ]; then
    echo "ILO needs Python 3.11 or later, and none was found on this machine." >&2
    exit 1
fi

if [ ! -x .venv/bin/pip ]; then
    "$python" -c 'import ensurepip' 2>/dev/null || tools/apt.sh python3-venv
    echo "Making .venv with $("$python" --version)…"
    "$python" -m venv .venv
fi

echo "Installing requirements/$lock.txt…"
.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes \
    -r requirements/bootstrap.txt
.venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes \
    -r "requirements/$lock.txt"

# WeasyPrint draws PDF files with libraries of the system, and with a font.
if ! .venv/bin/python - <<'CHECK' 2>/dev/null
import ctypes, pathlib, sys
for name in ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"):
    ctypes.CDLL(name)
sys.exit(not any(pathlib.Path("/usr/share/fonts").rglob("*.[ot]tf")))
CHECK
then
    tools/apt.sh libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core ||
        echo "Until then everything works except PDF files." >&2
fi
