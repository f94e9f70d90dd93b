"""The kinds of values that calls take: what each must be, and its SCALE encoding. Every bound of the chain is
checked here too, so that a mistake shows before anything is signed, and with words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Type, TypeVar, Union

from . import constants, scale
from .constants import LIMITS
from .der import MAX_CERTIFICATE_SIZE, MAX_CRL_SIZE, pem_to_der
from .errors import AutoIdError, shown

#: Most identities that co-issue a certificate.
MAX_CO_ISSUERS = LIMITS["coIssuers"]
#: Most guardians of an identity.
MAX_GUARDIANS = LIMITS["guardians"]
#: Longest delay of a recovery, in blocks.
MAX_RECOVERY_DELAY = LIMITS["recoveryDelay"]
#: Most service endpoints of an identity.
MAX_SERVICES = LIMITS["services"]
#: Most octets of a serial number (RFC 5280, 4.1.2.2).
MAX_SERIAL_OCTETS = LIMITS["serialOctets"]
#: Most bytes of a signature: RSA with the longest key.
MAX_SIGNATURE_SIZE = LIMITS["signatureSize"]

_MAX_SERVICE_WORD = LIMITS["serviceWord"]
_MAX_SERVICE_URI = LIMITS["serviceUri"]

Class = TypeVar("Class")

#: Bytes, or their hex digits with or without 0x.
Bytes = Union[bytes, bytearray, str]
#: 32 bytes, or 64 hex digits: plain, with colons, with 0x or did:allod: in front.
IdentifierLike = Union[bytes, bytearray, str]
#: PEM, or DER as bytes or hex.
Document = Union[bytes, bytearray, str]

#: The reasons of RFC 5280, 5.3.1, by which a certificate is revoked for good, with their numbers.
REASONS: Dict[str, int] = {row["name"]: row["number"] for row in constants.REASONS}


@dataclass(frozen=True)
class GuardianSet:
    """Who may recover an identity."""

    #: At most 8, each once.
    members: Sequence[IdentifierLike]
    #: How many must approve: 1 to all.
    threshold: int
    #: Blocks until a recovery or a change of guardians takes effect: 1 to 10,512,000.
    delay: int


@dataclass(frozen=True)
class Service:
    """Where an identity can be reached."""

    #: 1 to 64 letters, digits and `-._~`.
    name: str
    #: Its type: 1 to 64 letters, digits and `-._~`.
    kind: str
    #: A URI of at most 256 characters.
    uri: str


def bytes_of(value: object, most: int, name: str) -> bytes:
    """Bytes, or their hex digits with or without 0x; at most `most` bytes."""
    if isinstance(value, (bytes, bytearray)):
        if len(value) > most:
            raise AutoIdError("length", f"{name} has {len(value)} bytes; at most {most} are allowed")
        return bytes(value)
    if not isinstance(value, str):
        raise AutoIdError("not-bytes", f"{name} must be bytes or hex digits, not {shown(value)}")
    digits = value[2:] if value.startswith("0x") else value
    if len(digits) > 2 * most:
        raise AutoIdError("length", f"{name} has {len(digits)} hex digits; at most {2 * most} are allowed")
    if len(digits) % 2 or not re.fullmatch("[0-9a-fA-F]*", digits):
        raise AutoIdError("hex", f"{name} must be an even number of hex digits, not {shown(value)}")
    return bytes.fromhex(digits)


def hash_of(value: object, name: str) -> bytes:
    """Exactly 32 bytes."""
    data = bytes_of(value, 32, name)
    if len(data) != 32:
        raise AutoIdError("length", f"{name} has {len(data)} bytes; it must have 32")
    return data


def identifier_of_value(value: object, name: str) -> bytes:
    """An identifier in any form that people have it in: see *identifier* in README.md."""
    if isinstance(value, (bytes, bytearray)):
        return hash_of(value, name)
    if not isinstance(value, str):
        rule = "an identifier of 64 hex digits or 32 bytes"
        raise AutoIdError("identifier", f"{name} must be {rule}, not {shown(value)}")
    digits = value[len("did:allod:") :] if value.startswith("did:allod:") else value
    digits = digits[2:] if digits.startswith("0x") else digits
    # Bounded before anything is copied: 64 digits and 31 colons.
    plain = "" if len(digits) > 95 else digits.replace(":", "")
    if not re.fullmatch("[0-9a-fA-F]{64}", plain):
        rule = "64 hex digits, with colons between the bytes or not"
        raise AutoIdError("identifier", f"{name} must have {rule}: {shown(value)} has not")
    return bytes.fromhex(plain)


def _integer_of(value: object, bits: int, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << bits:
        raise AutoIdError("number", f"{name} must be a whole number from 0 to {(1 << bits) - 1}, not {shown(value)}")
    return value


def u32_of(value: object, name: str) -> int:
    return _integer_of(value, 32, name)


def u64_of(value: object, name: str) -> int:
    return _integer_of(value, 64, name)


def _der_of(value: object, label: str, most: int, name: str) -> bytes:
    """DER as bytes, hex or PEM."""
    if isinstance(value, str) and "-----BEGIN " in value:
        return pem_to_der(value, label, most)
    # A SEQUENCE begins with 0x30.
    if isinstance(value, (bytes, bytearray)) and len(value) <= 32 * most and value[:1] != b"0":
        if b"-----BEGIN " in value:
            return pem_to_der(value.decode("latin-1"), label, most)
    der = bytes_of(value, most, name)
    if not der:
        raise AutoIdError("length", f"{name} is empty; it must have from 1 to {most} bytes")
    return der


def certificate_of(value: object, name: str = "certificate") -> bytes:
    """A certificate: DER as bytes or hex, or PEM."""
    return _der_of(value, "CERTIFICATE", MAX_CERTIFICATE_SIZE, name)


def crl_of(value: object, name: str = "crl") -> bytes:
    """A revocation list: DER as bytes or hex, or PEM."""
    return _der_of(value, "X509 CRL", MAX_CRL_SIZE, name)


def serial_of(value: object, name: str) -> bytes:
    """A serial number: the contents of its DER INTEGER as bytes or hex, or the number as an int."""
    if isinstance(value, int) and not isinstance(value, bool):
        bits = 8 * MAX_SERIAL_OCTETS - 1
        if not 0 < value < 1 << bits:
            rule = f"a number from 1 to 2^{bits} - 1 (RFC 5280, 4.1.2.2)"
            raise AutoIdError("serial", f"{name} must be {rule}, not {shown(value)}")
        return value.to_bytes(value.bit_length() // 8 + 1, "big")
    data = bytes_of(value, MAX_SERIAL_OCTETS, name)
    if data in (b"", b"\0"):
        raise AutoIdError("serial", f"{name} must be above zero (RFC 5280, 4.1.2.2)")
    if data[0] >= 0x80:
        raise AutoIdError(
            "serial", f"{name} {data.hex()} is negative as a DER INTEGER; 00{data.hex()} is the positive number"
        )
    if data[0] == 0 and data[1] < 0x80:
        raise AutoIdError("serial", f"{name} {data.hex()} has a zero in front that DER does not allow; leave out 00")
    return data


def reason_of(value: object, name: str) -> int:
    """The number of a reason."""
    if isinstance(value, str) and value in REASONS:
        return REASONS[value]
    names = ", ".join(REASONS)
    raise AutoIdError("reason", f"{name} must be one of {names} (a hold is another call), not {shown(value)}")


def list_of(value: object, most: int, name: str) -> List[object]:
    """A list with at most so many members."""
    if not isinstance(value, (list, tuple)):
        raise AutoIdError("list", f"{name} must be a list, not {shown(value)}")
    if len(value) > most:
        raise AutoIdError("too-many", f"{name} has {len(value)} members; at most {most} are allowed")
    return list(value)


def co_issuers_of(value: object, name: str) -> List[bytes]:
    members = list_of(value, MAX_CO_ISSUERS, name)
    return [identifier_of_value(member, f"{name}[{index}]") for index, member in enumerate(members)]


def instance_of(value: object, kind: Type[Class], name: str) -> Class:
    """Refuses what is not of this class."""
    if not isinstance(value, kind):
        raise AutoIdError("object", f"{name} must be a {kind.__name__}, not {shown(value)}")
    return value


def guardians_of(value: object, identifier: bytes, name: str) -> Optional[bytes]:
    """The encoding of a set of guardians of this identity, or none."""
    if value is None:
        return None
    guardians = instance_of(value, GuardianSet, name)
    given = list_of(guardians.members, MAX_GUARDIANS, f"{name}.members")
    members = [identifier_of_value(member, f"{name}.members[{index}]") for index, member in enumerate(given)]
    if len(set(members)) < len(members):
        raise AutoIdError("guardian-twice", f"{name}: a guardian occurs twice")
    if identifier in members:
        raise AutoIdError("guardian-self", "an identity cannot be its own guardian")
    threshold = u32_of(guardians.threshold, f"{name}.threshold")
    if not 1 <= threshold <= len(members):
        rule = f"it must be from 1 to the number of guardians, {len(members)}"
        raise AutoIdError("guardian-threshold", f"{name}.threshold is {threshold}; {rule}")
    delay = u32_of(guardians.delay, f"{name}.delay")
    if not 1 <= delay <= MAX_RECOVERY_DELAY:
        rule = f"it must be from 1 to {MAX_RECOVERY_DELAY}"
        raise AutoIdError("guardian-delay", f"{name}.delay is {delay} blocks; {rule}")
    return scale.sequence(members) + scale.u8(threshold) + scale.u32(delay)


def _word_of(value: object, name: str) -> str:
    is_word = isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9\-._~]{1,%d}" % _MAX_SERVICE_WORD, value)
    if not is_word:
        rule = f"1 to {_MAX_SERVICE_WORD} letters, digits and -._~ (RFC 3986, 2.3)"
        raise AutoIdError("service-word", f"{name} must be {rule}, not {shown(value)}")
    return str(value)


def _uri_of(value: object, name: str) -> str:
    is_short = isinstance(value, str) and len(value) <= _MAX_SERVICE_URI
    if not is_short or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+\-.]*:[!#-;=?-\[\]_a-z~]+", str(value)):
        rule = f"a URI of at most {_MAX_SERVICE_URI} characters: a scheme, a colon, printable ASCII without spaces"
        raise AutoIdError("service-uri", f"{name} must be {rule}, not {shown(value)}")
    return str(value)


def services_of(value: object, name: str) -> bytes:
    """The encoding of a list of services."""
    names: List[str] = []
    encoded: List[bytes] = []
    for index, member in enumerate(list_of(value, MAX_SERVICES, name)):
        where = f"{name}[{index}]"
        service = instance_of(member, Service, where)
        names.append(_word_of(service.name, f"{where}.name"))
        kind = _word_of(service.kind, f"{where}.kind")
        uri = _uri_of(service.uri, f"{where}.uri")
        encoded.append(scale.text(names[-1]) + scale.text(kind) + scale.text(uri))
    if len(set(names)) < len(names):
        raise AutoIdError("service-twice", f"{name}: two services have the same name")
    return scale.sequence(encoded)
