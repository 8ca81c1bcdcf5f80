#!/bin/bash
# build_librdkafka.sh DIR: builds a newer librdkafka into DIR (lib/, include/). The source comes with the crate
# rdkafka-sys, which is fetched by name with cargo.
set -euo pipefail
target=$(realpath -m "${1:?}")
version=4.10.0+2.12.1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/src" && : >"$work/src/lib.rs"
printf '[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\nrdkafka-sys = "=%s"\n' "$version" \
    >"$work/Cargo.toml"
(cd "$work" && cargo fetch -q)
source=$(ls -d "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/rdkafka-sys-"$version"/librdkafka)
cp -r "$source" "$work/librdkafka"
cd "$work/librdkafka"
# Behind a batch whose checksum is wrong it goes to a position counted from the response's start, and parses bytes of the batch.
sed -i 's/rd_kafka_buf_skip_to(rkbuf, crc_len)/rd_kafka_buf_skip(rkbuf, crc_len)/' src/rdkafka_msgset_reader.c
grep -q 'rd_kafka_buf_skip(rkbuf, crc_len)' src/rdkafka_msgset_reader.c
# Its own lz4, and no Cyrus SASL: what it links with is in deps.sh.
./configure --disable-gssapi --disable-curl --disable-lz4-ext --prefix="$target" >/dev/null
make -s -j2 libs >/dev/null
make -s -C src install >/dev/null
echo "librdkafka $version is in $target"
