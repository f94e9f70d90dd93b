"""Requests and calls, byte by byte, against files that OpenSSL signed."""

import dataclasses
import unittest

import allod_auto_id as auto_id
from allod_auto_id.signing import HAS_CRYPTOGRAPHY

from .vectors import CALLS, NAMES, PARTIES, REQUESTS, request_of, signed_by

needs_cryptography = unittest.skipUnless(HAS_CRYPTOGRAPHY, "the package cryptography is not installed")


def is_deterministic(algorithm):
    return algorithm == "ed25519" or "pkcs1" in algorithm


class Golden(unittest.TestCase):
    def test_every_request_has_the_golden_payload(self):
        seen = set()
        for vector in REQUESTS:
            with self.subTest(vector["description"]):
                made = request_of(vector)
                self.assertEqual(made.arguments_hash.hex(), vector["arguments_hash"])
                self.assertEqual(made.payload.hex(), vector["payload"])
                self.assertEqual(made.actor, vector["identifier"])
                self.assertEqual(auto_id.identifier_of(vector["certificate"]), vector["identifier"])
                seen.add(vector["call"])
        self.assertEqual(sorted(seen), NAMES)

    def consent_of(self, vector):
        made = request_of(vector)
        self.assertEqual(made.payload.hex(), vector["payload"])
        return made.consent(signed_by(vector))

    def test_every_call_is_made_byte_by_byte(self):
        seen = {"co_issue"}
        algorithms = set()
        for vector in CALLS["calls"]:
            with self.subTest(f"{vector['call']} by {vector['signer']} with {vector['algorithm']}"):
                made = request_of(vector)
                self.assertEqual(made.arguments.hex(), vector["encoded_arguments"])
                self.assertEqual(made.payload.hex(), vector["payload"])
                extras = {}
                if "consents" in vector:
                    extras["consents"] = [self.consent_of(consent) for consent in vector["consents"]]
                if vector.get("possession"):
                    extras["possession"] = signed_by(vector["possession"])
                if "entries" in vector:
                    extras["entries"] = vector["entries"]
                call = made.finish(signed_by(vector), **extras)
                self.assertEqual(call.hex(), "0x" + vector["bytes"])
                self.assertEqual(call.arguments.hex(), vector["bytes"][4:])
                seen.add(vector["call"])
                algorithms.add(vector["algorithm"])
        self.assertEqual(sorted(seen), NAMES)
        self.assertEqual(sorted(algorithms), sorted(auto_id.ALGORITHM_NAMES))

    def test_what_is_read_from_certificates_and_lists_needs_no_declaring(self):
        for party in PARTIES.values():
            read = auto_id.read_certificate(party["certificate"])
            self.assertEqual(read.algorithm, party["certificate_algorithm"])
            self.assertEqual(read.identifier, party["identifier"])
            # Version 3, then the serial number.
            length = f"{len(read.serial):02x}"
            self.assertIn(f"a00302010202{length}{read.serial.hex()}", party["certificate"])
        listed = auto_id.read_crl(CALLS["crl"])
        self.assertEqual((listed.algorithm, listed.entries), ("rsa-pkcs1-sha256", 70))
        vector = next(case for case in CALLS["calls"] if case.get("entries") == 70)
        made = request_of({**vector, "arguments": {"crl": CALLS["crl"]}})
        self.assertEqual(made.finish(signed_by(vector)).hex(), "0x" + vector["bytes"])


@needs_cryptography
class Signatures(unittest.TestCase):
    def check(self, vector, made, certificate, key):
        self.assertTrue(auto_id.verify(made, signed_by(vector), certificate))
        own = auto_id.sign(made, key, algorithm=vector["algorithm"])
        if is_deterministic(vector["algorithm"]):
            self.assertEqual(own.signature.hex(), vector["signature"])
        self.assertTrue(auto_id.verify(made, own, certificate))

    def test_openssl_s_signatures_verify_and_ours_are_alike(self):
        for vector in REQUESTS:
            with self.subTest(vector["description"]):
                self.check(vector, request_of(vector), vector["certificate"], vector["private_key"])
        for vector in CALLS["calls"]:
            for signed in [vector, *vector.get("consents", [])]:
                party = PARTIES[signed["signer"]]
                with self.subTest(f"{vector['call']} by {signed['signer']} with {signed['algorithm']}"):
                    self.check(signed, request_of(signed), party["certificate"], party["private_key"])

    def test_a_signature_counts_for_its_own_payload_key_and_algorithm_only(self):
        vector = next(
            case for case in CALLS["calls"] if (case["call"], case["signer"]) == ("deactivate", "delta")
        )
        made, signed, certificate = request_of(vector), signed_by(vector), PARTIES["delta"]["certificate"]
        self.assertTrue(auto_id.verify(made, signed, certificate))
        self.assertFalse(auto_id.verify(request_of({**vector, "valid_until": 1}), signed, certificate))
        as_pss = dataclasses.replace(signed, algorithm="rsa-pss-sha256")
        self.assertFalse(auto_id.verify(made, as_pss, certificate))
        spoilt = dataclasses.replace(signed, signature="00" + vector["signature"][2:])
        self.assertFalse(auto_id.verify(made, spoilt, certificate))
        with self.assertRaises(auto_id.AutoIdError) as refused:
            auto_id.verify(made, signed, PARTIES["alpha"]["certificate"])
        self.assertEqual(refused.exception.code, "algorithm-of-key")

    def test_the_algorithm_follows_the_key(self):
        for vector in REQUESTS:
            own = auto_id.sign(request_of(vector), vector["private_key"].encode())
            self.assertEqual(own.algorithm, vector["algorithm"])


if __name__ == "__main__":
    unittest.main()
