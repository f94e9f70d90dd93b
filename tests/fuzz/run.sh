#!/bin/sh
# Runs every fuzz target for so many seconds (60 unless told), from the corpus that is kept here. Needs the toolchain of
# the set-up and a C++ compiler; no nightly compiler and no cargo-fuzz.
#
#   tests/fuzz/run.sh [seconds] [target...]
#
# What is found goes to FUZZ_WORK, /tmp/allod-fuzz unless told: TARGET/ is the corpus that grows, crashes begin with
# TARGET-. A crash is mended where it lies, and its input is kept as corpus/TARGET/found-WHAT.
set -eu
cd "$(dirname "$0")"
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- corpus/*
work=${FUZZ_WORK:-${TMPDIR:-/tmp}/allod-fuzz}

# The runtime is not run here, so it need not be compiled to WASM.
SKIP_WASM_BUILD=1 RUSTC_WORKSPACE_WRAPPER=$PWD/with-coverage.sh \
    cargo build --release --locked --package allod-fuzz --bin allod-fuzz --target-dir "${CARGO_TARGET_DIR:-target}"
program=${CARGO_TARGET_DIR:-target}/release/allod-fuzz
mkdir -p "$work"

# Files to be parsed lie in memory, where there is some for files.
scratch=$(mktemp -d -p "$([ -d /dev/shm ] && echo /dev/shm || echo "$work")")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

failed=
for target in "$@"; do
    target=$(basename "$target")
    echo "== $target"
    mkdir -p "$work/$target"
    # Found files go to the first folder, the others are only read.
    TMPDIR=$scratch FUZZ_TARGET=$target "$program" \
        -max_total_time="$seconds" -max_len=33000 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$work/$target-" "$work/$target" "corpus/$target" || failed="$failed $target"
done
[ -z "$failed" ] || { echo "failed:$failed" >&2; exit 1; }
