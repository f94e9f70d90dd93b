"""The form of a signature, in X.509's own encoding: 64 bytes for Ed25519 (RFC 8410, 6), a DER SEQUENCE of two
INTEGERs for ECDSA (RFC 3279, 2.2.3), as many bytes as the modulus for RSA."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

from . import scale
from .algorithms import Algorithm, algorithm_of
from .constants import LIMITS
from .errors import AutoIdError
from .values import MAX_SIGNATURE_SIZE, Bytes, IdentifierLike, bytes_of, instance_of

# Bytes of a number on the curve.
_CURVES = {"p256": 32, "p384": 48}
# Bytes of the shortest modulus of RSA, and of the longest.
_RSA_BYTES = (LIMITS["rsaMinBits"] // 8, LIMITS["rsaMaxBits"] // 8)


@dataclass(frozen=True)
class Signed:
    """A signature and its algorithm."""

    #: The algorithm's name, such as `ed25519`.
    algorithm: str
    #: The signature in X.509's own encoding.
    signature: Bytes


@dataclass(frozen=True)
class Consent:
    """A co-issuer's consent to a certificate, as `Request.consent` returns it."""

    co_issuer: IdentifierLike
    algorithm: str
    #: Last block in which it is valid.
    valid_until: int
    signature: Bytes


def _integer_end(der: bytes, at: int, size: int) -> int:
    """Where one INTEGER of at most `size` bytes ends (one more where its first bit is set), or -1."""
    head = der[at : at + 4]
    if len(head) < 3:
        return -1
    tag, length, first = head[0], head[1], head[2]
    is_positive = tag == 2 and length >= 1 and first < 0x80 and at + 2 + length <= len(der)
    is_minimal = first != 0 or (length > 1 and len(head) == 4 and head[3] >= 0x80)
    is_short = length <= size or (length == size + 1 and first == 0)
    return at + 2 + length if is_positive and is_minimal and is_short else -1


def _is_ecdsa(der: bytes, size: int) -> bool:
    if len(der) < 2 or der[0] != 0x30 or der[1] != len(der) - 2:
        return False
    middle = _integer_end(der, 2, size)
    return middle > 0 and _integer_end(der, middle, size) == len(der)


def check_signature(algorithm: Algorithm, given: object) -> bytes:
    """The signature's bytes, if they have the form that goes with the algorithm."""
    signature = bytes_of(given, MAX_SIGNATURE_SIZE, "the signature")
    rule = ""
    if algorithm.key == "ed25519" and len(signature) != 64:
        rule = "has 64 bytes"
    elif algorithm.key == "rsa" and len(signature) < _RSA_BYTES[0]:
        rule = f"has as many bytes as the modulus, from {_RSA_BYTES[0]} to {_RSA_BYTES[1]}"
    elif algorithm.key in _CURVES and not _is_ecdsa(signature, _CURVES[algorithm.key]):
        rule = "is a DER SEQUENCE of two INTEGERs, as OpenSSL writes it, not the two numbers side by side"
    if rule:
        raise AutoIdError(
            "signature-form", f"a signature by {algorithm.name} {rule}; this one has {len(signature)} bytes"
        )
    return signature


def check_signed(given: object, name: str) -> Tuple[Algorithm, bytes]:
    """Algorithm and signature, if they can go together."""
    signed = instance_of(given, Signed, name)
    algorithm = algorithm_of(signed.algorithm)
    return algorithm, check_signature(algorithm, signed.signature)


def encode_signed(algorithm: Algorithm, signature: bytes) -> bytes:
    """A possession in SCALE."""
    return scale.u8(algorithm.index) + scale.octets(signature)
