#!/usr/bin/env bash
# Runs the tests, with cargo's arguments "$@", and every check of the sources that needs the compiler. Everything has to
# be built already.
#
# `cargo test` runs them, not cargo-nextest. That starts a process for each test: the archiver's and the farmer's unit
# tests, which share what they set up, then take twice the processor time, all unit tests a third more. It would have to
# be compiled on a new machine, for minutes, and leaves documentation tests to a second run. What its time limits would
# give, the tests that wait have: each says what it waited for in vain (`TIMEOUT` in tests/e2e).
#
# The end-to-end tests mostly wait for blocks, and from nothing the checks take many minutes: they go on in that
# time, at the lowest priority.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

report=$(mktemp)
trap 'rm -f "$report"' EXIT

checks() {
    local result=0
    # Cargo locks the target folder until the first test runs. Should it take longer, one waits for the other.
    sleep 20
    for check in warnings clippy never-run docs; do
        scripts/stage.sh "$check" nice -n 19 scripts/lint.sh "$check" || result=1
    done
    scripts/stage.sh features nice -n 19 scripts/unify-features.py || result=1
    return $result
}

checks >"$report" 2>&1 &
checks=$!
scripts/stage.sh tests cargo test "$@" --no-fail-fast
tests=$?
wait "$checks"
result=$?
grep -v '^ *\(Checking\|Compiling\|Blocking\|Documenting\|Finished\|Generated\)' "$report"
[ $tests = 0 ] && [ $result = 0 ]
