#!/usr/bin/env python3
"""Writes the golden files of this folder with Python's `cryptography` (48.0.0): chains, lists, requests.

They hold no private keys; keys, and so all files, are new on every run. The `rsa-*.key.der` beside them are keys
that tests and benchmarks sign with (`openssl genpkey -algorithm RSA -outform der`); they protect nothing."""

import datetime
import ipaddress
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HERE = pathlib.Path(__file__).parent
BEGIN = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
END = datetime.datetime(2066, 1, 1, tzinfo=datetime.timezone.utc)
CRL_TIME = datetime.datetime(2026, 6, 1, tzinfo=datetime.timezone.utc)

PSS = {"rsa_padding": padding.PSS(padding.MGF1(hashes.SHA384()), hashes.SHA384.digest_size)}
KINDS = {
    "ed25519": (ed25519.Ed25519PrivateKey.generate, None, {}),
    "p256": (lambda: ec.generate_private_key(ec.SECP256R1()), hashes.SHA256(), {}),
    "p384": (lambda: ec.generate_private_key(ec.SECP384R1()), hashes.SHA384(), {}),
    "rsa": (lambda: rsa.generate_private_key(65537, 2048), hashes.SHA512(), {}),
    "rsa-pss": (lambda: rsa.generate_private_key(65537, 3072), hashes.SHA384(), PSS),
}


def name(common_name):
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Allod"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def usage(**allowed):
    flags = [
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    ]  # fmt: skip
    return x509.KeyUsage(**{flag: allowed.get(flag, False) for flag in flags})


def certificate(subject, key, issuer, issuer_key, serial, extensions, kind):
    _, digest, more = KINDS[kind]
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(BEGIN)
        .not_valid_after(END)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False
        )
    )
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, is_critical)
    return builder.sign(issuer_key, digest, **more)


def chain(kind):
    generate, digest, more = KINDS[kind]
    root, ca, agent = generate(), generate(), generate()
    of_ca = [(usage(key_cert_sign=True, crl_sign=True), True)]
    constraints = x509.NameConstraints(
        permitted_subtrees=[
            x509.DNSName("example.org"),
            x509.RFC822Name(".example.org"),
            x509.IPAddress(ipaddress.ip_network("2001:db8::/32")),
            x509.UniformResourceIdentifier("agents.example.org"),
        ],
        excluded_subtrees=[x509.DirectoryName(name("forbidden"))],
    )
    names = x509.SubjectAlternativeName(
        [
            x509.DNSName("agent.example.org"),
            x509.RFC822Name("agent@mail.example.org"),
            x509.IPAddress(ipaddress.ip_address("2001:db8::7")),
            x509.UniformResourceIdentifier("https://agents.example.org/7"),
        ]
    )
    certificates = [
        certificate(
            "root", root, "root", root, 1,
            [(x509.BasicConstraints(True, 1), True), (constraints, True), *of_ca], kind,
        ),
        certificate(
            "ca", ca, "root", root, 2**159 - 1, [(x509.BasicConstraints(True, 0), True), *of_ca], kind
        ),
        certificate(
            "agent", agent, "ca", ca, 3,
            [
                (usage(digital_signature=True), True),
                (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
                (names, False),
            ],
            kind,
        ),
    ]  # fmt: skip
    pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)
    (HERE / f"chain-{kind}.pem").write_bytes(pem)

    revoked = [
        (3, x509.ReasonFlags.key_compromise),
        (2**159 - 1, x509.ReasonFlags.certificate_hold),
        (255, None),
    ]
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(name("ca"))
        .last_update(CRL_TIME)
        .next_update(CRL_TIME + datetime.timedelta(days=30))
        .add_extension(x509.CRLNumber(7), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.public_key()), False)
    )
    for serial, reason in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(CRL_TIME)
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), False)
        crl = crl.add_revoked_certificate(entry.build())
    crl = crl.sign(ca, digest, **more)
    (HERE / f"crl-{kind}.pem").write_bytes(crl.public_bytes(serialization.Encoding.PEM))

    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(name("agent"))
        .add_extension(names, False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .add_attribute(x509.oid.AttributeOID.CHALLENGE_PASSWORD, b"not a secret")
        .sign(agent, digest, **more)
    )
    (HERE / f"csr-{kind}.pem").write_bytes(request.public_bytes(serialization.Encoding.PEM))


for each in KINDS:
    chain(each)
