#!/usr/bin/env bash
# One check of the sources by the toolchain: $1 is format, warnings, clippy or docs; cargo's arguments follow.
#
# What another toolchain than the pinned one finds is shown, but fails nothing.
set -euo pipefail
check=$1
shift

is_pinned() { [ "${ALLOD_PINNED_RUST:-yes}" = yes ]; }
if is_pinned; then deny=(-D warnings); else deny=(--cap-lints warn); fi
# What is compiled here, but never runs: benchmarks, and the hooks of try-runtime. One pass over the dependencies
# serves clippy and the documentation.
never_run=(--features 'allod-runtime/runtime-benchmarks,allod-runtime/try-runtime')

case $check in
    format)
        cargo fmt --all --check || ! is_pinned
        ;;
    warnings)
        # Those of the build without these features. Everything is built, and cargo says again what it said then.
        if warnings=$(cargo build "$@" 2>&1 | grep -v '^ *\(Finished\|Blocking\) '); then
            printf '%s\n' "$warnings" >&2
            if is_pinned; then exit 1; fi
        fi
        ;;
    clippy)
        SKIP_WASM_BUILD=1 cargo clippy "$@" "${never_run[@]}" -- "${deny[@]}"
        ;;
    docs)
        # Examples among the targets, or else cargo leaves the features of dev-dependencies out, which clippy had.
        SKIP_WASM_BUILD=1 RUSTDOCFLAGS=${deny[*]} \
            cargo doc --release --workspace --locked --no-deps --lib --bins --examples "${never_run[@]}"
        ;;
esac
