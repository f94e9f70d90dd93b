// The hashes of identifiers and of requests.

import { blake2b } from '@noble/hashes/blake2';
import { sha256 } from '@noble/hashes/sha2';

export { sha256 };

/** BLAKE2b (RFC 7693) with 32 bytes of output and no key. */
export const blake2b256 = (bytes) => blake2b(bytes, { dkLen: 32 });
