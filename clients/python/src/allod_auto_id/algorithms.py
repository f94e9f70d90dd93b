"""The signature algorithms of Auto ID, as `constants.json` lists them. Their index is what SCALE has for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Optional, Tuple

from . import constants
from .errors import AutoIdError, shown


@dataclass(frozen=True)
class Algorithm:
    """A signature algorithm: kind of key, curve or padding, and digest together, as X.509 names them."""

    index: int
    name: str
    #: ed25519, p256, p384 or rsa.
    key: str
    #: sha256, sha384 or sha512; none where the algorithm has its own.
    digest: Optional[str]
    #: Whether it is RSASSA-PSS.
    is_pss: bool
    #: DER of its `AlgorithmIdentifier`.
    identifier: bytes


ALGORITHMS: Tuple[Algorithm, ...] = tuple(
    Algorithm(
        row["index"],
        row["name"],
        row["key"],
        row["digest"],
        row["salt"] is not None,
        bytes.fromhex(row["identifier"]),
    )
    for row in constants.ALGORITHMS
)

#: The names of all algorithms, in order of index.
ALGORITHM_NAMES: Tuple[str, ...] = tuple(algorithm.name for algorithm in ALGORITHMS)

#: Kinds of keys by the `AlgorithmIdentifier` of their `subjectPublicKeyInfo` (RFC 8410, 3; RFC 5480, 2.1.1;
#: RFC 3279, 2.3.1).
KEYS: Dict[bytes, str] = {bytes.fromhex(row["identifier"]): row["name"] for row in constants.KEYS}

_DEFAULTS: Dict[str, str] = {row["name"]: row["default"] for row in constants.KEYS}


def algorithm_of(name: object) -> Algorithm:
    """The algorithm of this name."""
    for algorithm in ALGORITHMS:
        if algorithm.name == name:
            return algorithm
    raise AutoIdError(
        "algorithm-unknown",
        f"{shown(name)} is no signature algorithm; there are {', '.join(ALGORITHM_NAMES)}",
    )


def default_for(kind: str) -> Algorithm:
    """The algorithm that a key of this kind signs requests with, unless another one is requested."""
    return algorithm_of(_DEFAULTS[kind])


def by_identifier(der: bytes) -> Optional[Algorithm]:
    """The algorithm with this `AlgorithmIdentifier`, or none."""
    return next((algorithm for algorithm in ALGORITHMS if algorithm.identifier == der), None)


def check_key(algorithm: Algorithm, kind: str, whose: str) -> None:
    """Refuses an algorithm that a key of this kind cannot sign with."""
    if algorithm.key == kind:
        return
    fitting = ", ".join(other.name for other in ALGORITHMS if other.key == kind)
    raise AutoIdError(
        "algorithm-of-key",
        f"{algorithm.name} does not go with {whose}, which is of kind {kind}: it signs with {fitting}",
    )
