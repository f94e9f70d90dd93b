"""The signature algorithms of Auto ID. Their index is what SCALE has for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

from .errors import AutoIdError, shown

_RSA = "06092a864886f70d0101"
_SHA2 = "06096086480165030402"


def _pss(digest: str, salt: str) -> str:
    """RSASSA-PSS with one digest throughout and as many octets of salt as it has (RFC 4055, 3.1)."""
    digest_identifier = f"300d{_SHA2}{digest}0500"
    mask = f"a11c301a{_RSA}08{digest_identifier}"
    return f"3041{_RSA}0a3034a00f{digest_identifier}{mask}a2030201{salt}"


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


_TABLE: List[Tuple[str, str, Optional[str], str]] = [
    ("ed25519", "ed25519", None, "300506032b6570"),
    ("ecdsa-p256-sha256", "p256", "sha256", "300a06082a8648ce3d040302"),
    ("ecdsa-p384-sha384", "p384", "sha384", "300a06082a8648ce3d040303"),
    ("rsa-pkcs1-sha256", "rsa", "sha256", f"300d{_RSA}0b0500"),
    ("rsa-pkcs1-sha384", "rsa", "sha384", f"300d{_RSA}0c0500"),
    ("rsa-pkcs1-sha512", "rsa", "sha512", f"300d{_RSA}0d0500"),
    ("rsa-pss-sha256", "rsa", "sha256", _pss("01", "20")),
    ("rsa-pss-sha384", "rsa", "sha384", _pss("02", "30")),
    ("rsa-pss-sha512", "rsa", "sha512", _pss("03", "40")),
]

ALGORITHMS: Tuple[Algorithm, ...] = tuple(
    Algorithm(index, name, key, digest, "pss" in name, bytes.fromhex(identifier))
    for index, (name, key, digest, identifier) in enumerate(_TABLE)
)

#: The names of all algorithms, in order of index.
ALGORITHM_NAMES: Tuple[str, ...] = tuple(algorithm.name for algorithm in ALGORITHMS)

#: Kinds of keys by the `AlgorithmIdentifier` of their `subjectPublicKeyInfo` (RFC 8410, 3; RFC 5480, 2.1.1;
#: RFC 3279, 2.3.1).
KEYS: Dict[bytes, str] = {
    bytes.fromhex("300506032b6570"): "ed25519",
    bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107"): "p256",
    bytes.fromhex("301006072a8648ce3d020106052b81040022"): "p384",
    bytes.fromhex(f"300d{_RSA}010500"): "rsa",
}


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
    """The algorithm that a key of this kind signs requests with, unless another one is wished."""
    return next(algorithm for algorithm in ALGORITHMS if algorithm.key == kind)


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
