#!/bin/bash
# check_world.sh: make check with more seeds and longer runs, and the whole suite under AddressSanitizer with
# UndefinedBehaviorSanitizer, and under ThreadSanitizer. What a sanitizer says counts, also of a process that a
# test kills before its exit code could tell: it is written to files, and a file that is there is a failure.
set -eu
cd "$(dirname "$0")/.."
failed=0
make --no-print-directory check SUITE=world || failed=1
for sanitizer in address,undefined thread; do
    echo "== $sanitizer"
    build=build/sanitize-${sanitizer//,/-}
    make --no-print-directory -s -j2 SANITIZE=$sanitizer CFLAGS="-O1 -g" BUILD=$build $build/weir unit bench-programs model-programs
    reports=$PWD/$build/reports
    rm -rf "$reports"
    mkdir "$reports"
    export ASAN_OPTIONS="log_path=$reports/report"
    export UBSAN_OPTIONS="log_path=$reports/report:print_stacktrace=1:halt_on_error=1"
    export TSAN_OPTIONS="log_path=$reports/report:suppressions=$PWD/tests/threads.supp"
    WEIR_BUILD=$PWD/$build tests/run.py check || failed=1
    for report in "$reports"/*; do
        [ -e "$report" ] || continue
        echo "== $report"
        cat "$report"
        failed=1
    done
done
exit $failed
