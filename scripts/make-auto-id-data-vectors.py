#!/usr/bin/env python3
"""Writes tests/vectors/auto-id-data.json: golden signatures over data, one for each algorithm or more.

Payloads are put together here, from the layout in primitives/identity/src/data.rs, independently of the Rust
code; OpenSSL makes keys, certificates and signatures. If the file is there already, nothing is done: signatures of
most algorithms differ from run to run.
"""

import hashlib
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "tests/vectors/auto-id-data.json"
CONTEXT = b"allod/data/1"
EC = ["-newkey", "ec", "-pkeyopt"]
RSA = ["-newkey", "rsa:2048"]
PSS = ["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest"]

# Name, how `openssl req` makes the key, how `openssl pkeyutl` signs.
ALGORITHMS = [
    ("ed25519", ["-newkey", "ed25519"], []),
    ("ecdsa-p256-sha256", [*EC, "ec_paramgen_curve:P-256"], ["-digest", "sha256"]),
    ("ecdsa-p384-sha384", [*EC, "ec_paramgen_curve:P-384", "-sha384"], ["-digest", "sha384"]),
    ("rsa-pkcs1-sha256", RSA, ["-digest", "sha256"]),
    ("rsa-pkcs1-sha384", RSA, ["-digest", "sha384"]),
    ("rsa-pkcs1-sha512", RSA, ["-digest", "sha512"]),
    ("rsa-pss-sha256", RSA, ["-digest", "sha256", *PSS]),
    ("rsa-pss-sha384", RSA, ["-digest", "sha384", *PSS]),
    ("rsa-pss-sha512", RSA, ["-digest", "sha512", *PSS]),
]

# What is signed, on which chain, at which block.
DATA = [
    ("a line", b"the agent paid\n", "c0" * 32, 1_201),
    ("nothing, at the last block that there can be", b"", "ff" * 32, 2**32 - 1),
]


def openssl(*arguments, cwd) -> bytes:
    command = ["openssl", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, cwd=cwd).stdout


def case(name, new_key, options, description, data, genesis_hash, block):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        openssl(
            "req", "-x509", "-nodes", "-days", "3650", "-subj", "/CN=agent",
            *new_key, "-keyout", "key", "-out", "certificate", cwd=folder,
        )
        certificate = openssl("x509", "-in", "certificate", "-outform", "der", cwd=folder)
        identifier = hashlib.sha256(certificate).digest()
        data_hash = hashlib.sha256(data).digest()
        payload = (
            bytes([len(CONTEXT) << 2])
            + CONTEXT
            + bytes.fromhex(genesis_hash)
            + identifier
            + struct.pack("<I", block)
            + data_hash
        )
        (folder / "payload").write_bytes(payload)
        signature = openssl(
            "pkeyutl", "-sign", "-rawin", "-inkey", "key", "-in", "payload", *options, cwd=folder
        )
        return {
            "description": f"{description}, {name}",
            "algorithm": name,
            "private_key": (folder / "key").read_text(),
            "certificate": certificate.hex(),
            "identifier": identifier.hex(),
            "genesis_hash": genesis_hash,
            "block": block,
            "data": data.hex(),
            "data_hash": data_hash.hex(),
            "payload": payload.hex(),
            "signature": signature.hex(),
        }


def main() -> None:
    if VECTORS.exists():
        sys.exit(f"{VECTORS} is there already; remove it to make it anew")
    signatures = [
        case(*algorithm, *data)
        for index, algorithm in enumerate(ALGORITHMS)
        for data in (DATA if index < 3 else DATA[:1])
    ]
    vectors = {
        "description": "Signatures over data by OpenSSL; layout: primitives/identity/src/data.rs",
        "signatures": signatures,
    }
    VECTORS.write_text(json.dumps(vectors, indent=2) + "\n")


if __name__ == "__main__":
    main()
