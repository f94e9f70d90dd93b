#!/bin/sh
# Compiles one crate for fuzzing; the arguments are the compiler and its own. As RUSTC_WORKSPACE_WRAPPER this is used
# for the crates of this repository alone: dependencies are taken as they are compiled already.
case " $* " in
    # What runs while compiling has no libFuzzer to count for.
    *" --crate-name build_script_build "* | *" --crate-type proc-macro "*) exec "$@" ;;
esac
# What libFuzzer needs: counters at every edge, and the operands of comparisons. And whatever would go wrong unseen in a
# release shall panic.
exec "$@" -Ccodegen-units=1 -Cdebuginfo=line-tables-only -Cstrip=none \
    -Cdebug-assertions=on -Coverflow-checks=on \
    -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0
