#!/bin/bash
# minio.sh install DIR | start PROGRAM DIR PORT TLSPORT | stop DIR: a loopback MinIO (an S3 server with session tokens), plain
# on PORT, and another one with TLS on TLSPORT; each has a folder of its own.
#
# install builds it as a Go module, which takes Go 1.24 or newer and some minutes. Environment: S3_KEY, S3_SECRET.
set -euo pipefail
. "$(dirname "$0")/process.sh"
version=v0.0.0-20260212201848-7aac2a2c5b7c
command=${1:?}

serve() { # NAME PORT [OPTION ...]
    local name=$1 port=$2
    shift 2
    MINIO_ROOT_USER=$S3_KEY MINIO_ROOT_PASSWORD=$S3_SECRET MINIO_REGION=us-east-1 MINIO_BROWSER=off MINIO_UPDATE=off \
        setsid nohup "$program" server --address "127.0.0.1:$port" --quiet "$@" "$dir/$name" \
        >"$dir/$name.log" 2>&1 </dev/null &
    echo $! >"$dir/$name.pid"
    await "$dir/$name.pid" "$dir/$name.log" listens "$port"
}

case $command in
install)
    target=$(realpath -m "${2:?}")
    [ -e "$target/.complete-$version" ] && exit 0
    mkdir -p "$target"
    GOBIN=$target GOTOOLCHAIN=local go install "github.com/minio/minio@$version"
    touch "$target/.complete-$version"
    ;;
start)
    program=$(realpath -m "${2:?}")/minio
    dir=$(realpath -m "${3:?}")
    mkdir -p "$dir/plain" "$dir/secure" "$dir/no-certs"
    serve plain "${4:?}" --certs-dir "$dir/no-certs"
    serve secure "${5:?}" --certs-dir "$dir/tls/minio"
    ;;
stop)
    for file in "${2:?}"/*.pid; do
        end "$file"
    done
    ;;
*)
    echo "usage: minio.sh install DIR | start PROGRAM DIR PORT TLSPORT | stop DIR" >&2
    exit 2
    ;;
esac
