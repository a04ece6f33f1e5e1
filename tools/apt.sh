#!/bin/sh
# Install Debian packages when root may; otherwise say the exact command and fail.
set -eu

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "$@" >/dev/null
else
    echo "Missing on this machine. Install with:  sudo apt-get install $*" >&2
    exit 1
fi
