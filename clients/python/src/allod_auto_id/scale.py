"""SCALE, as far as calls need it: https://docs.polkadot.com/polkadot-protocol/basics/data-encoding

Values are checked in `values` before they come here.
"""

from __future__ import annotations

import struct
from typing import Callable, Iterable, List, Optional, TypeVar

Value = TypeVar("Value")


def u8(value: int) -> bytes:
    return struct.pack("<B", value)


def u32(value: int) -> bytes:
    return struct.pack("<I", value)


def u64(value: int) -> bytes:
    return struct.pack("<Q", value)


def compact(length: int) -> bytes:
    """A length in its compact form. Ours are below 2^30, where it has one, two or four bytes."""
    if length < 1 << 6:
        return struct.pack("<B", length << 2)
    if length < 1 << 14:
        return struct.pack("<H", length << 2 | 1)
    return struct.pack("<I", length << 2 | 2)


def octets(value: bytes) -> bytes:
    """A byte string: its length, then the bytes."""
    return compact(len(value)) + value


def text(value: str) -> bytes:
    """A text that was checked to be ASCII."""
    return octets(value.encode("ascii"))


def sequence(members: Iterable[bytes]) -> bytes:
    """A list: its length, then the members."""
    encoded: List[bytes] = list(members)
    return compact(len(encoded)) + b"".join(encoded)


def option(value: Optional[Value], encode: Callable[[Value], bytes]) -> bytes:
    """A byte 0, or a byte 1 and the value."""
    return b"\0" if value is None else b"\1" + encode(value)
