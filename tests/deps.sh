#!/bin/bash
# deps.sh build|check|bench|librdkafka: installs what a fresh Debian 12 lacks for building Weir, or also for its whole
# test suite, or for its benchmarks, or for building a newer librdkafka.
# Asks the package manager only when something is missing. Needs root, or sudo without a password; otherwise it
# prints the command to run and exits 1.
set -u

build_packages=(gcc libc6-dev make binutils flex bison librdkafka-dev libcurl4-openssl-dev libssl-dev libreadline-dev
    libedit-dev libexpat1-dev libjansson-dev libutf8proc-dev libxxhash-dev libisal-dev libzstd-dev zlib1g-dev libjemalloc-dev tzdata
    ca-certificates git)
check_packages=(libcmocka-dev postgresql-15)
# Tools that may be there without their Debian package: command:package.
server_tools=(python3:python3 java:openjdk-17-jre-headless mvn:maven)
check_tools=("${server_tools[@]}" openssl:openssl zstd:zstd patch:patch)
bench_tools=("${server_tools[@]}" valgrind:valgrind)
librdkafka_tools=(cargo:cargo)

missing=()
need_package() {
    [ "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null)" = "install ok installed" ] || missing+=("$1")
}

need_tool() {
    command -v "${1%%:*}" >/dev/null || missing+=("${1##*:}")
}

for p in "${build_packages[@]}"; do need_package "$p"; done
if [ "${1:-build}" = check ]; then
    for p in "${check_packages[@]}"; do need_package "$p"; done
    for t in "${check_tools[@]}"; do need_tool "$t"; done
    python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
elif [ "${1:-build}" = bench ]; then
    for t in "${bench_tools[@]}"; do need_tool "$t"; done
elif [ "${1:-build}" = librdkafka ]; then
    for t in "${librdkafka_tools[@]}"; do need_tool "$t"; done
fi
[ ${#missing[@]} -eq 0 ] && exit 0

install="apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 ${missing[*]}"
if [ "$(id -u)" -eq 0 ]; then
    as_root=()
elif sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
else
    echo "Weir needs packages that are not installed, and this user may not install them. Run:" >&2
    echo "    sudo apt-get update && sudo $install" >&2
    exit 1
fi

# postgresql-15 would otherwise create and start a cluster on port 5432.
if [[ " ${missing[*]} " == *" postgresql-15 "* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
    "${as_root[@]}" mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
echo "installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq -o DPkg::Lock::Timeout=300 &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive $install >/dev/null
