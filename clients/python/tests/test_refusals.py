"""Every way to be refused, by its code. The last class holds this list against the source and README.md."""

import base64
import pathlib
import random
import re
import traceback
import unittest

import allod_auto_id as auto_id
from allod_auto_id import AutoIdError, Consent, GuardianSet, Place, Service, Signed, signing
from allod_auto_id.der import MAX_CERTIFICATE_SIZE, pem_to_der

from .vectors import CALLS, PARTIES

ALPHA, BETA, GAMMA, DELTA, EPSILON = (PARTIES[name] for name in ("alpha", "beta", "gamma", "delta", "epsilon"))
SOME_HASH = "22" * 32
NEW = Place(genesis_hash="00" * 32, valid_until=10)
OWN = Place(genesis_hash="00" * 32, valid_until=10, nonce=1)
ED25519 = Signed("ed25519", "11" * 64)
P384 = Signed("ecdsa-p384-sha384", "3006020101020101")

REFUSED = set()


def by(party):
    return Place(genesis_hash="00" * 32, valid_until=10, nonce=1, actor=party["identifier"])


class Case(unittest.TestCase):
    def refuses(self, code, act, message="."):
        with self.assertRaises(AutoIdError) as refused:
            act()
        self.assertEqual(refused.exception.code, code, refused.exception)
        self.assertRegex(str(refused.exception), message)
        REFUSED.add(code)


class Values(Case):
    def test_places(self):
        self.refuses("object", lambda: auto_id.deactivate({}, identifier=SOME_HASH), "must be a Place")
        self.refuses("not-bytes", lambda: auto_id.deactivate(Place(None, 1, 1), identifier=SOME_HASH))

    def test_bytes_hex_identifiers(self):
        def opens(certificate_hash):
            return auto_id.open_recovery(by(ALPHA), identifier=SOME_HASH, certificate_hash=certificate_hash)

        self.refuses("not-bytes", lambda: opens(5))
        self.refuses("hex", lambda: opens("abc"))
        self.refuses("hex", lambda: opens("zz" * 32))
        self.refuses("length", lambda: opens("aa" * 31), "it must have 32")
        self.refuses("length", lambda: opens(bytes(33)))
        self.refuses("length", lambda: auto_id.register(NEW, certificate=""))
        self.refuses("length", lambda: auto_id.register(NEW, certificate=b"0" * (MAX_CERTIFICATE_SIZE + 1)), "at most")
        identifier = ALPHA["identifier"]
        for wrong in [5, "", identifier[2:], identifier + "00", "g" * 64, "0" * 1000, "did:web:x", identifier + "\n"]:
            self.refuses("identifier", lambda: auto_id.deactivate(OWN, identifier=wrong))
        colons = ":".join(re.findall("..", identifier.upper()))
        for form in [colons, "0x" + identifier, "did:allod:" + identifier, bytes.fromhex(identifier)]:
            self.assertEqual(auto_id.deactivate(OWN, identifier=form).actor, identifier)

    def test_numbers(self):
        for wrong in [-1, 1.5, 1 << 32, "7", None, True]:
            self.refuses(
                "number",
                lambda: auto_id.veto_recovery(OWN, identifier=SOME_HASH, number=wrong),
                "from 0 to 4294967295",
            )
        for nonce in [None, 1 << 64]:
            place = Place("00" * 32, 1, nonce)
            self.refuses("number", lambda: auto_id.deactivate(place, identifier=SOME_HASH))
        auto_id.deactivate(Place("00" * 32, 1, (1 << 64) - 1), identifier=SOME_HASH)

    def test_serial_numbers_and_reasons(self):
        def holds(serial):
            return auto_id.hold(by(ALPHA), serial=serial)

        for wrong, message in [
            ("", "above zero"),
            ("00", "above zero"),
            ("80", "0080 is the positive"),
            ("007f", "leave out 00"),
            (0, "from 1"),
            (-1, "from 1"),
            (1 << 159, "from 1"),
        ]:
            self.refuses("serial", lambda: holds(wrong), message)
        self.refuses("length", lambda: holds("01" * 21))
        self.refuses("not-bytes", lambda: holds(True))
        most = ((1 << 159) - 1, "7f" + "ff" * 19)
        for number, contents in [(1, "01"), (127, "7f"), (128, "0080"), (255, "00ff"), most]:
            self.assertEqual(holds(number).arguments, holds(contents).arguments)
        for reason in ["certificateHold", "removeFromCRL", "", 6]:
            revokes = lambda: auto_id.revoke(by(ALPHA), serial="01", reason=reason)
            self.refuses("reason", revokes, "a hold is another call")

    def test_guardians_and_controllers(self):
        def guards(members, threshold, delay):
            guardians = GuardianSet(members, threshold, delay)
            return auto_id.set_guardians(OWN, identifier=ALPHA["identifier"], guardians=guardians)

        two = [BETA["identifier"], GAMMA["identifier"]]
        guards(two, 2, 10_512_000)
        self.refuses("guardian-twice", lambda: guards([two[0], "0x" + two[0]], 1, 1))
        for threshold in [0, 3]:
            self.refuses("guardian-threshold", lambda: guards(two, threshold, 1), "1 to the number of guardians, 2")
        self.refuses("guardian-threshold", lambda: guards([], 1, 1))
        for delay in [0, 10_512_001]:
            self.refuses("guardian-delay", lambda: guards(two, 1, delay), "from 1 to 10512000")
        self.refuses("guardian-self", lambda: guards([ALPHA["identifier"]], 1, 1))
        self.refuses("list", lambda: guards(two[0], 1, 1))
        self.refuses("too-many", lambda: guards([SOME_HASH] * 9, 1, 1), "at most 8")
        self.refuses("object", lambda: auto_id.set_guardians(OWN, identifier=SOME_HASH, guardians={}), "GuardianSet")
        own = {"identifier": ALPHA["identifier"]}
        self.refuses("guardian-self", lambda: auto_id.open_recovery(by(ALPHA), certificate_hash=SOME_HASH, **own))
        self.refuses("controller-self", lambda: auto_id.set_controller(OWN, controller=ALPHA["identifier"], **own))

    def test_services(self):
        def sets(*services):
            return auto_id.set_services(OWN, identifier=SOME_HASH, services=services)

        sets(Service("a", "A2A", "https://example.org/?x=1#y"), Service("b", "A2A", "x:!#$%&'()*+,-./;=?@[]_~"))
        for word in ["", "a b", "a#b", "ä", "a/b", "a\n", "a" * 65, 7]:
            self.refuses("service-word", lambda: sets(Service(word, "A2A", "a:b")))
            self.refuses("service-word", lambda: sets(Service("a", word, "a:b")))
        for uri in ["", "https", ":x", "1a:x", "https:", "a:b c", "a:\x7f", "a:<b>", "a:b\n", "a:" + "b" * 255, 7]:
            self.refuses("service-uri", lambda: sets(Service("a", "A2A", uri)))
        self.refuses("service-twice", lambda: sets(Service("a", "b", "c:d"), Service("a", "x", "y:z")))
        self.refuses("too-many", lambda: sets(*[Service("a", "b", "c:d")] * 9))
        self.refuses("object", lambda: sets({"name": "a", "kind": "b", "uri": "c:d"}))


class Requests(Case):
    def test_a_request_does_not_change(self):
        made = auto_id.deactivate(OWN, identifier=ALPHA["identifier"])
        for name in ("payload", "nonce", "other"):
            with self.assertRaises(AttributeError):
                setattr(made, name, b"")

    def test_who_acts_with_which_nonce(self):
        certificate = ALPHA["certificate"]
        self.refuses("actor", lambda: auto_id.register(by(BETA), certificate=certificate), "leave the actor out")
        self.refuses("actor", lambda: auto_id.set_services(by(BETA), identifier=SOME_HASH, services=[]))
        self.refuses("actor-missing", lambda: auto_id.hold(OWN, serial="01"))
        self.refuses("actor-missing", lambda: auto_id.co_issue(NEW, certificate_hash=SOME_HASH, issuer=SOME_HASH))
        self.refuses("nonce", lambda: auto_id.register(OWN, certificate=certificate), "nonce 0, not 1")
        self.assertEqual(auto_id.register(NEW, certificate=certificate).actor, ALPHA["identifier"])

    def test_certificates_and_what_they_are_signed_with(self):
        def registers(certificate, algorithm=None):
            return auto_id.register(NEW, certificate=certificate, algorithm=algorithm)

        alpha = ALPHA["certificate"]
        self.refuses("algorithm-wrong", lambda: registers(alpha, "ecdsa-p256-sha256"), "signed with ed25519, not")
        self.refuses("algorithm-unknown", lambda: registers(alpha, "ed448"), "there are ed25519, ")
        self.refuses("der", lambda: registers(alpha + "00"), "bytes follow")
        self.refuses("der", lambda: registers("3080"))
        self.refuses("der", lambda: registers(CALLS["crl"]))
        # The algorithm inside, the key's kind, the algorithm outside.
        parts = alpha.split("06032b6570")
        self.assertEqual(len(parts), 4)

        def changed(*which):
            tags = ["06032b6571" if index in which else "06032b6570" for index in range(3)] + [""]
            return "".join(part + tag for part, tag in zip(parts, tags))

        self.refuses("algorithm-mismatch", lambda: registers(changed(0)))
        self.refuses("algorithm-mismatch", lambda: registers(changed(2)))
        self.refuses("key-refused", lambda: registers(changed(1)))
        self.refuses("algorithm-refused", lambda: registers(changed(0, 2)), "issue it with one of ed25519, ")
        # A root signs itself, so that its algorithm goes with its own key.
        foreign = BETA["certificate"].replace("2a8648ce3d040302", "2a8648ce3d040303")
        self.refuses("algorithm-of-key", lambda: registers(foreign), "signs with ecdsa-p256-sha256")
        self.assertEqual(auto_id.read_certificate(foreign).algorithm, "ecdsa-p384-sha384")

    def test_issuers_and_consents(self):
        def issued(*co_issuers):
            return auto_id.register_issued(
                NEW, certificate=GAMMA["certificate"], issuer=ALPHA["identifier"], co_issuers=co_issuers
            )

        beta, delta = BETA["identifier"], DELTA["identifier"]
        consent = Consent(beta, "ed25519", 5, ED25519.signature)
        self.refuses("issuer-twice", lambda: issued(ALPHA["identifier"]))
        self.refuses("issuer-twice", lambda: issued(beta, beta))
        four = [party["identifier"] for party in (BETA, GAMMA, DELTA, EPSILON)]
        self.refuses("too-many", lambda: issued(*four))
        co = {"certificate_hash": SOME_HASH, "issuer": ALPHA["identifier"]}
        actor_is_issuer = Place("00" * 32, 1, actor=ALPHA["identifier"])
        self.refuses("issuer-twice", lambda: auto_id.co_issue(actor_is_issuer, **co))
        of_delta = Consent(delta, "ed25519", 5, ED25519.signature)
        for consents in [None, [of_delta], [consent, consent]]:
            self.refuses(
                "consents-differ", lambda: issued(beta).finish(P384, consents=consents), "of the 1 co-issuers"
            )
        self.refuses("list", lambda: issued(beta).finish(P384, consents=consent))
        self.refuses("object", lambda: issued(beta).finish(P384, consents=[P384]))
        issued(beta).finish(P384, consents=[consent])
        renewal = auto_id.renew(OWN, identifier=GAMMA["identifier"], certificate=GAMMA["certificate"])
        self.refuses("issuer-twice", lambda: renewal.finish(P384, consents=[consent, consent]))
        self.refuses("too-many", lambda: renewal.finish(P384, consents=[consent] * 4))
        asked = auto_id.co_issue(Place("00" * 32, 1, actor=beta), **co)
        self.refuses("not-a-call", lambda: asked.finish(ED25519))
        self.refuses("not-a-consent", lambda: renewal.consent(P384))

    def test_possession_and_entries(self):
        def renewal(place=OWN, **more):
            return auto_id.renew(place, identifier=ALPHA["identifier"], certificate=GAMMA["certificate"], **more)

        self.refuses("possession-missing", lambda: renewal(compromised_after=5).finish(ED25519))
        self.refuses("possession-missing", lambda: renewal(by(BETA)).finish(ED25519))
        self.refuses("algorithm-of-key", lambda: renewal().finish(ED25519, possession=ED25519))
        renewal().finish(ED25519, possession=P384)
        self.refuses("field-unknown", lambda: renewal().finish(ED25519, entries=1), "renew has no entries")
        listed = auto_id.publish_crl(by(DELTA), crl=CALLS["crl"])
        self.refuses("entries", lambda: listed.finish(ED25519, entries=69), "70 entries, more than the 69")

    def test_the_form_of_signatures(self):
        made = auto_id.deactivate(OWN, identifier=ALPHA["identifier"])

        def p256(signature):
            return made.finish(Signed("ecdsa-p256-sha256", signature))

        p256("3045022100" + "ff" * 32 + "0220" + "01" * 32)
        short = Signed("ed25519", "11" * 63)
        self.refuses("signature-form", lambda: made.finish(short), "64 bytes; this one has 63")
        for wrong in [
            "",
            "11" * 64,
            "3006020101020100ff",
            "3006020180020101",
            "300702020001020101",
            "3003020101",
            "30060201010201",
            "300302010102",
            "300402000200",
            "3046022101" + "ff" * 32 + "022100" + "ff" * 32,
        ]:
            self.refuses("signature-form", lambda: p256(wrong), "DER SEQUENCE")
        self.refuses("signature-form", lambda: made.finish(Signed("rsa-pkcs1-sha256", "11" * 255)))
        self.refuses("length", lambda: made.finish(Signed("rsa-pkcs1-sha256", "11" * 513)))
        self.refuses("object", lambda: made.finish(("ed25519", ED25519.signature)))
        registers = auto_id.register(NEW, certificate=ALPHA["certificate"])
        self.refuses("algorithm-of-key", lambda: registers.finish(P384))


def pem(der, label="CERTIFICATE"):
    digits = base64.encodebytes(bytes.fromhex(der)).decode()
    return f"-----BEGIN {label}-----\n{digits}-----END {label}-----\n"


class Pem(Case):
    def test_pem(self):
        text = pem(ALPHA["certificate"])
        said = f"Certificate:\n    Data: 0x30\n{text}"
        for form in [text, said, text.encode(), said.encode(), text.replace("\n", "\r\n")]:
            self.assertEqual(auto_id.identifier_of(form), ALPHA["identifier"])
        self.assertEqual(auto_id.read_crl(pem(CALLS["crl"], "X509 CRL")).entries, 70)
        self.refuses("pem", lambda: auto_id.identifier_of(text + text), "2 blocks")
        self.refuses("pem", lambda: auto_id.identifier_of(pem(ALPHA["certificate"], "PRIVATE KEY")), "0 blocks")
        self.refuses("pem", lambda: auto_id.identifier_of(text.replace("MII", "MI")), "not base64")
        self.refuses("pem", lambda: pem_to_der(text + " " * 200_000, "CERTIFICATE", MAX_CERTIFICATE_SIZE), "characters")
        self.refuses("length", lambda: auto_id.identifier_of(pem("30" * 5000)), "5000 bytes")


class Keys(Case):
    def setUp(self):
        self.made = auto_id.deactivate(OWN, identifier=ALPHA["identifier"])

    def test_signing_says_what_it_needs(self):
        available = signing.HAS_CRYPTOGRAPHY
        self.addCleanup(setattr, signing, "HAS_CRYPTOGRAPHY", available)
        signing.HAS_CRYPTOGRAPHY = False
        self.refuses("cryptography-missing", lambda: auto_id.sign(self.made, ALPHA["private_key"]), "pip install")

    @unittest.skipUnless(signing.HAS_CRYPTOGRAPHY, "the package cryptography is not installed")
    def test_keys(self):
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519

        def signs(key, **more):
            return auto_id.sign(self.made, key, **more)

        secret = DELTA["private_key"][200:260]
        try:
            signs(DELTA["private_key"].replace("BEGIN PRIVATE", "BEGIN PRIVAT"))
            self.fail("a broken key was read")
        except AutoIdError as error:
            self.assertEqual(error.code, "key")
            self.assertNotIn(secret, "".join(traceback.format_exception(type(error), error, error.__traceback__)))
        self.refuses("key", lambda: signs(""))
        self.refuses("key", lambda: signs(bytes.fromhex(ALPHA["certificate"])))
        self.refuses("key-refused", lambda: signs(None), "NoneType")
        self.refuses("not-a-request", lambda: auto_id.sign(self.made.payload, ALPHA["private_key"]))
        self.refuses("not-a-request", lambda: auto_id.verify(self.made.payload, ED25519, ALPHA["certificate"]))
        self.refuses(
            "algorithm-of-key", lambda: signs(ALPHA["private_key"], algorithm="rsa-pss-sha256"), "signs with ed25519"
        )
        self.refuses("key-refused", lambda: signs(ec.generate_private_key(ec.SECP256K1())), "secp256k1")
        self.refuses("key-refused", lambda: signs(x25519.X25519PrivateKey.generate()))
        self.refuses("key-refused", lambda: signs(rsa.generate_private_key(65537, 1024)), "1024 bits")
        key = serialization.load_pem_private_key(ALPHA["private_key"].encode(), None)
        locked = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"open"),
        )
        self.refuses("key", lambda: signs(locked))
        self.refuses("key", lambda: signs(locked, password=b"wrong"))
        self.assertEqual(signs(locked, password=b"open"), signs(key))


class Mutations(unittest.TestCase):
    def test_certificates_and_lists_are_read_or_refused_and_nothing_else(self):
        chance = random.Random(0x5EED)
        sources = [bytes.fromhex(party["certificate"]) for party in PARTIES.values()]
        sources.append(bytes.fromhex(CALLS["crl"]))
        refused = 0
        for number in range(4000):
            which = number % len(sources)
            data = bytearray(sources[which])
            if chance.random() < 0.2:
                del data[int(chance.random() * len(data)) :]
            for _ in range(1 + int(chance.random() * 3)):
                if data:
                    # Headers are near the front.
                    data[int(chance.random() ** 3 * len(data))] = chance.randrange(256)
            read = auto_id.read_crl if which == len(sources) - 1 else auto_id.read_certificate
            try:
                read(bytes(data))
            except AutoIdError:
                refused += 1
        self.assertGreater(refused, 1000)


class ZCodes(unittest.TestCase):
    """Runs last: unittest goes by name."""

    def test_every_code_is_thrown_tested_and_documented(self):
        folder = pathlib.Path(__file__).resolve().parent.parent
        source = "\n".join(path.read_text() for path in (folder / "src").rglob("*.py"))
        thrown = set(re.findall(r'AutoIdError\(\s*"([a-z-]+)"', source))
        _, _, table = (folder / "README.md").read_text().partition("## Errors")
        documented = set(re.findall(r"^\| `([a-z-]+)` \| ", table, re.MULTILINE))
        self.assertEqual(documented, thrown)
        if signing.HAS_CRYPTOGRAPHY:
            self.assertEqual(REFUSED, thrown)


if __name__ == "__main__":
    unittest.main()
