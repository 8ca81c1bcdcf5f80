#!/bin/bash
# versitygw.sh install DIR | start PROGRAM DIR PORT TLSPORT | stop DIR: a loopback versitygw (an S3 server) over a folder,
# plain on PORT and with TLS on TLSPORT.
#
# install builds it as a Go module, which takes Go 1.24 or newer and some minutes. Environment: S3_KEY, S3_SECRET.
set -euo pipefail
. "$(dirname "$0")/process.sh"
version=v1.8.0
command=${1:?}

serve() { # NAME PORT [OPTION ...]
    local name=$1 port=$2
    shift 2
    setsid nohup "$program" --port "127.0.0.1:$port" --access "$S3_KEY" --secret "$S3_SECRET" --keep-alive --quiet "$@" \
        posix "$dir/data" >"$dir/$name.log" 2>&1 </dev/null &
    echo $! >"$dir/$name.pid"
    await "$dir/$name.pid" "$dir/$name.log" listens "$port"
}

case $command in
install)
    target=$(realpath -m "${2:?}")
    [ -e "$target/.complete-$version" ] && exit 0
    mkdir -p "$target"
    GOBIN=$target GOTOOLCHAIN=local go install "github.com/versity/versitygw/cmd/versitygw@$version"
    touch "$target/.complete-$version"
    ;;
start)
    program=$(realpath -m "${2:?}")/versitygw
    dir=$(realpath -m "${3:?}")
    mkdir -p "$dir/data"
    serve plain "${4:?}"
    serve tls "${5:?}" --cert "$dir/tls/minio/public.crt" --key "$dir/tls/minio/private.key"
    ;;
stop)
    for file in "${2:?}"/*.pid; do
        end "$file"
    done
    ;;
*)
    echo "usage: versitygw.sh install DIR | start PROGRAM DIR PORT TLSPORT | stop DIR" >&2
    exit 2
    ;;
esac
