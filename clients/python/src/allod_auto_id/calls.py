"""A function for every call that carries a signed request: what its signature covers, and how the call is laid
out. The same tables in Rust: `primitives/identity/src/request/arguments.rs` and the two pallets.

Each takes the place on the chain first, then the arguments by name, and returns the request to be signed. The
algorithm of a certificate or list is read from it; one that is declared must be the same.
"""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple, Union

from . import scale
from .algorithms import Algorithm, algorithm_of, check_key
from .der import Certificate, Crl, certificate_facts, crl_facts
from .errors import AutoIdError
from .requests import AUTO_ID, REVOCATION, Actor, Part, Place, Plan, Request
from .values import (
    Bytes,
    Document,
    GuardianSet,
    IdentifierLike,
    Service,
    certificate_of,
    co_issuers_of,
    crl_of,
    guardians_of,
    hash_of,
    identifier_of_value,
    reason_of,
    serial_of,
    services_of,
    u32_of,
)


def _algorithm_in(facts: Union[Certificate, Crl], declared: Optional[str], what: str) -> Algorithm:
    """The algorithm that the certificate or list is signed with, which the call has to declare."""
    algorithm = algorithm_of(facts.algorithm)
    if declared is not None and algorithm_of(declared) is not algorithm:
        raise AutoIdError(
            "algorithm-wrong",
            f"{what} is signed with {algorithm.name}, not with {declared}: declare that or leave it out",
        )
    return algorithm


def _certificate(given: object, declared: Optional[str]) -> Tuple[Certificate, Algorithm, bytes]:
    """A certificate with its algorithm, and how both are encoded."""
    facts = certificate_facts(certificate_of(given))
    algorithm = _algorithm_in(facts, declared, "the certificate")
    return facts, algorithm, scale.octets(facts.der) + scale.u8(algorithm.index)


def _issuers(issuer: object, co_issuers: object) -> Tuple[bytes, List[bytes]]:
    first = identifier_of_value(issuer, "issuer")
    others = co_issuers_of(co_issuers, "co_issuers")
    if len({first, *others}) < 1 + len(others):
        raise AutoIdError("issuer-twice", "an issuer is named twice; each may issue once")
    return first, others


def _block(value: Optional[int]) -> bytes:
    return scale.option(value, lambda block: scale.u32(u32_of(block, "compromised_after")))


def _identifier(value: object) -> bytes:
    return identifier_of_value(value, "identifier")


def _plain(name: str, call_index: int, actor: Actor, subject: bytes, *rest: bytes) -> Plan:
    """A call that is what is signed, and the request."""
    signed = [subject, *rest]
    return Plan(AUTO_ID, name, call_index, actor, signed, [*signed, Part.IDENTITY_REQUEST], subject=subject)


def register(place: Place, *, certificate: Document, algorithm: Optional[str] = None) -> Request:
    """A self-issued certificate becomes an identity. Its key signs."""
    facts, signed_with, encoded = _certificate(certificate, algorithm)
    check_key(signed_with, facts.key_kind, "the certificate's own key")
    call = [encoded, Part.SIGNED_REQUEST]
    return Request(Plan(AUTO_ID, "register", 0, Actor.CERTIFICATE, [encoded], call, certificate=facts), place)


def register_issued(
    place: Place,
    *,
    certificate: Document,
    issuer: IdentifierLike,
    co_issuers: Sequence[IdentifierLike] = (),
    algorithm: Optional[str] = None,
) -> Request:
    """A certificate of a registered issuer becomes an identity. The certificate's key signs.

    - `co_issuers`: at most 3, in the order of their consents.
    """
    facts, _, encoded = _certificate(certificate, algorithm)
    first, others = _issuers(issuer, co_issuers)
    plan = Plan(
        AUTO_ID,
        "register_issued",
        1,
        Actor.CERTIFICATE,
        [encoded, first, scale.sequence(others)],
        [encoded, first, Part.CONSENTS, Part.KEY_ALGORITHM, Part.SIGNED_REQUEST],
        certificate=facts,
        co_issuers=others,
    )
    return Request(plan, place)


def co_issue(place: Place, *, certificate_hash: Bytes, issuer: IdentifierLike) -> Request:
    """A co-issuer's consent, which is no call: finish it with `consent`. The co-issuer is the place's actor.

    - `certificate_hash`: SHA-256 of the certificate's DER. `issuer`: the identity whose key signed it.
    """
    first = identifier_of_value(issuer, "issuer")
    signed = [hash_of(certificate_hash, "certificate_hash"), first]
    return Request(Plan(AUTO_ID, "co_issue", None, Actor.CO_ISSUER, signed, [], issuer=first), place)


def renew(
    place: Place,
    *,
    identifier: IdentifierLike,
    certificate: Document,
    compromised_after: Optional[int] = None,
    algorithm: Optional[str] = None,
) -> Request:
    """A new certificate for the same identity, by the same issuers. The identity or its controller acts.

    - `compromised_after`: if the key is given up as compromised, the last block in which it was still good.
    """
    subject = _identifier(identifier)
    facts, _, encoded = _certificate(certificate, algorithm)
    after = _block(compromised_after)
    plan = Plan(
        AUTO_ID,
        "renew",
        2,
        Actor.AUTHORITY,
        [subject, encoded, after],
        [subject, encoded, Part.CONSENTS, after, Part.POSSESSION, Part.IDENTITY_REQUEST],
        subject=subject,
        certificate=facts,
        is_compromised=compromised_after is not None,
    )
    return Request(plan, place)


def reparent(
    place: Place,
    *,
    identifier: IdentifierLike,
    certificate: Document,
    issuer: IdentifierLike,
    co_issuers: Sequence[IdentifierLike] = (),
    algorithm: Optional[str] = None,
) -> Request:
    """An identity whose issuer failed moves under another one. Its own key signs."""
    subject = _identifier(identifier)
    facts, _, encoded = _certificate(certificate, algorithm)
    first, others = _issuers(issuer, co_issuers)
    plan = Plan(
        AUTO_ID,
        "reparent",
        3,
        Actor.IDENTITY,
        [subject, encoded, first, scale.sequence(others)],
        [subject, encoded, first, Part.CONSENTS, Part.IDENTITY_REQUEST],
        subject=subject,
        certificate=facts,
        co_issuers=others,
    )
    return Request(plan, place)


def deactivate(place: Place, *, identifier: IdentifierLike) -> Request:
    """The end of an identity. The identity or its controller acts."""
    return Request(_plain("deactivate", 4, Actor.AUTHORITY, _identifier(identifier)), place)


def set_controller(place: Place, *, identifier: IdentifierLike, controller: Optional[IdentifierLike]) -> Request:
    """Names the identity whose key then decides, or takes it away. The identity or its controller acts."""
    subject = _identifier(identifier)
    named = None if controller is None else identifier_of_value(controller, "controller")
    if named == subject:
        raise AutoIdError(
            "controller-self", "an identity cannot be its own controller; None takes the controller away"
        )
    return Request(_plain("set_controller", 5, Actor.AUTHORITY, subject, scale.option(named, bytes)), place)


def set_guardians(place: Place, *, identifier: IdentifierLike, guardians: Optional[GuardianSet]) -> Request:
    """Names who may recover an identity, or takes them away. The identity or its controller acts."""
    subject = _identifier(identifier)
    named = scale.option(guardians_of(guardians, subject, "guardians"), bytes)
    return Request(_plain("set_guardians", 6, Actor.AUTHORITY, subject, named), place)


def open_recovery(
    place: Place,
    *,
    identifier: IdentifierLike,
    certificate_hash: Bytes,
    compromised_after: Optional[int] = None,
) -> Request:
    """Opens a recovery. A guardian acts.

    - `certificate_hash`: SHA-256 of the certificate that the identity is to get.
    - `compromised_after`: if the old key was stolen, the last block in which it was still good.
    """
    wanted = hash_of(certificate_hash, "certificate_hash")
    plan = _plain("open_recovery", 7, Actor.OTHER, _identifier(identifier), wanted, _block(compromised_after))
    return Request(plan, place)


def approve_recovery(place: Place, *, identifier: IdentifierLike, number: int, certificate_hash: Bytes) -> Request:
    """Approves the recovery of this number to this certificate. A guardian acts."""
    wanted = hash_of(certificate_hash, "certificate_hash")
    which = scale.u32(u32_of(number, "number"))
    return Request(_plain("approve_recovery", 8, Actor.OTHER, _identifier(identifier), which, wanted), place)


def veto_recovery(place: Place, *, identifier: IdentifierLike, number: int) -> Request:
    """Ends a recovery. The identity or its controller acts."""
    which = scale.u32(u32_of(number, "number"))
    return Request(_plain("veto_recovery", 9, Actor.AUTHORITY, _identifier(identifier), which), place)


def execute_recovery(
    place: Place,
    *,
    identifier: IdentifierLike,
    number: int,
    certificate: Document,
    algorithm: Optional[str] = None,
) -> Request:
    """Gives an identity the certificate that its guardians approved. The new key signs, with the identity's nonce."""
    subject = _identifier(identifier)
    facts, _, encoded = _certificate(certificate, algorithm)
    signed = [subject, scale.u32(u32_of(number, "number")), encoded]
    call = [*signed, Part.CONSENTS, Part.IDENTITY_REQUEST]
    plan = Plan(
        AUTO_ID, "execute_recovery", 10, Actor.IDENTITY, signed, call, subject=subject, certificate=facts
    )
    return Request(plan, place)


def set_services(place: Place, *, identifier: IdentifierLike, services: Sequence[Service]) -> Request:
    """Says where an identity can be reached; an empty list takes that back. Its own key signs."""
    encoded = services_of(services, "services")
    return Request(_plain("set_services", 11, Actor.IDENTITY, _identifier(identifier), encoded), place)


def _of_issuer(name: str, call_index: int, *signed: bytes) -> Plan:
    return Plan(REVOCATION, name, call_index, Actor.OTHER, signed, [*signed, Part.IDENTITY_REQUEST])


def _serial(value: object) -> bytes:
    return scale.octets(serial_of(value, "serial"))


def revoke(place: Place, *, serial: Union[Bytes, int], reason: str) -> Request:
    """Revokes a certificate for good. The issuer acts.

    - `serial`: the contents of its DER INTEGER, or the number. `reason`: a key of `REASONS`.
    """
    return Request(_of_issuer("revoke", 0, _serial(serial), scale.u8(reason_of(reason, "reason"))), place)


def hold(place: Place, *, serial: Union[Bytes, int]) -> Request:
    """Puts a certificate on hold. The issuer acts."""
    return Request(_of_issuer("hold", 1, _serial(serial)), place)


def release(place: Place, *, serial: Union[Bytes, int]) -> Request:
    """Ends a hold. The issuer acts."""
    return Request(_of_issuer("release", 2, _serial(serial)), place)


def publish_crl(place: Place, *, crl: Document, algorithm: Optional[str] = None) -> Request:
    """Publishes a revocation list. The issuer acts."""
    facts = crl_facts(crl_of(crl))
    encoded = scale.octets(facts.der) + scale.u8(_algorithm_in(facts, algorithm, "the list").index)
    call = [encoded, Part.ENTRIES, Part.IDENTITY_REQUEST]
    return Request(Plan(REVOCATION, "publish_crl", 3, Actor.OTHER, [encoded], call, crl=facts), place)
