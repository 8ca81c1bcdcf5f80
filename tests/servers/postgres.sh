#!/bin/bash
# postgres.sh start DIR | stop DIR: a PostgreSQL 15 cluster of its own in DIR, reached through the Unix socket in DIR only.
#
# The server refuses to run as root: then it runs as the user postgres, who must be able to reach DIR.
# Connect with: psql -h DIR -U postgres
set -euo pipefail
command=${1:?}
dir=${2:?}
bin=/usr/lib/postgresql/15/bin

as_server() {
    if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

case $command in
start)
    mkdir -p "$dir"
    [ "$(id -u)" -ne 0 ] || chown postgres "$dir"
    as_server "$bin/initdb" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync -D "$dir/data" >"$dir/initdb.log" 2>&1 ||
        { cat "$dir/initdb.log" >&2; exit 1; }
    as_server tee -a "$dir/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
fsync = off
timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'ISO, MDY'
intervalstyle = 'postgres'
CONF
    as_server "$bin/pg_ctl" -s -w -t 60 -D "$dir/data" -l "$dir/server.log" start ||
        { cat "$dir/server.log" >&2; exit 1; }
    ;;
stop)
    as_server "$bin/pg_ctl" -s -w -m immediate -D "$dir/data" stop
    ;;
*)
    echo "usage: postgres.sh start DIR | stop DIR" >&2
    exit 2
    ;;
esac
