#!/usr/bin/env bash
# Runs the tests and the lints, with cargo's arguments "$@". Everything has to be built already.
#
# The end-to-end tests mostly wait for blocks, and from nothing the lints take many minutes: they go on in that
# time, at the lowest priority.
set -uo pipefail

report=$(mktemp)
trap 'rm -f "$report"' EXIT

# Cargo locks the target folder until the first test runs. Should it take longer, one waits for the other.
{ sleep 20; nice -n 19 cargo clippy "$@" -- -D warnings; } >"$report" 2>&1 &
lints=$!
cargo test "$@" --no-fail-fast
tests=$?
wait "$lints"
result=$?
grep -v '^ *\(Checking\|Compiling\|Blocking\)' "$report"
[ $tests = 0 ] && [ $result = 0 ]
