#!/usr/bin/env python3
"""Adds a golden request for every call of Auto ID to tests/vectors/auto-id-requests.json.

Payloads are put together here, from the layouts in primitives/identity/src/request.rs and
request/arguments.rs, independently of the Rust code; OpenSSL makes the signatures. Cases that are there
already stay as they are, byte by byte, so that running this again changes nothing.
"""

import hashlib
import json
import pathlib
import struct
import subprocess
import tempfile

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "tests/vectors/auto-id-requests.json"
GENESIS = bytes.fromhex("c0" * 32)
ALGORITHMS = ["ed25519", "ecdsa-p256-sha256"]
REASONS = {"unspecified": 0, "keyCompromise": 1, "superseded": 4}


def compact(number: int) -> bytes:
    """SCALE's compact form of a length."""
    if number < 1 << 6:
        return struct.pack("<B", number << 2)
    if number < 1 << 14:
        return struct.pack("<H", number << 2 | 1)
    return struct.pack("<I", number << 2 | 2)


def octets(value: bytes) -> bytes:
    return compact(len(value)) + value


def string(value: str) -> bytes:
    return octets(value.encode())


def u32(value: int) -> bytes:
    return struct.pack("<I", value)


def option(value, encode) -> bytes:
    return b"\0" if value is None else b"\1" + encode(value)


def sequence(values, encode) -> bytes:
    return compact(len(values)) + b"".join(encode(value) for value in values)


def algorithm(name: str) -> bytes:
    return bytes([ALGORITHMS.index(name)])


def guardians(value) -> bytes:
    members = sequence(value["members"], bytes.fromhex)
    return members + bytes([value["threshold"]]) + u32(value["delay"])


def service(value) -> bytes:
    return string(value["name"]) + string(value["kind"]) + string(value["uri"])


FIELDS = {
    "certificate": lambda value: octets(bytes.fromhex(value)),
    "crl": lambda value: octets(bytes.fromhex(value)),
    "serial": lambda value: octets(bytes.fromhex(value)),
    "certificate_hash": bytes.fromhex,
    "identifier": bytes.fromhex,
    "issuer": bytes.fromhex,
    "algorithm": algorithm,
    "co_issuers": lambda value: sequence(value, bytes.fromhex),
    "compromised_after": lambda value: option(value, u32),
    "controller": lambda value: option(value, bytes.fromhex),
    "guardians": lambda value: option(value, guardians),
    "number": u32,
    "services": lambda value: sequence(value, service),
    "reason": lambda value: bytes([REASONS[value]]),
}


def calls(case: dict, crl: str):
    """(context, call, arguments in their order) of one case for each call, or for each of its forms."""
    auto_id, revocation = "allod/auto-id/1", "allod/revocation/1"
    one, two = "11" * 32, "22" * 32
    who = {"identifier": case["identifier"]}
    new = {"certificate": case["certificate"], "algorithm": case["algorithm"]}
    under = {"issuer": one, "co_issuers": [two]}
    some = {"members": [one, two], "threshold": 2, "delay": 14_400}
    reach = [{"name": "agent", "kind": "A2A", "uri": "https://example.org/agent"}]
    yield auto_id, "register_issued", {**new, **under}
    yield auto_id, "register_issued", {**new, "issuer": one, "co_issuers": []}
    yield auto_id, "co_issue", {"certificate_hash": case["identifier"], "issuer": one}
    yield auto_id, "renew", {**who, **new, "compromised_after": None}
    yield auto_id, "renew", {**who, **new, "compromised_after": 1_000}
    yield auto_id, "reparent", {**who, **new, **under}
    yield auto_id, "deactivate", who
    yield auto_id, "set_controller", {**who, "controller": one}
    yield auto_id, "set_controller", {**who, "controller": None}
    yield auto_id, "set_guardians", {**who, "guardians": some}
    yield auto_id, "set_guardians", {**who, "guardians": None}
    yield auto_id, "open_recovery", {
        "identifier": one,
        "certificate_hash": two,
        "compromised_after": 77,
    }
    yield auto_id, "approve_recovery", {
        "identifier": one,
        "number": 3,
        "certificate_hash": two,
    }
    yield auto_id, "veto_recovery", {**who, "number": 3}
    yield auto_id, "execute_recovery", {**who, "number": 3, **new}
    yield auto_id, "set_services", {**who, "services": reach}
    yield auto_id, "set_services", {**who, "services": []}
    yield revocation, "revoke", {"serial": "00ff", "reason": "keyCompromise"}
    yield revocation, "hold", {"serial": "07"}
    yield revocation, "release", {"serial": "07"}
    yield revocation, "publish_crl", {"crl": crl, "algorithm": case["algorithm"]}


def openssl(*arguments, cwd=None) -> bytes:
    command = ["openssl", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, cwd=cwd).stdout


def sign(private_key: str, payload: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "key").write_text(private_key)
        (folder / "payload").write_bytes(payload)
        return openssl(
            "pkeyutl", "-sign", "-rawin", "-inkey", folder / "key", "-in", folder / "payload"
        )


def make_crl(case: dict) -> str:
    """A revocation list by the case's certificate, as `openssl ca` makes it."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "key").write_text(case["private_key"])
        der = folder / "certificate.der"
        der.write_bytes(bytes.fromhex(case["certificate"]))
        openssl("x509", "-inform", "der", "-in", der, "-out", folder / "certificate.pem")
        (folder / "index").write_text("R\t491231000000Z\t261120000000Z,keyCompromise\t07\tunknown\t/CN=x\n")
        (folder / "number").write_text("01\n")
        (folder / "config").write_text(
            "[ca]\ndefault_ca=c\n[c]\ndatabase=index\ncrlnumber=number\ndefault_md=default\n"
            "default_crl_days=30\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n"
        )
        openssl(
            "ca", "-gencrl", "-config", "config", "-keyfile", "key",
            "-cert", "certificate.pem", "-out", "crl.pem", cwd=folder,
        )
        return openssl("crl", "-in", folder / "crl.pem", "-outform", "der").hex()


def main() -> None:
    vectors = json.loads(VECTORS.read_text())
    requests = vectors["requests"]
    registrations = [case for case in requests if case["call"] == "register"]
    by_algorithm = {}
    for case in registrations:
        by_algorithm.setdefault(case["algorithm"], case)
    seen = {
        (case["call"], case["algorithm"], json.dumps(case.get("arguments"))) for case in requests
    }
    calls_there = {(case["call"], case["algorithm"]) for case in requests}
    for name in ALGORITHMS:
        signer = by_algorithm[name]
        is_there = ("publish_crl", name) in calls_there
        crl = next(
            (
                case["arguments"]["crl"]
                for case in requests
                if (case["call"], case["algorithm"]) == ("publish_crl", name)
            ),
            None,
        )
        crl = crl if is_there else make_crl(signer)
        for context, call, arguments in calls(signer, crl):
            if (call, name, json.dumps(arguments)) in seen:
                continue
            nonce = 0 if call in ("register_issued", "co_issue") else 5
            valid_until = 1_000_000
            encoded = b"".join(FIELDS[field](value) for field, value in arguments.items())
            arguments_hash = hashlib.blake2b(encoded, digest_size=32).digest()
            identifier = bytes.fromhex(signer["identifier"])
            payload = (
                string(context)
                + GENESIS
                + string(call)
                + identifier
                + struct.pack("<Q", nonce)
                + u32(valid_until)
                + arguments_hash
            )
            requests.append(
                {
                    "description": f"{call}, signed by the key of the first {name} registration",
                    "algorithm": name,
                    "private_key": signer["private_key"],
                    "certificate": signer["certificate"],
                    "context": context,
                    "call": call,
                    "arguments": arguments,
                    "genesis_hash": GENESIS.hex(),
                    "identifier": signer["identifier"],
                    "nonce": nonce,
                    "valid_until": valid_until,
                    "arguments_hash": arguments_hash.hex(),
                    "payload": payload.hex(),
                    "signature": sign(signer["private_key"], payload).hex(),
                }
            )
    VECTORS.write_text(json.dumps(vectors, indent=2) + "\n")


if __name__ == "__main__":
    main()
