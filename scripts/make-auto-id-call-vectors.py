#!/usr/bin/env python3
"""Writes tests/vectors/auto-id-calls.json: whole calls, as they go into a block, with their requests signed.

The requests alone, with Ed25519 and P-256, are in auto-id-requests.json. Here are the parts that come after
the signature (consents, possession, declared entries), pallet and call index in front, and the other kinds of
keys. Everything is put together by hand, from the layouts in primitives/identity/src/request.rs and the two
pallets; OpenSSL makes keys, certificates, lists and signatures. Keys, certificates and the signatures
that are not deterministic stay as they are in the file, so that running this again changes nothing.
"""

import hashlib
import json
import pathlib
import struct
import subprocess
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests/vectors"
VECTORS = FOLDER / "auto-id-calls.json"
GENESIS = bytes.fromhex("a1" * 32)
VALID_UNTIL = 2_000_000
AUTO_ID, REVOCATION = "allod/auto-id/1", "allod/revocation/1"
PALLETS = {AUTO_ID: 30, REVOCATION: 31}

ALGORITHMS = [
    "ed25519",
    "ecdsa-p256-sha256",
    "ecdsa-p384-sha384",
    "rsa-pkcs1-sha256",
    "rsa-pkcs1-sha384",
    "rsa-pkcs1-sha512",
    "rsa-pss-sha256",
    "rsa-pss-sha384",
    "rsa-pss-sha512",
]
DETERMINISTIC = [name for name in ALGORITHMS if name == "ed25519" or "pkcs1" in name]
REASONS = {"cACompromise": 2, "privilegeWithdrawn": 9}

# Who acts: name, how the key is made, the algorithm of the certificate.
PARTIES = [
    ("alpha", ["-algorithm", "ed25519"], "ed25519"),
    ("beta", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "ecdsa-p256-sha256"),
    ("gamma", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], "ecdsa-p384-sha384"),
    ("delta", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "rsa-pkcs1-sha256"),
    ("epsilon", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"], "rsa-pss-sha384"),
]


def compact(number):
    if number < 1 << 6:
        return struct.pack("<B", number << 2)
    if number < 1 << 14:
        return struct.pack("<H", number << 2 | 1)
    return struct.pack("<I", number << 2 | 2)


def octets(value):
    return compact(len(value)) + value


def text(value):
    return octets(value.encode())


def option(value, encode):
    return b"\0" if value is None else b"\1" + encode(value)


def sequence(values, encode):
    return compact(len(values)) + b"".join(encode(value) for value in values)


def u32(value):
    return struct.pack("<I", value)


def algorithm(name):
    return bytes([ALGORITHMS.index(name)])


def guardians(value):
    return sequence(value["members"], bytes.fromhex) + bytes([value["threshold"]]) + u32(value["delay"])


def service(value):
    return text(value["name"]) + text(value["kind"]) + text(value["uri"])


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


def openssl(*arguments, cwd=None):
    command = ["openssl", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, cwd=cwd).stdout


def digest_options(name):
    """What `openssl req -x509` needs to sign with this algorithm."""
    if name == "ed25519":
        return []
    options = ["-" + name.split("-")[-1]]
    if "pss" in name:
        options += ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]
    return options


def make_party(name, key_options, certificate_algorithm):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        openssl("genpkey", *key_options, "-out", folder / "key")
        certificate = openssl(
            "req", "-x509", "-new", "-key", folder / "key", "-subj", f"/O=Allod/CN={name}", "-days", "9000",
            "-outform", "der", *digest_options(certificate_algorithm),
        )
        key = (folder / "key").read_text()
    return {
        "name": name,
        "private_key": key,
        "certificate": certificate.hex(),
        "certificate_algorithm": certificate_algorithm,
        "identifier": hashlib.sha256(certificate).hexdigest(),
    }


def sign(private_key, name, payload):
    """The X.509 encoding of a signature. OpenSSL takes SHA-256 unless told, so P-384 needs telling."""
    options = [] if name == "ed25519" else ["-digest", name.split("-")[-1]]
    if "pss" in name:
        options += ["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest"]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "key").write_text(private_key)
        (folder / "payload").write_bytes(payload)
        return openssl(
            "pkeyutl", "-sign", "-rawin", "-inkey", folder / "key", "-in", folder / "payload", *options
        ).hex()


def make_crl(party):
    """A list with 70 entries."""
    rows = [
        f"R\t491231000000Z\t261120000000Z,{'keyCompromise' if serial % 2 else 'certificateHold'}"
        f"\t{serial:04X}\tunknown\t/CN={serial}\n"
        for serial in range(0x1000, 0x1000 + 70)
    ]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "key").write_text(party["private_key"])
        (folder / "certificate.der").write_bytes(bytes.fromhex(party["certificate"]))
        openssl("x509", "-inform", "der", "-in", "certificate.der", "-out", "certificate.pem", cwd=folder)
        (folder / "index").write_text("".join(rows))
        (folder / "number").write_text("2A\n")
        (folder / "config").write_text(
            "[ca]\ndefault_ca=c\n[c]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\n"
            "default_crl_days=30\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n"
        )
        openssl(
            "ca", "-gencrl", "-config", "config", "-keyfile", "key",
            "-cert", "certificate.pem", "-out", "crl.pem", cwd=folder,
        )
        return openssl("crl", "-in", folder / "crl.pem", "-outform", "der").hex()


class Writer:
    def __init__(self, earlier):
        by_name = {party["name"]: party for party in earlier.get("parties", [])}
        self.parties = {name: by_name.get(name) or make_party(name, *rest) for name, *rest in PARTIES}
        self.crl = earlier.get("crl") or make_crl(self.parties["delta"])
        # Signatures that another run would make differently.
        self.signatures = {}
        for case in earlier.get("calls", []):
            for signed in [case, case.get("possession"), *case.get("consents", [])]:
                if signed:
                    self.signatures[signed["payload"], signed["algorithm"]] = signed["signature"]
        self.calls = []

    def signed(self, party, name, payload):
        there = None if name in DETERMINISTIC else self.signatures.get((payload.hex(), name))
        return there or sign(self.parties[party]["private_key"], name, payload)

    def payload(self, context, call, actor, nonce, valid_until, arguments):
        encoded = b"".join(FIELDS[field](value) for field, value in arguments.items())
        return encoded, (
            text(context)
            + GENESIS
            + text(call)
            + bytes.fromhex(self.parties[actor]["identifier"])
            + struct.pack("<Q", nonce)
            + u32(valid_until)
            + hashlib.blake2b(encoded, digest_size=32).digest()
        )

    def consent(self, party, name, arguments):
        """A co-issuer's consent to the certificate among these arguments."""
        certificate = bytes.fromhex(arguments["certificate"])
        issuer = arguments.get("issuer", "33" * 32)
        signed = {"certificate_hash": hashlib.sha256(certificate).hexdigest(), "issuer": issuer}
        valid_until = VALID_UNTIL - 7
        _, payload = self.payload(AUTO_ID, "co_issue", party, 0, valid_until, signed)
        return {
            "signer": party,
            "co_issuer": self.parties[party]["identifier"],
            "arguments": signed,
            "algorithm": name,
            "valid_until": valid_until,
            "payload": payload.hex(),
            "signature": self.signed(party, name, payload),
        }

    def add(self, context, index, call, signer, name, arguments, nonce=1 << 40, actor=None, **extras):
        """`signer` holds the key; `actor` is whose request it is, if that is another."""
        actor = actor or signer
        encoded, payload = self.payload(context, call, actor, nonce, VALID_UNTIL, arguments)
        case = {
            "context": context,
            "call": call,
            "signer": signer,
            "algorithm": name,
            "identifier": self.parties[actor]["identifier"],
            "nonce": nonce,
            "valid_until": VALID_UNTIL,
            "arguments": arguments,
        }
        if "consents" in extras:
            case["consents"] = [self.consent(*who, arguments) for who in extras["consents"]]
        if "possession" in extras:
            party, shown = extras["possession"]
            case["possession"] = party and {
                "signer": party,
                "algorithm": shown,
                "payload": payload.hex(),
                "signature": self.signed(party, shown, payload),
            }
        if "entries" in extras:
            case["entries"] = extras["entries"]
        case["encoded_arguments"] = encoded.hex()
        case["payload"] = payload.hex()
        case["signature"] = self.signed(signer, name, payload)
        case["bytes"] = (bytes([PALLETS[context], index]) + self.laid_out(case)).hex()
        self.calls.append(case)

    def laid_out(self, case):
        """The arguments as the pallets take them."""
        call, arguments = case["call"], dict(case["arguments"])
        signed = struct.pack("<QI", case["nonce"], case["valid_until"]) + octets(bytes.fromhex(case["signature"]))
        consents = sequence(
            case.get("consents", []),
            lambda one: bytes.fromhex(one["co_issuer"])
            + algorithm(one["algorithm"])
            + u32(one["valid_until"])
            + octets(bytes.fromhex(one["signature"])),
        )
        possession = option(
            case.get("possession"),
            lambda one: algorithm(one["algorithm"]) + octets(bytes.fromhex(one["signature"])),
        )
        # The consents stand where the co-issuers' names were.
        arguments.pop("co_issuers", None)
        after = arguments.pop("compromised_after", None)
        front = b"".join(FIELDS[field](value) for field, value in arguments.items())
        if call == "register":
            return front + signed
        if call == "register_issued":
            return front + consents + algorithm(case["algorithm"]) + signed
        request = bytes.fromhex(case["identifier"]) + algorithm(case["algorithm"]) + signed
        middle = {
            "renew": consents + option(after, u32) + possession,
            "reparent": consents,
            "execute_recovery": consents,
            "open_recovery": option(after, u32),
            "publish_crl": u32(case.get("entries", 0)),
        }.get(call, b"")
        return front + middle + request


def write_calls(writer):
    identifier = {name: party["identifier"] for name, party in writer.parties.items()}

    def certificate_of(name):
        party = writer.parties[name]
        return {"certificate": party["certificate"], "algorithm": party["certificate_algorithm"]}

    def about(name, **more):
        return {"identifier": identifier[name], **more}

    some_hash = hashlib.sha256(bytes.fromhex(writer.parties["epsilon"]["certificate"])).hexdigest()
    three_guardians = {"members": [identifier["beta"], identifier["gamma"], identifier["delta"]], "threshold": 2, "delay": 100}
    reach = [
        {"name": "agent", "kind": "A2A", "uri": "https://example.org/agent?x=1#y"},
        {"name": "files", "kind": "LinkedDomains", "uri": "did:web:example.org"},
    ]
    add = writer.add
    for name in writer.parties:
        own = writer.parties[name]["certificate_algorithm"]
        add(AUTO_ID, 0, "register", name, own, certificate_of(name), nonce=0)
    # One RSA key signs with any of its algorithms, whatever its certificate is signed with.
    for name in [name for name in ALGORITHMS if name.startswith("rsa")]:
        add(AUTO_ID, 0, "register", "delta", name, certificate_of("delta"), nonce=0)
    under = {"issuer": identifier["alpha"], "co_issuers": [identifier["beta"], identifier["gamma"]]}
    two = [("beta", "ecdsa-p256-sha256"), ("gamma", "ecdsa-p384-sha384")]
    add(AUTO_ID, 1, "register_issued", "delta", "rsa-pss-sha256", {**certificate_of("delta"), **under}, nonce=0, consents=two)
    alone = {"issuer": identifier["beta"], "co_issuers": []}
    add(AUTO_ID, 1, "register_issued", "alpha", "ed25519", {**certificate_of("alpha"), **alone}, nonce=0, consents=[])
    renewed = about("alpha", **certificate_of("gamma"), compromised_after=77)
    shown = ("gamma", "ecdsa-p384-sha384")
    add(AUTO_ID, 2, "renew", "beta", "ecdsa-p256-sha256", renewed, consents=[], possession=shown)
    renewed = about("alpha", **certificate_of("alpha"), compromised_after=None)
    three = [*two, ("delta", "rsa-pkcs1-sha512")]
    add(AUTO_ID, 2, "renew", "alpha", "ed25519", renewed, nonce=(1 << 64) - 1, consents=three, possession=(None, None))
    moved = about("gamma", **certificate_of("gamma"), issuer=identifier["alpha"], co_issuers=[identifier["delta"]])
    add(AUTO_ID, 3, "reparent", "gamma", "ecdsa-p384-sha384", moved, consents=[("delta", "rsa-pkcs1-sha384")])
    add(AUTO_ID, 4, "deactivate", "delta", "rsa-pkcs1-sha256", about("delta"))
    add(AUTO_ID, 4, "deactivate", "alpha", "ed25519", about("beta"))
    add(AUTO_ID, 5, "set_controller", "alpha", "ed25519", about("alpha", controller=identifier["delta"]))
    add(AUTO_ID, 5, "set_controller", "delta", "rsa-pss-sha512", about("alpha", controller=None))
    add(AUTO_ID, 6, "set_guardians", "alpha", "ed25519", about("alpha", guardians=three_guardians))
    add(AUTO_ID, 6, "set_guardians", "beta", "ecdsa-p256-sha256", about("beta", guardians=None))
    opened = about("alpha", certificate_hash=some_hash, compromised_after=None)
    add(AUTO_ID, 7, "open_recovery", "beta", "ecdsa-p256-sha256", opened)
    opened = about("alpha", certificate_hash=some_hash, compromised_after=(1 << 32) - 1)
    add(AUTO_ID, 7, "open_recovery", "gamma", "ecdsa-p384-sha384", opened)
    add(AUTO_ID, 8, "approve_recovery", "delta", "rsa-pkcs1-sha256", about("alpha", number=3, certificate_hash=some_hash))
    add(AUTO_ID, 9, "veto_recovery", "alpha", "ed25519", about("alpha", number=3))
    # The new key signs for the identity.
    executed = about("alpha", number=3, **certificate_of("epsilon"))
    add(
        AUTO_ID, 10, "execute_recovery", "epsilon", "rsa-pss-sha384", executed,
        actor="alpha", consents=[("beta", "ecdsa-p256-sha256")],
    )
    add(AUTO_ID, 11, "set_services", "alpha", "ed25519", about("alpha", services=reach))
    add(AUTO_ID, 11, "set_services", "gamma", "ecdsa-p384-sha384", about("gamma", services=[]))
    add(REVOCATION, 0, "revoke", "alpha", "ed25519", {"serial": "00" + "ff" * 19, "reason": "cACompromise"})
    add(REVOCATION, 0, "revoke", "delta", "rsa-pss-sha384", {"serial": "01", "reason": "privilegeWithdrawn"})
    add(REVOCATION, 1, "hold", "beta", "ecdsa-p256-sha256", {"serial": "7f" * 20})
    add(REVOCATION, 2, "release", "gamma", "ecdsa-p384-sha384", {"serial": "0080"})
    list_of = {"crl": writer.crl, "algorithm": "rsa-pkcs1-sha256"}
    add(REVOCATION, 3, "publish_crl", "delta", "rsa-pkcs1-sha512", list_of, entries=70)
    add(REVOCATION, 3, "publish_crl", "delta", "rsa-pkcs1-sha256", list_of, entries=1000)


def main():
    earlier = json.loads(VECTORS.read_text()) if VECTORS.exists() else {}
    writer = Writer(earlier)
    write_calls(writer)
    vectors = {
        "description": "Whole Auto ID calls: pallet index, call index, arguments, in SCALE. Keys, certificates, the list and "
        "all signatures made by OpenSSL 3.0, the rest put together by scripts/make-auto-id-call-vectors.py. Byte strings "
        "are hex without 0x. Ed25519 and RSA PKCS#1 signatures are deterministic; verify the others, do not compare.",
        "genesis_hash": GENESIS.hex(),
        "parties": list(writer.parties.values()),
        "crl": writer.crl,
        "calls": writer.calls,
    }
    VECTORS.write_text(json.dumps(vectors, indent=1) + "\n")


if __name__ == "__main__":
    main()
