#!/bin/sh
# Compiles one crate for fuzzing; the arguments are the compiler and its own. As RUSTC_WORKSPACE_WRAPPER this is used
# for the crates of this repository alone: dependencies are taken as they are compiled already.
case " $* " in
    # What runs while compiling has no libFuzzer to count for.
    *" --crate-name build_script_build "* | *" --crate-type proc-macro "*) exec "$@" ;;
esac
# Whatever would go wrong unseen in a release shall panic.
checks="-Cdebug-assertions=on -Coverflow-checks=on"
case " $* " in
    # jsonrpsee's macro names a function that jsonrpsee-core has with debug assertions alone, and that one is compiled
    # without.
    *" --crate-name allod_farmer_rpc "* | *" --crate-name allod_rpc "*) checks=-Coverflow-checks=on ;;
esac
# What libFuzzer needs: counters at every edge, and the operands of comparisons.
# shellcheck disable=SC2086 # several arguments
exec "$@" -Ccodegen-units=1 -Cdebuginfo=line-tables-only -Cstrip=none \
    $checks \
    -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0
