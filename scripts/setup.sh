#!/usr/bin/env bash
# Installs what building and testing need, and writes to the file $1 where the toolchain is, for the shell to source.
# Further arguments are packages that are needed besides.
#
# The toolchain is the one that rust-toolchain.toml pins: one that is there, or rustup's, or Debian's packages of that
# version. Where it cannot be had, another that is recent enough does for building and testing; lints and formatting
# are then shown, but fail nothing. A second run finds everything in place and does nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
# What fails here says so in a line.
export RUST_BACKTRACE=0

env_file=$1

# A value of rust-toolchain.toml; of a list its members, with commas.
pinned() { sed -nE "s/^$1 *= *//p" rust-toolchain.toml | tr -d '][" '; }
version=$(pinned channel)
target=$(pinned targets)
oldest=$(sed -nE 's/^rust-version *= *"(.*)"/\1/p' Cargo.toml)

# Debian's rustc-web and what belongs to it: compiler, LLVM for its object files.
debian_rust=(rustc-web cargo-web libstd-rust-web-dev rust-web-src rust-web-llvm rustfmt-web rust-web-clippy)
tools=(clang protobuf-compiler pkg-config openssl ca-certificates curl python3 python3-cryptography)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

say() { printf 'setup: %s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

updated=
apt_update() { [ -n "$updated" ] || { as_root apt-get update -qq; updated=yes; }; }
apt_install() {
    apt_update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

missing_of() {
    local package
    for package in "$@"; do
        dpkg -s "$package" >/dev/null 2>&1 || printf '%s\n' "$package"
    done
}

# The search path by which the toolchain in the folder $1 is found before any other. Cargo looks for its subcommands
# in its own folder first unless the path names that folder too.
path_of() {
    local path=$1:$PATH home=${CARGO_HOME:-$HOME/.cargo}/bin
    case ":$path:" in *":$home:"*) ;; *) path=$path:$home ;; esac
    printf '%s\n' "$path"
}

version_of() { PATH=$1 rustc --version 2>/dev/null | sed -nE 's/^rustc ([^ ]+).*/\1/p'; }

# Whether the version $1 is $2 or, for "at least" $3, a released one that is not older.
is_wanted() {
    if [ "$2" != 'at least' ]; then [ "$1" = "$2" ]; return; fi
    [[ $1 != *-* ]] && [ "$(printf '%s\n' "$1" "$3" | sort -V | head -n 1)" = "$3" ]
}

# Whether this path's compiler links a program for the target. A core of another compiler's would be there, but useless.
has_target() {
    printf '#![no_std]\n#[panic_handler]\nfn panic(_: &core::panic::PanicInfo) -> ! { loop {} }\n' > "$scratch/empty.rs"
    PATH=$1 rustc --target "$target" --crate-type cdylib --edition 2024 -C panic=abort --out-dir "$scratch" \
        "$scratch/empty.rs" 2>/dev/null
}

has_tools() {
    PATH=$1 cargo --version >/dev/null 2>&1 && PATH=$1 cargo clippy --version >/dev/null 2>&1 \
        && PATH=$1 cargo fmt --version >/dev/null 2>&1
}

is_complete() { has_target "$1" && has_tools "$1"; }

# The folders of the toolchains that are there: the system's, whatever the path names, rustup's. Rustup's own `rustc`
# picks one of the latter, or refuses.
folders() {
    printf '/usr/bin\n'
    local found
    if found=$(command -v rustc); then
        RUSTUP_AUTO_INSTALL=0 "$found" --print sysroot 2>/dev/null | sed 's|$|/bin|' || true
    fi
    printf '%s\n' "${RUSTUP_HOME:-$HOME/.rustup}"/toolchains/*/bin
}

path=

# A complete toolchain that is there, of the version that is_wanted.
take_what_is_there() {
    local folder candidate found
    while read -r folder; do
        [ -x "$folder/rustc" ] || continue
        candidate=$(path_of "$folder")
        found=$(version_of "$candidate")
        [ -n "$found" ] || continue
        is_wanted "$found" "$@" || continue
        if is_complete "$candidate"; then
            path=$candidate
            return 0
        fi
    done < <(folders)
    return 1
}

take_rustup() {
    local rustup
    if ! command -v rustup >/dev/null; then
        curl --proto '=https' --connect-timeout 10 -sSf https://sh.rustup.rs 2>/dev/null \
            | sh -s -- -y -q --profile minimal --default-toolchain none --no-modify-path >&2 || return 1
        PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
    fi
    say "Rust $version from rustup"
    # Says what it installs, so it does so whatever RUSTUP_AUTO_INSTALL is.
    rustup toolchain install "$version" --no-self-update --profile "$(pinned profile)" \
        --component "$(pinned components)" --target "$target" >&2 || return 1
    rustup=$(rustup which --toolchain "$version" rustc) || return 1
    path=$(path_of "$(dirname "$rustup")")
    is_complete "$path"
}

# Debian has no precompiled core for the target: it is built once from Debian's sources.
build_core() {
    local libdir
    libdir=$(PATH=$1 rustc --print target-libdir --target "$target") || return 1
    mkdir -p "$scratch/src"
    printf '#![no_std]\n' > "$scratch/src/lib.rs"
    printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n' > "$scratch/Cargo.toml"
    # Without embedded bitcode the link-time optimisation of the runtime fails.
    (cd "$scratch" && PATH=$1 RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes CARGO_TARGET_DIR="$scratch/target" \
        cargo build -q --release -Zbuild-std=core,alloc --target "$target" >&2) || return 1
    # What an earlier compiler left would be found beside the new one.
    as_root rm -rf "${libdir:?}"
    as_root mkdir -p "$libdir"
    as_root cp "$scratch/target/$target/release/deps/"lib{core,alloc,compiler_builtins}-*.rlib "$libdir/"
}

# Debian's packages, if their version is_wanted.
take_debian() {
    local offered llvm
    apt_update || return 1
    offered=$(apt-cache policy rustc-web 2>/dev/null | sed -nE 's/^ *Candidate: *([0-9]+\.[0-9]+\.[0-9]+).*/\1/p')
    [ -n "$offered" ] || return 1
    is_wanted "$offered" "$@" || return 1
    say "Rust $offered from Debian's packages"
    # Not only what is missing: what is there may be of an earlier version.
    apt_install "${debian_rust[@]}" || return 1
    # The linker for the target comes with the compiler's LLVM.
    llvm=$(PATH=/usr/bin:$PATH rustc --version --verbose | sed -nE 's/^LLVM version: ([0-9]+).*/\1/p')
    [ -n "$llvm" ] && apt_install "lld-$llvm" || return 1
    path=$(path_of /usr/bin)
    has_target "$path" || build_core "$path" || return 1
    is_complete "$path"
}

mapfile -t missing < <(missing_of "${tools[@]}" "${@:2}")
# For the test with the JavaScript client. A Node that is there already is as good as Debian's.
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then missing+=(nodejs npm); fi
if [ ${#missing[@]} -gt 0 ]; then
    say "installing ${missing[*]}"
    apt_install "${missing[@]}"
fi

# The choice stands until another version is pinned or the toolchain changes.
judged() { printf '# Rust %s where %s is pinned\n' "$1" "$version"; }
if [ -f "$env_file" ]; then
    # shellcheck disable=SC1090 # what an earlier run wrote
    known=$(. "$env_file" && printf '%s' "$PATH")
    if [ "$(head -n 1 "$env_file")" = "$(judged "$(version_of "$known")")" ] && is_complete "$known"; then exit 0; fi
fi

take_what_is_there "$version" || take_rustup || take_debian "$version" \
    || take_what_is_there 'at least' "$oldest" || take_debian 'at least' "$oldest" || {
    say "no Rust $version, nor any from $oldest on, with the target $target: neither there nor from rustup nor in" \
        "Debian's packages"
    exit 1
}
chosen=$(version_of "$path")
is_pinned=yes
if [ "$chosen" != "$version" ]; then
    is_pinned=no
    say "Rust $chosen, since $version is not to be had: its lints and formatting are shown and fail nothing"
fi
mkdir -p "$(dirname "$env_file")"
printf '%s\nexport PATH=%q\nexport ALLOD_PINNED_RUST=%s\n' "$(judged "$chosen")" "$path" "$is_pinned" > "$env_file"
