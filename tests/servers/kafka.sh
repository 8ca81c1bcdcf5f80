#!/bin/bash
# kafka.sh install JARS | format DIR PORT | start DIR PORT | stop DIR: one loopback Apache Kafka broker (KRaft).
#
# install fetches the class path with Maven into JARS. format and start keep everything in DIR (data, log, pid file);
# the controller takes PORT+1. Environment: KAFKA_JARS (class path folder), KAFKA_HEAP (512m), KAFKA_TIER (1 = quick
# start, 4 = throughput), KAFKA_EXTRA (file appended to server.properties), KAFKA_FORMAT_ARGS.
# An AppCDS archive beside the jars halves the start; it is written at the first clean stop.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)/kafka
. "$here/../process.sh"
command=${1:?}
target=$(realpath -m "${2:?}")

java_options() {
    local archive=$KAFKA_JARS/broker.jsa
    if [ -s "$archive" ]; then echo "-XX:SharedArchiveFile=$archive"; else echo "-XX:ArchiveClassesAtExit=$archive"; fi
    echo "-XX:+UseSerialGC -XX:TieredStopAtLevel=${KAFKA_TIER:-1} -Xshare:auto -Djava.awt.headless=true"
    echo "-Dlog4j2.configurationFile=$here/log4j2.properties"
}

case $command in
install)
    [ -e "$target/.complete" ] && exit 0
    mkdir -p "$target"
    mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$target"
    touch "$target/.complete"
    ;;
format)
    port=${3:?}
    mkdir -p "$target"
    rm -rf "$target/data"
    sed -e "s#@PORT@#$port#g; s#@CPORT@#$((port + 1))#g; s#@DATA@#$target/data#g" "$here/server.properties.in" \
        >"$target/server.properties"
    [ -z "${KAFKA_EXTRA:-}" ] || cat "$KAFKA_EXTRA" >>"$target/server.properties"
    # any 16 bytes in unpadded base64url are a cluster id
    # shellcheck disable=SC2086
    java -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j2.configurationFile="$here/log4j2.properties" \
        -cp "$KAFKA_JARS/*" kafka.tools.StorageTool format --standalone -t AAAAAAAAAAAAAAAAAAAAAQ \
        -c "$target/server.properties" ${KAFKA_FORMAT_ARGS:-} >"$target/format.log" 2>&1 ||
        { cat "$target/format.log" >&2; exit 1; }
    ;;
start)
    # shellcheck disable=SC2046
    setsid nohup java -Xms"${KAFKA_HEAP:-512m}" -Xmx"${KAFKA_HEAP:-512m}" $(java_options) -cp "$KAFKA_JARS/*" \
        kafka.Kafka "$target/server.properties" >"$target/broker.log" 2>&1 </dev/null &
    echo $! >"$target/broker.pid"
    await "$target/broker.pid" "$target/broker.log" grep -q 'Kafka Server started' "$target/broker.log"
    ;;
stop)
    end "$target/broker.pid"
    ;;
*)
    echo "usage: kafka.sh install JARS | format DIR PORT | start DIR PORT | stop DIR" >&2
    exit 2
    ;;
esac
