"""The golden files, in the form that this package takes."""

import json
import pathlib

import allod_auto_id as auto_id

_FOLDER = pathlib.Path(__file__).resolve().parents[3] / "tests" / "vectors"


def _read(name):
    return json.loads((_FOLDER / name).read_text())


#: Requests signed by OpenSSL.
REQUESTS = _read("auto-id-requests.json")["requests"]
#: Whole calls.
CALLS = _read("auto-id-calls.json")
#: Who signs in them, by name.
PARTIES = {party["name"]: party for party in CALLS["parties"]}

#: Every call that carries a request, and the consent.
NAMES = sorted(
    "register register_issued co_issue renew reparent deactivate set_controller set_guardians open_recovery "
    "approve_recovery veto_recovery execute_recovery set_services revoke hold release publish_crl".split()
)


def request_of(vector):
    """The request of a vector."""
    arguments = dict(vector.get("arguments") or {name: vector[name] for name in ("certificate", "algorithm")})
    if arguments.get("guardians") is not None:
        arguments["guardians"] = auto_id.GuardianSet(**arguments["guardians"])
    if "services" in arguments:
        arguments["services"] = [auto_id.Service(**service) for service in arguments["services"]]
    place = auto_id.Place(
        genesis_hash=vector.get("genesis_hash", CALLS["genesis_hash"]),
        valid_until=vector["valid_until"],
        nonce=vector.get("nonce"),
        actor=vector.get("identifier", vector.get("co_issuer")),
    )
    return getattr(auto_id, vector.get("call", "co_issue"))(place, **arguments)


def signed_by(vector):
    return auto_id.Signed(vector["algorithm"], vector["signature"])
