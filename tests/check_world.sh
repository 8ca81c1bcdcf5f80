#!/bin/bash
# check_world.sh: make check with more seeds and longer runs, and the whole suite under AddressSanitizer with
# UndefinedBehaviorSanitizer, and under ThreadSanitizer.
set -eu
cd "$(dirname "$0")/.."
export TSAN_OPTIONS="suppressions=$PWD/tests/threads.supp"
make --no-print-directory check SUITE=world
for sanitizer in address,undefined thread; do
    echo "== $sanitizer"
    build=build/sanitize-${sanitizer//,/-}
    make --no-print-directory -s -j2 SANITIZE=$sanitizer CFLAGS="-O1 -g" BUILD=$build $build/weir unit bench-programs model-programs
    WEIR_BUILD=$PWD/$build tests/run.py check
done
