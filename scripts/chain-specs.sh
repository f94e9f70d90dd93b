#!/usr/bin/env bash
# Writes chain-specs/ from the built-in chains; with --check, compares instead.
set -euo pipefail
check=
if [ "$1" = --check ]; then check=yes; shift; fi
allod=$1
folder=$(dirname "$0")/../chain-specs
for chain in $("$allod" spec list); do
    file=$folder/$chain.json
    if [ -n "$check" ]; then
        "$allod" spec "$chain" | diff -u "$file" - >&2 || {
            echo "$file is not the built-in chain; run make specs" >&2
            exit 1
        }
        "$allod" spec "$file" >/dev/null
    else
        "$allod" spec "$chain" > "$file"
    fi
done
