#!/bin/bash
# s3proxy.sh install DIR | start JARS DIR PORT TLSPORT | stop DIR: one loopback s3proxy (an S3 server) over a folder.
#
# install fetches the program with Maven into DIR. start keeps everything in DIR (data/, log, pid file) and answers
# on PORT, and with TLS on TLSPORT by the key store DIR/tls/server.p12, when there is one. Environment: S3_KEY,
# S3_SECRET (who may sign), S3PROXY_HEAP (160m), S3PROXY_AUTHORIZATION (aws-v4; none: anybody may do anything).
# An AppCDS archive beside the jar halves the start; it is written at the first clean stop.
set -euo pipefail
. "$(dirname "$0")/process.sh"
version=4.1.0
command=${1:?}

case $command in
install)
    target=$(realpath -m "${2:?}")
    [ -e "$target/.complete-$version" ] && exit 0
    mkdir -p "$target"
    mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy -DoutputDirectory="$target" \
        -Dartifact="org.gaul:s3proxy:$version:jar:jar-with-dependencies"
    touch "$target/.complete-$version"
    ;;
start)
    jars=$(realpath -m "${2:?}")
    dir=$(realpath -m "${3:?}")
    port=${4:?} tls_port=${5:?}
    mkdir -p "$dir/data"
    cat >"$dir/s3proxy.conf" <<CONF
s3proxy.endpoint=http://127.0.0.1:$port
s3proxy.authorization=${S3PROXY_AUTHORIZATION:-aws-v4}
s3proxy.identity=$S3_KEY
s3proxy.credential=$S3_SECRET
jclouds.provider=filesystem-nio2
jclouds.filesystem.basedir=$dir/data
CONF
    if [ -e "$dir/tls/server.p12" ]; then
        cat >>"$dir/s3proxy.conf" <<CONF
s3proxy.secure-endpoint=https://127.0.0.1:$tls_port
s3proxy.keystore-path=$dir/tls/server.p12
s3proxy.keystore-password=changeit
CONF
    fi
    archive=$jars/s3proxy-$version.jsa
    if [ -s "$archive" ]; then cds=-XX:SharedArchiveFile=$archive; else cds=-XX:ArchiveClassesAtExit=$archive; fi
    LOG_LEVEL=${S3PROXY_LOG:-warn} setsid nohup java -Xmx"${S3PROXY_HEAP:-160m}" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
        -Xshare:auto -Xlog:cds=off "$cds" -Dlogback.statusListenerClass=ch.qos.logback.core.status.NopStatusListener -jar "$jars/s3proxy-$version-jar-with-dependencies.jar" --properties "$dir/s3proxy.conf" \
        >"$dir/log" 2>&1 </dev/null &
    echo $! >"$dir/pid"
    await "$dir/pid" "$dir/log" listens "$port"  # it listens when it can answer
    ;;
stop)
    end "${2:?}/pid"
    ;;
*)
    echo "usage: s3proxy.sh install DIR | start JARS DIR PORT TLSPORT | stop DIR" >&2
    exit 2
    ;;
esac
