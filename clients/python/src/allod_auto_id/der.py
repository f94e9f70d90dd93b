"""Just so much of X.509 as a request needs to know: where a certificate's parts are, which algorithms it names,
how many entries a revocation list has. Whether they are any good is for the chain to judge.

Sizes are bounded before anything is read; every element lies within the one around it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import NoReturn, Tuple

from .algorithms import ALGORITHM_NAMES, KEYS, Algorithm, by_identifier
from .constants import LIMITS
from .errors import AutoIdError

#: Most bytes of a certificate.
MAX_CERTIFICATE_SIZE = LIMITS["certificateSize"]
#: Most bytes of a revocation list.
MAX_CRL_SIZE = LIMITS["crlSize"]

_INTEGER = 0x02
_BIT_STRING = 0x03
_TIMES = (0x17, 0x18)
_SEQUENCE = 0x30
_VERSION = 0xA0


class _Cursor:
    """Reads the elements of one constructed value (X.690, 8.1 and 10.1)."""

    def __init__(self, data: bytes, what: str) -> None:
        self.data = data
        self.what = what
        self.at = 0

    def fail(self, why: str) -> NoReturn:
        raise AutoIdError("der", f"{self.what} is not DER as RFC 5280 describes it: {why}")

    def is_at_end(self) -> bool:
        return self.at == len(self.data)

    def tag(self) -> int:
        """The tag of what comes next, 0 at the end."""
        return self.data[self.at] if self.at < len(self.data) else 0

    def _length(self) -> int:
        if self.is_at_end():
            self.fail("it ends within an element")
        first = self.data[self.at]
        self.at += 1
        if first < 0x80:
            return first
        size = first & 0x7F
        if size == 0 or size > 3:
            self.fail("a length is indefinite or out of bounds")
        digits = self.data[self.at : self.at + size]
        self.at += size
        length = int.from_bytes(digits, "big")
        if len(digits) < size or length < (0x80 if size == 1 else 256 ** (size - 1)):
            self.fail("a length is cut off or longer than it need be")
        return length

    def next(self, tag: int, name: str) -> Tuple[bytes, bytes]:
        """The next element: all of it, and its contents."""
        start = self.at
        if self.tag() != tag:
            self.fail(f"{name} is missing")
        self.at += 1
        length = self._length()
        contents = self.data[self.at : self.at + length]
        if len(contents) < length:
            self.fail(f"{name} ends behind what is around it")
        self.at += length
        return self.data[start : self.at], contents

    def finish(self, name: str) -> None:
        if not self.is_at_end():
            self.fail(f"bytes follow the end of {name}")


def _check_size(der: bytes, most: int, what: str) -> None:
    if not 1 <= len(der) <= most:
        raise AutoIdError("length", f"{what} has {len(der)} bytes; it must have from 1 to {most}")


def _signed_part(der: bytes, what: str) -> Tuple[_Cursor, bytes]:
    """What certificates and lists have in common: the part that is signed, and its signature's algorithm."""
    outer = _Cursor(der, what)
    fields = _Cursor(outer.next(_SEQUENCE, what)[1], what)
    outer.finish(what)
    inner = _Cursor(fields.next(_SEQUENCE, "the part that is signed")[1], what)
    algorithm = fields.next(_SEQUENCE, "the signature algorithm")[0]
    fields.next(_BIT_STRING, "the signature")
    fields.finish("the signature")
    return inner, algorithm


def _check_algorithm(inside: bytes, outside: bytes, what: str) -> Algorithm:
    if inside != outside:
        raise AutoIdError(
            "algorithm-mismatch",
            f"{what} names one signature algorithm inside and another outside; RFC 5280, 4.1.1.2, wants the same",
        )
    algorithm = by_identifier(outside)
    if algorithm is None:
        raise AutoIdError(
            "algorithm-refused",
            f"{what} is signed with an algorithm that the chain does not take: issue it with one of "
            + ", ".join(ALGORITHM_NAMES),
        )
    return algorithm


@dataclass(frozen=True)
class Certificate:
    """What a request needs to know of a certificate."""

    #: Its DER.
    der: bytes
    #: SHA-256 of it, 64 hex digits: the identity whose first certificate it is.
    identifier: str
    #: Name of its signature's algorithm.
    algorithm: str
    #: The kind of its key: ed25519, p256, p384 or rsa.
    key_kind: str
    #: The contents of its serial number's DER INTEGER, as `revoke` takes them.
    serial: bytes


@dataclass(frozen=True)
class Crl:
    """What a request needs to know of a revocation list."""

    #: Its DER.
    der: bytes
    #: Name of its signature's algorithm.
    algorithm: str
    #: How many certificates it lists.
    entries: int


def certificate_facts(der: bytes) -> Certificate:
    """Reads a certificate (RFC 5280, 4.1)."""
    what = "the certificate"
    _check_size(der, MAX_CERTIFICATE_SIZE, what)
    inner, outside = _signed_part(der, what)
    if inner.tag() == _VERSION:
        inner.next(_VERSION, "the version")
    serial = inner.next(_INTEGER, "the serial number")[1]
    algorithm = _check_algorithm(inner.next(_SEQUENCE, "the algorithm")[0], outside, what)
    for name in ("the issuer", "the validity", "the subject"):
        inner.next(_SEQUENCE, name)
    key = _Cursor(inner.next(_SEQUENCE, "the public key")[1], what)
    kind = KEYS.get(key.next(_SEQUENCE, "the algorithm of the public key")[0])
    if kind is None:
        raise AutoIdError(
            "key-refused",
            f"the certificate's key is of a kind that the chain does not take: there are {', '.join(KEYS.values())}",
        )
    return Certificate(der, hashlib.sha256(der).hexdigest(), algorithm.name, kind, serial)


def crl_facts(der: bytes) -> Crl:
    """Reads a revocation list (RFC 5280, 5.1)."""
    what = "the revocation list"
    _check_size(der, MAX_CRL_SIZE, what)
    inner, outside = _signed_part(der, what)
    inner.next(_INTEGER, "the version")
    algorithm = _check_algorithm(inner.next(_SEQUENCE, "the algorithm")[0], outside, what)
    inner.next(_SEQUENCE, "the issuer")
    if inner.tag() not in _TIMES:
        inner.fail("thisUpdate is missing")
    while inner.tag() in _TIMES:
        inner.next(inner.tag(), "a time")
    entries = 0
    if inner.tag() == _SEQUENCE:
        listed = _Cursor(inner.next(_SEQUENCE, "the entries")[1], what)
        while not listed.is_at_end():
            listed.next(_SEQUENCE, "an entry")
            entries += 1
    return Crl(der, algorithm.name, entries)


_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END ([A-Z0-9 ]+)-----")


def pem_to_der(text: str, label: str, most: int) -> bytes:
    """The DER within a PEM text (RFC 7468), which may be 32 times as long. What stands around the block is
    passed over, as `openssl x509 -text` writes it there."""
    if len(text) > 32 * most:
        raise AutoIdError("pem", f"this PEM text has {len(text)} characters; at most {32 * most} are read")
    blocks = [body for begin, body, end in _PEM.findall(text) if begin == end == label]
    if len(blocks) != 1:
        raise AutoIdError("pem", f'this PEM text has {len(blocks)} blocks "{label}"; it must have exactly one')
    digits = "".join(blocks[0].split())
    try:
        der = base64.b64decode(digits, validate=True)
    except (binascii.Error, ValueError):
        der = b""
    if not der:
        raise AutoIdError("pem", f'the block "{label}" is not base64')
    return der
