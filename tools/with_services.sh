#!/bin/sh
# Run a command on PostgreSQL and Redis: tools/with_services.sh COMMAND…
#
# DATABASE_URL and HUEY_URL are used when they are given. Otherwise servers of our own start on
# free ports of the loopback address, with their data in a folder that is removed at the end: no
# other database on this machine is touched.
set -eu
folder=""
redis=""

stop() {
    [ -z "$redis" ] || kill "$redis" 2>/dev/null || true
    [ -z "$folder" ] || { as_postgres "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
        rm -rf "$folder"; }
}

as_postgres() { # PostgreSQL refuses to run as root
    if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

if [ -z "${DATABASE_URL:-}" ] || [ -z "${HUEY_URL:-}" ]; then
    bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
    if [ -z "$bin" ] || ! command -v redis-server >/dev/null; then
        "$(dirname "$0")/apt.sh" postgresql redis-server
        bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
    fi
    trap stop EXIT
    trap 'exit 130' INT TERM HUP
    # In memory where there is a gigabyte of it: emptying all tables takes half as long.
    place=/dev/shm
    free=$(df --output=avail "$place" 2>/dev/null | tail -n 1)
    [ "${free:-0}" -gt 1000000 ] || place=${TMPDIR:-/tmp}
    folder=$(mktemp -d -p "$place")
    [ "$(id -u)" != 0 ] || chown postgres "$folder"
    port=$(free_port)
    as_postgres "$bin/initdb" -D "$folder/data" -A trust -U ilo -E UTF8 --locale C.UTF-8 >/dev/null
    as_postgres "$bin/pg_ctl" -D "$folder/data" -w -s -l "$folder/log" start \
        -o "-p $port -k $folder -c listen_addresses=127.0.0.1 -c max_connections=300 \
        -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    as_postgres "$bin/createdb" -h 127.0.0.1 -p "$port" -U ilo ilo
    export DATABASE_URL="postgres://ilo@127.0.0.1:$port/ilo"
    port=$(free_port)
    redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no >"$folder/redis.log" 2>&1 &
    redis=$!
    until redis-cli -p "$port" ping >/dev/null 2>&1; do kill -0 "$redis"; sleep 0.1; done
    export HUEY_URL="redis://127.0.0.1:$port/0"
fi

"$@"
