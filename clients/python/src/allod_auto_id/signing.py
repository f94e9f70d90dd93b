"""Signing with a key that lies here, and checking signatures, with the package `cryptography`. Keys elsewhere
sign `request.payload` themselves, as `openssl pkeyutl -sign -rawin` does.

A key signs requests only, never bytes that somebody hands over. Nothing here prints or keeps a key, and no error
carries what was in one.
"""

from __future__ import annotations

from typing import Any, Optional, Union

from .algorithms import KEYS, Algorithm, algorithm_of, check_key, default_for
from .constants import LIMITS
from .der import certificate_facts
from .errors import AutoIdError
from .requests import Request
from .signatures import Signed, check_signed
from .values import Document, certificate_of

try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
    from cryptography.x509 import load_der_x509_certificate

    HAS_CRYPTOGRAPHY = True
except ImportError:
    HAS_CRYPTOGRAPHY = False

_MIN_RSA_BITS = LIMITS["rsaMinBits"]
_MAX_RSA_BITS = LIMITS["rsaMaxBits"]
_CURVES = {"secp256r1": "p256", "secp384r1": "p384"}


def _check_available() -> None:
    if not HAS_CRYPTOGRAPHY:
        raise AutoIdError(
            "cryptography-missing",
            "signing here needs the package cryptography: pip install 'allod-auto-id[signing]'",
        )


def _check_request(request: object) -> None:
    if not isinstance(request, Request):
        raise AutoIdError("not-a-request", "a key signs requests only: hand over what register() and its like return")


def _read_key(key: object, password: Optional[bytes]) -> Any:
    if not isinstance(key, (bytes, bytearray, str)):
        return key
    pem = key.encode() if isinstance(key, str) else bytes(key)
    try:
        return serialization.load_pem_private_key(pem, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The cause may quote its input.
        raise AutoIdError(
            "key", "this is no private key in PEM, or the password is missing or wrong"
        ) from None


def _kind_of(key: Any) -> str:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    if not isinstance(key, rsa.RSAPrivateKey):
        kind = key.curve.name if isinstance(key, ec.EllipticCurvePrivateKey) else type(key).__name__
        raise AutoIdError("key-refused", f"a key of kind {kind}: the chain takes {', '.join(KEYS.values())}")
    if not _MIN_RSA_BITS <= key.key_size <= _MAX_RSA_BITS or key.key_size % 8:
        rule = f"from {_MIN_RSA_BITS} to {_MAX_RSA_BITS}, a multiple of 8"
        raise AutoIdError("key-refused", f"an RSA key of {key.key_size} bits: the chain takes {rule}")
    return "rsa"


def _options(algorithm: Algorithm) -> tuple:
    """What `cryptography` takes after the message (and the signature)."""
    if algorithm.digest is None:
        return ()
    digest = {"sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}[algorithm.digest]()
    if algorithm.key != "rsa":
        return (ec.ECDSA(digest),)
    if algorithm.is_pss:
        return padding.PSS(padding.MGF1(digest), digest.digest_size), digest
    return padding.PKCS1v15(), digest


def sign(
    request: Request,
    key: Union[bytes, str, Any],
    *,
    algorithm: Optional[str] = None,
    password: Optional[bytes] = None,
) -> Signed:
    """Signs a request.

    - `key`: a private key, in PEM or as an object of `cryptography`.
    - `algorithm`: for an RSA key, if it shall not be PKCS#1 v1.5 with SHA-256.
    """
    _check_available()
    _check_request(request)
    requested = None if algorithm is None else algorithm_of(algorithm)
    private_key = _read_key(key, password)
    kind = _kind_of(private_key)
    chosen = requested or default_for(kind)
    check_key(chosen, kind, "the key")
    return Signed(chosen.name, private_key.sign(request.payload, *_options(chosen)))


def verify(request: Request, signed: Signed, certificate: Document) -> bool:
    """Whether the certificate's key signed the request."""
    _check_available()
    _check_request(request)
    algorithm, signature = check_signed(signed, "what signs the request")
    der = certificate_of(certificate)
    check_key(algorithm, certificate_facts(der).key_kind, "the certificate's key")
    try:
        key: Any = load_der_x509_certificate(der).public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise AutoIdError("key", "the certificate's key cannot be read") from None
    try:
        key.verify(signature, request.payload, *_options(algorithm))
    except InvalidSignature:
        return False
    return True
