#!/usr/bin/env bash
# Installs what building and testing need, and writes where the toolchain is to $1.
#
# Rust comes from rustup where rustup can download the WebAssembly target, and from Debian's packages
# where it cannot. A second run finds everything in place and does nothing.
set -euo pipefail

env_file=$1
target=wasm32v1-none
# Debian's rustc-web and what belongs to it: compiler, LLVM for its object files, linker.
debian_rust=(rustc-web cargo-web libstd-rust-web-dev rust-web-src rust-web-llvm lld-22 rustfmt-web rust-web-clippy)
tools=(clang protobuf-compiler pkg-config openssl ca-certificates curl python3 python3-cryptography)

say() { printf 'setup: %s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

updated=
apt_install() {
    [ -n "$updated" ] || { as_root apt-get update -qq; updated=yes; }
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

# Whether the cargo found with this PATH can compile for the target.
has_target() {
    local libdir
    libdir=$(PATH=$1 rustc --print target-libdir --target "$target" 2>/dev/null) || return 1
    compgen -G "$libdir/libcore-*.rlib" >/dev/null && PATH=$1 cargo --version >/dev/null 2>&1 \
        && PATH=$1 cargo clippy --version >/dev/null 2>&1 && PATH=$1 cargo fmt --version >/dev/null 2>&1
}

# New enough for edition 2024 and the SDK.
is_recent() {
    local minor
    minor=$(PATH=$1 rustc --version | sed -E 's/^rustc 1\.([0-9]+)\..*/\1/')
    [ "$minor" -ge 90 ]
}

with_rustup() {
    if ! command -v rustup >/dev/null; then
        command -v curl >/dev/null || return 1
        curl --proto '=https' --connect-timeout 10 -sSf https://sh.rustup.rs 2>/dev/null \
            | sh -s -- -y -q --profile minimal --no-modify-path >&2 || return 1
        PATH=$HOME/.cargo/bin:$PATH
    fi
    rustup target add "$target" >&2 2>&1 && rustup component add clippy rustfmt rust-src >&2 2>&1 || return 1
    has_target "$PATH" && is_recent "$PATH"
}

# Debian has no precompiled core for the target: it is built once from Debian's sources.
build_core() {
    local libdir scratch
    libdir=$(PATH=$1 rustc --print target-libdir --target "$target")
    scratch=$(mktemp -d)
    mkdir "$scratch/src"
    printf '#![no_std]\n' > "$scratch/src/lib.rs"
    printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n' > "$scratch/Cargo.toml"
    # Without embedded bitcode the link-time optimisation of the runtime fails.
    (cd "$scratch" && PATH=$1 RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes CARGO_TARGET_DIR="$scratch/target" \
        cargo build -q --release -Zbuild-std=core,alloc --target "$target" >&2)
    as_root mkdir -p "$libdir"
    as_root cp "$scratch/target/$target/release/deps/"lib{core,alloc,compiler_builtins}-*.rlib "$libdir/"
    rm -rf "$scratch"
}

with_debian() {
    local path=/usr/bin:$PATH missing=()
    for package in "${debian_rust[@]}"; do
        dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"
    has_target "$path" || build_core "$path"
    has_target "$path" && is_recent "$path"
}

missing=()
for package in "${tools[@]}"; do
    dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
done
[ ${#missing[@]} = 0 ] || { say "installing ${missing[*]}"; apt_install "${missing[@]}"; }
# For the test with the JavaScript client. A Node that is there already is as good as Debian's.
command -v node >/dev/null && command -v npm >/dev/null || { say 'installing Node.js'; apt_install nodejs npm; }

if [ -f "$env_file" ]; then
    path=$(sed -n 's/^export PATH=//p' "$env_file")
    if has_target "$path"; then exit 0; fi
fi
mkdir -p "$(dirname "$env_file")"
path=
# A toolchain that is complete already is taken as it is.
for candidate in "/usr/bin:$PATH" "$PATH"; do
    if has_target "$candidate" && is_recent "$candidate"; then path=$candidate; break; fi
done
if [ -n "$path" ]; then
    say "Rust that is there: $(PATH=$path rustc --version)"
elif with_rustup; then
    say 'Rust from rustup'
    path=$PATH
elif with_debian; then
    say "Rust from Debian's packages"
    path=/usr/bin:$PATH
else
    say "no Rust toolchain with the target $target could be installed, by rustup or from Debian's packages"
    exit 1
fi
printf 'export PATH=%s\n' "$path" > "$env_file"
