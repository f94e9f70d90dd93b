"""Requests: from arguments to the bytes that a key signs, and from signatures to a call.

What is signed (`primitives/identity/src/request.rs` has the table): context, genesis hash, call name, acting
identity, nonce, last block, BLAKE2b-256 of the arguments. Account and fee have no part in it: anybody may
carry the call. The functions that make a request of each call are in `calls`.
"""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from typing import Callable, Dict, List, NoReturn, Optional, Sequence, Tuple, Union

from . import scale
from .algorithms import algorithm_of, check_key
from .constants import CONTEXTS
from .der import Certificate, Crl
from .errors import AutoIdError
from .signatures import Consent, Signed, check_signature, check_signed, encode_signed
from .values import (
    MAX_CO_ISSUERS,
    Bytes,
    IdentifierLike,
    hash_of,
    identifier_of_value,
    instance_of,
    list_of,
    u32_of,
    u64_of,
)

#: Requests of the pallet `auto-id` begin with it.
REQUEST_CONTEXT = CONTEXTS["autoId"]
#: Requests of the pallet `revocation` begin with it.
REVOCATION_CONTEXT = CONTEXTS["revocation"]


@dataclass(frozen=True)
class Place:
    """For which chain a request counts, until when, and whose it is."""

    #: Hash of the genesis block, 32 bytes.
    genesis_hash: Bytes
    #: Last block in which the request is valid, 0 to 2^32 - 1.
    valid_until: int
    #: The nonce that the chain stores for the acting identity; none for a new identity or a consent.
    nonce: Optional[int] = None
    #: The identity that acts, where that is not plain from the call: a controller, guardian or issuer.
    actor: Optional[IdentifierLike] = None


class Actor(enum.Enum):
    """Who acts in a call."""

    #: The new identity, whose certificate is among the arguments; its nonce is 0.
    CERTIFICATE = "certificate"
    #: A co-issuer, whose consent is no call and has the nonce 0.
    CO_ISSUER = "co-issuer"
    #: The identity among the arguments, and nobody else.
    IDENTITY = "identity"
    #: The identity among the arguments, or its controller.
    AUTHORITY = "authority"
    #: A guardian or an issuer.
    OTHER = "other"


class Part(enum.Enum):
    """What a call has beside the arguments that are signed."""

    CONSENTS = "consents"
    POSSESSION = "possession"
    ENTRIES = "entries"
    KEY_ALGORITHM = "key_algorithm"
    SIGNED_REQUEST = "signed_request"
    IDENTITY_REQUEST = "identity_request"


@dataclass(frozen=True)
class Pallet:
    """A pallet, as the runtime knows it."""

    #: As in its metadata.
    name: str
    index: int
    context: str


AUTO_ID = Pallet("AutoId", 30, REQUEST_CONTEXT)
REVOCATION = Pallet("Revocation", 31, REVOCATION_CONTEXT)


@dataclass(frozen=True)
class Plan:
    """A request before it has its place on the chain."""

    pallet: Pallet
    name: str
    #: None for a consent, which is no call.
    call_index: Optional[int]
    actor: Actor
    #: The encoded arguments that the signature covers, in their order.
    signed: Sequence[bytes]
    #: The call: encoded arguments, and what comes with the signatures.
    call: Sequence[Union[bytes, Part]]
    #: The identity that the call is about, if there is one.
    subject: Optional[bytes] = None
    certificate: Optional[Certificate] = None
    crl: Optional[Crl] = None
    issuer: Optional[bytes] = None
    #: The co-issuers that are signed; none where the consents are not.
    co_issuers: Optional[Sequence[bytes]] = None
    #: Whether the old key is given up as compromised.
    is_compromised: bool = False


@dataclass(frozen=True)
class Call:
    """A call that any account can carry."""

    #: `AutoId` or `Revocation`, as in the metadata.
    pallet: str
    #: The call's name.
    name: str
    #: SCALE of the arguments.
    arguments: bytes
    #: Pallet index, call index, arguments.
    data: bytes

    def hex(self) -> str:
        """`data` in hex with 0x."""
        return "0x" + self.data.hex()


def _actor(plan: Plan, place: Place) -> bytes:
    named = None if place.actor is None else identifier_of_value(place.actor, "actor")
    own = plan.subject
    if plan.actor is Actor.CERTIFICATE and plan.certificate is not None:
        own = bytes.fromhex(plan.certificate.identifier)
    if plan.actor in (Actor.CERTIFICATE, Actor.IDENTITY) and own is not None:
        if named not in (None, own):
            raise AutoIdError("actor", f"{plan.name} is a request of {own.hex()} itself: leave the actor out")
        return own
    if plan.actor is Actor.AUTHORITY and own is not None:
        return named or own
    if named is None:
        raise AutoIdError("actor-missing", f"{plan.name} needs the actor: the identity whose key signs it")
    if named == own:
        raise AutoIdError("guardian-self", f"{plan.name} is a request of a guardian, not of the identity itself")
    if plan.actor is Actor.CO_ISSUER and named == plan.issuer:
        raise AutoIdError(
            "issuer-twice",
            "the issuer consents by its signature on the certificate; a co-issuer is another identity",
        )
    return named


def _nonce(plan: Plan, place: Place) -> int:
    if plan.actor not in (Actor.CERTIFICATE, Actor.CO_ISSUER):
        return u64_of(place.nonce, "nonce")
    nonce = 0 if place.nonce is None else u64_of(place.nonce, "nonce")
    if nonce:
        raise AutoIdError("nonce", f"{plan.name} is signed with the nonce 0, not {nonce}")
    return nonce


class Request:
    """One request of one identity: what its key has to sign. It does not change once it is made, so that what was
    checked is what is signed."""

    _plan: Plan
    _actor: bytes
    #: The call's name.
    call: str
    context: str
    nonce: int
    valid_until: int
    #: SCALE of the arguments that are signed.
    arguments: bytes
    #: BLAKE2b-256 of them.
    arguments_hash: bytes
    #: What the key signs.
    payload: bytes

    def __init__(self, plan: Plan, place: Place) -> None:
        instance_of(place, Place, "the place on the chain")
        actor = _actor(plan, place)
        nonce = _nonce(plan, place)
        valid_until = u32_of(place.valid_until, "valid_until")
        arguments = b"".join(plan.signed)
        arguments_hash = hashlib.blake2b(arguments, digest_size=32).digest()
        payload = [
            scale.text(plan.pallet.context),
            hash_of(place.genesis_hash, "genesis_hash"),
            scale.text(plan.name),
            actor,
            scale.u64(nonce),
            scale.u32(valid_until),
            arguments_hash,
        ]
        vars(self).update(
            _plan=plan,
            _actor=actor,
            call=plan.name,
            context=plan.pallet.context,
            nonce=nonce,
            valid_until=valid_until,
            arguments=arguments,
            arguments_hash=arguments_hash,
            payload=b"".join(payload),
        )

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a request does not change once it is made; make another one")

    @property
    def actor(self) -> str:
        """The acting identity, 64 hex digits."""
        return self._actor.hex()

    def finish(
        self,
        signed: Signed,
        *,
        consents: Optional[Sequence[Consent]] = None,
        possession: Optional[Signed] = None,
        entries: Optional[int] = None,
    ) -> Call:
        """The call, once the request is signed.

        - `consents`: for register_issued, renew, reparent and execute_recovery, of each co-issuer, in their order.
        - `possession`: for renew, the new key's signature over the same payload.
        - `entries`: for publish_crl, at least as many as the list has; counted if not given.
        """
        plan = self._plan
        if plan.call_index is None:
            raise AutoIdError("not-a-call", f"{plan.name} is a consent, not a call: finish it with consent()")
        given = {Part.CONSENTS: consents, Part.POSSESSION: possession, Part.ENTRIES: entries}
        for part, value in given.items():
            if value is not None and part not in plan.call:
                raise AutoIdError("field-unknown", f"{plan.name} has no {part.value}")
        algorithm, signature = check_signed(signed, "what signs the request")
        # Here the key that signs is the certificate's: the new identity's, or the recovered one's.
        is_by_certificate = plan.actor is Actor.CERTIFICATE or plan.name == "execute_recovery"
        if is_by_certificate and plan.certificate is not None:
            check_key(algorithm, plan.certificate.key_kind, "the certificate's key")
        declared = scale.u8(algorithm.index)
        request = scale.u64(self.nonce) + scale.u32(self.valid_until) + scale.octets(signature)
        write: Dict[Part, Callable[[], bytes]] = {
            Part.CONSENTS: lambda: self._consents([] if consents is None else consents),
            Part.POSSESSION: lambda: self._possession(possession),
            Part.ENTRIES: lambda: scale.u32(self._entries(entries)),
            Part.KEY_ALGORITHM: lambda: declared,
            Part.SIGNED_REQUEST: lambda: request,
            Part.IDENTITY_REQUEST: lambda: self._actor + declared + request,
        }
        arguments = b"".join(write[part]() if isinstance(part, Part) else part for part in plan.call)
        index = bytes([plan.pallet.index, plan.call_index])
        return Call(plan.pallet.name, plan.name, arguments, index + arguments)

    def consent(self, signed: Signed) -> Consent:
        """The consent, once a co-issuer has signed what `co_issue` returned."""
        if self._plan.actor is not Actor.CO_ISSUER:
            raise AutoIdError("not-a-consent", f"{self.call} is a call, not a consent: finish it with finish()")
        algorithm, signature = check_signed(signed, "what signs the consent")
        return Consent(self.actor, algorithm.name, self.valid_until, signature)

    def _consents(self, given: object) -> bytes:
        who: List[bytes] = []
        encoded: List[bytes] = []
        for index, member in enumerate(list_of(given, MAX_CO_ISSUERS, "consents")):
            name = f"consents[{index}]"
            co_issuer, rest = _encode_consent(instance_of(member, Consent, name), name)
            who.append(co_issuer)
            encoded.append(co_issuer + rest)
        expected = self._plan.co_issuers
        if expected is not None and list(expected) != who:
            rule = f"of the {len(expected)} co-issuers that were signed, in their order"
            raise AutoIdError("consents-differ", f"the consents must be {rule}")
        if len(set(who)) < len(who):
            raise AutoIdError("issuer-twice", "a co-issuer consents twice")
        return scale.sequence(encoded)

    def _possession(self, given: Optional[Signed]) -> bytes:
        plan = self._plan
        if given is None:
            if self._actor != plan.subject or plan.is_compromised:
                raise AutoIdError(
                    "possession-missing",
                    "the new key has to sign the same payload: hand that signature over as possession",
                )
            return scale.option(None, bytes)
        algorithm, signature = check_signed(given, "the possession")
        if plan.certificate is not None:
            check_key(algorithm, plan.certificate.key_kind, "the new certificate's key")
        return scale.option(encode_signed(algorithm, signature), bytes)

    def _entries(self, given: Optional[int]) -> int:
        entries = 0 if self._plan.crl is None else self._plan.crl.entries
        declared = entries if given is None else u32_of(given, "entries")
        if declared < entries:
            raise AutoIdError("entries", f"the list has {entries} entries, more than the {declared} declared")
        return declared


def _encode_consent(consent: Consent, name: str) -> Tuple[bytes, bytes]:
    """The co-issuer, and the rest of the encoding."""
    co_issuer = identifier_of_value(consent.co_issuer, f"{name}.co_issuer")
    valid_until = scale.u32(u32_of(consent.valid_until, f"{name}.valid_until"))
    algorithm = algorithm_of(consent.algorithm)
    signature = check_signature(algorithm, consent.signature)
    return co_issuer, scale.u8(algorithm.index) + valid_until + scale.octets(signature)
