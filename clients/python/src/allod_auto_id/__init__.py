"""Requests of Auto ID identities, the X.509 identities of Allod. README.md is the way in."""

from __future__ import annotations

from .algorithms import ALGORITHM_NAMES
from .calls import (
    approve_recovery,
    co_issue,
    deactivate,
    execute_recovery,
    hold,
    open_recovery,
    publish_crl,
    register,
    register_issued,
    release,
    renew,
    reparent,
    revoke,
    set_controller,
    set_guardians,
    set_services,
    veto_recovery,
)
from .der import Certificate, Crl, certificate_facts, crl_facts
from .errors import AutoIdError
from .requests import REQUEST_CONTEXT, REVOCATION_CONTEXT, Call, Place, Request
from .signatures import Consent, Signed
from .signing import sign, verify
from .values import REASONS, Document, GuardianSet, Service, certificate_of, crl_of

__all__ = [
    "ALGORITHM_NAMES",
    "AutoIdError",
    "Call",
    "Certificate",
    "Consent",
    "Crl",
    "GuardianSet",
    "Place",
    "REASONS",
    "REQUEST_CONTEXT",
    "REVOCATION_CONTEXT",
    "Request",
    "Service",
    "Signed",
    "approve_recovery",
    "co_issue",
    "deactivate",
    "execute_recovery",
    "hold",
    "identifier_of",
    "open_recovery",
    "publish_crl",
    "read_certificate",
    "read_crl",
    "register",
    "register_issued",
    "release",
    "renew",
    "reparent",
    "revoke",
    "set_controller",
    "set_guardians",
    "set_services",
    "sign",
    "verify",
    "veto_recovery",
]


def read_certificate(certificate: Document) -> Certificate:
    """What requests need of a certificate, PEM or DER."""
    return certificate_facts(certificate_of(certificate))


def read_crl(crl: Document) -> Crl:
    """What requests need of a revocation list, PEM or DER."""
    return crl_facts(crl_of(crl))


def identifier_of(certificate: Document) -> str:
    """SHA-256 of a certificate's DER, 64 hex digits: the identity whose first certificate it is."""
    return read_certificate(certificate).identifier
