#!/bin/sh
# Runs every fuzz target for so many seconds (60 unless told), with a corpus that starts from the golden files of
# the repository. Needs the toolchain of the set-up and a C++ compiler; no nightly compiler and no cargo-fuzz.
#
#   tests/fuzz/run.sh [seconds] [target...]
set -eu
cd "$(dirname "$0")"
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- certificate crl csr path private_key

target_dir=${CARGO_TARGET_DIR:-target}
corpus=${FUZZ_CORPUS:-corpus}
data=../../primitives/x509/tests/data

# One file for each PEM block $2 of the files $3..., in the folder $1.
blocks() {
    folder=$1 label=$2
    shift 2
    mkdir -p "$folder"
    for file in "$@"; do
        [ -f "$file" ] || continue
        awk -v label="$label" -v name="$folder/$(basename "$file" .pem)" '
            $0 == "-----BEGIN " label "-----" { out = name "." ++n ".b64"; next }
            $0 == "-----END " label "-----" { if (out) close(out); out = "" }
            out { print > out }' "$file"
    done
    for text in "$folder"/*.b64; do
        [ -f "$text" ] || continue
        base64 -d "$text" > "${text%.b64}.der"
        rm "$text"
    done
}
blocks "$corpus/certificate" CERTIFICATE "$data"/chain-*.pem
blocks "$corpus/crl" "X509 CRL" "$data"/crl-*.pem
blocks "$corpus/csr" "CERTIFICATE REQUEST" "$data"/csr-*.pem
mkdir -p "$corpus/private_key"
for kind in ed25519 'EC -pkeyopt ec_paramgen_curve:P-256' 'EC -pkeyopt ec_paramgen_curve:P-384' RSA; do
    key=$corpus/private_key/$(echo "$kind" | tr -c 'A-Za-z0-9\n' -)
    [ -f "$key.der" ] && continue
    # shellcheck disable=SC2086 # several words
    openssl genpkey -algorithm $kind -outform der -out "$key.der"
    for derivation in '-v2prf hmacWithSHA512' '-iter 2048'; do
        # shellcheck disable=SC2086
        openssl pkcs8 -topk8 -inform der -in "$key.der" -passout pass:word $derivation -outform der \
            -out "$key$derivation.der"
    done
done
mkdir -p "$corpus/path"
for chain in "$data"/chain-*.pem; do
    name=$(basename "$chain" .pem)
    cat "$corpus/certificate/$name".*.der > "$corpus/path/$name.der"
done

# What libFuzzer needs: counters at every edge, and the operands of comparisons.
RUSTFLAGS="--cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module \
-Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares \
-Cllvm-args=-simplifycfg-branch-fold-threshold=0" \
    cargo build --release --locked -j "${JOBS:-1}" --target-dir "$target_dir" \
    --target "$(rustc -vV | sed -n 's/^host: //p')"

for target in "$@"; do
    echo "== $target"
    "$target_dir/$(rustc -vV | sed -n 's/^host: //p')/release/$target" \
        -max_total_time="$seconds" -max_len=33000 -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$target-" "$corpus/$target"
done
