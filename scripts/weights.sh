#!/usr/bin/env bash
# Measures the weights of this project's pallets in WebAssembly and writes their weights.rs anew. Takes an
# hour the first time: FRAME's benchmark runner and the runtime with benchmarks are compiled before.
#
# Arguments: pallets (folder names under pallets/), all of them if none.
set -euo pipefail
cd "$(dirname "$0")/.."

# The one of the SDK's release.
version=0.28.0
cache=${ALLOD_CACHE:?set by the Makefile}
runner=$cache/tools/bin/frame-omni-bencher
# The same packages with other features: in a folder of their own, both stay compiled.
export CARGO_TARGET_DIR=$cache/target-weights

if ! "$runner" --version 2>/dev/null | grep -qF " $version"; then
    # The runner's own lock file has a clang-sys that finds no library whose name ends in a version, as Debian's does.
    libclang=$(ldconfig -p | sed -nE 's/^\s*libclang(-[0-9]+)?\.so(\.[0-9.]+)? .* => //p' | head -n 1)
    [ -n "$libclang" ] || { echo 'weights: no libclang found; the package clang brings it: make setup' >&2; exit 1; }
    mkdir -p "$cache/tools/lib"
    ln -sf "$libclang" "$cache/tools/lib/libclang.so"
    LIBCLANG_PATH=$cache/tools/lib \
        cargo install frame-omni-bencher --version "$version" --locked --root "$cache/tools"
fi
cargo build --release --locked -p allod-runtime --features runtime-benchmarks
runtime=$CARGO_TARGET_DIR/release/wbuild/allod-runtime/allod_runtime.compact.compressed.wasm

if [ $# = 0 ]; then mapfile -t pallets < <(ls pallets); set -- "${pallets[@]}"; fi
for pallet in "$@"; do
    # Laying out an issuer's thousand children takes a second each time: fewer runs than FRAME's own weights
    # have, and of the two ways to fit a line to them the more expensive one.
    "$runner" v1 benchmark pallet --runtime "$runtime" \
        --genesis-builder runtime --genesis-builder-preset development \
        --pallet "pallet_${pallet//-/_}" --extrinsic '*' --steps 20 --repeat 10 --output-analysis max \
        --template scripts/weights.hbs --output "pallets/$pallet/src/weights.rs"
done
