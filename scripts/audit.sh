#!/usr/bin/env bash
# Checks the dependencies against deny.toml, with cargo-deny, which is installed when it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

version=0.20.2
tools=${ALLOD_CACHE:?set by the Makefile}/tools
export PATH=$tools/bin:$PATH

if ! cargo deny --version 2>/dev/null | grep -qF " $version"; then
    cargo install cargo-deny --version "$version" --locked --root "$tools"
fi
cargo deny --locked check licenses bans sources
if cargo deny --locked fetch db; then
    cargo deny --locked check --disable-fetch advisories
else
    echo 'audit: the database of advisories cannot be had: they were not checked' >&2
fi
