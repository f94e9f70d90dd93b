#!/usr/bin/env bash
# Runs the stage $1 of `make test`, which is the command after it, and says how long it took.
set -uo pipefail
name=$1
shift
"$@"
status=$?
if [ $status = 0 ]; then result=passed; else result=FAILED; fi
printf 'stage %-13s %s after %4d s\n' "$name" "$result" "$SECONDS" >&2
exit $status
