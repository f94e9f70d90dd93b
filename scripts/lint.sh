#!/usr/bin/env bash
# One check of the sources by the toolchain: $1 is format, warnings, clippy (of all, or what -p names), never-run or docs.
#
# What another toolchain than the pinned one finds is shown, but fails nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

is_pinned() { [ "${ALLOD_PINNED_RUST:-yes}" = yes ]; }
if is_pinned; then deny=(-D warnings); else deny=(--cap-lints warn); fi
check=$1
shift
# The features that are built and tested, so that what was read of the dependencies is read once.
all=(--release --locked --all-targets)

case $check in
    format)
        cargo fmt --all --check || ! is_pinned
        ;;
    warnings)
        # What the compiler said when it built; everything is built, and cargo says it again.
        if warnings=$(cargo build "${all[@]}" --workspace 2>&1 | grep -v '^ *\(Finished\|Blocking\) '); then
            printf '%s\n' "$warnings" >&2
            if is_pinned; then exit 1; fi
        fi
        ;;
    clippy)
        [ $# -gt 0 ] || set -- --workspace
        # Clippy has a build script's output of its own, and needs no WASM there.
        SKIP_WASM_BUILD=1 cargo clippy "${all[@]}" "$@" -- "${deny[@]}"
        ;;
    never-run)
        # Benchmarks and the hooks of try-runtime. Thanks to allod-workspace-hack all but FRAME is shared with the rest.
        SKIP_WASM_BUILD=1 cargo clippy "${all[@]}" -p allod-runtime -p 'pallet-*' \
            --features allod-runtime/runtime-benchmarks,allod-runtime/try-runtime -- "${deny[@]}"
        ;;
    docs)
        # With examples among the targets cargo turns on the features of dev-dependencies, as clippy does. The build
        # script's output is the build's, so the WASM is not skipped.
        # Links to private items lead on in the sources, where these documents are read. Help texts are documentation,
        # too, and have addresses as people type them.
        RUSTDOCFLAGS="${deny[*]} -A rustdoc::private-intra-doc-links -A rustdoc::bare-urls" cargo doc --release --locked --workspace --no-deps --lib --bins --examples
        ;;
    *)
        echo "lint.sh: unknown check $check" >&2
        exit 2
        ;;
esac
