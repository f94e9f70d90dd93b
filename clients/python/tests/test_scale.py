"""The parts of SCALE that no golden call reaches."""

import unittest

from allod_auto_id import scale


class Scale(unittest.TestCase):
    def test_lengths_have_one_two_or_four_bytes(self):
        # Both sides of each border.
        lengths = {0: "00", 63: "fc", 64: "0101", 16383: "fdff", 16384: "02000100", 32768: "02000200"}
        for length, encoded in lengths.items():
            self.assertEqual(scale.compact(length).hex(), encoded)

    def test_integers_are_little_endian(self):
        self.assertEqual(scale.u32(0x01020304).hex(), "04030201")
        self.assertEqual(scale.u64(0xFFFEFDFCFBFAF9F8).hex(), "f8f9fafbfcfdfeff")


if __name__ == "__main__":
    unittest.main()
