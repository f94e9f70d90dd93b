// Bytes and their texts, as every JavaScript engine has them.

import { bytesToHex, hexToBytes } from '@noble/hashes/utils';

/** Hex digits, lower case. */
export const toHex = (bytes) => bytesToHex(Uint8Array.from(bytes));

/** The bytes of an even number of hex digits, which were checked to be such. */
export const fromHex = (digits) => hexToBytes(digits);

/** The bytes of base64 (RFC 4648, 4), padded, which was checked to be such. */
export const fromBase64 = (digits) => Uint8Array.from(atob(digits), (character) => character.charCodeAt(0));
