// Web Cryptography, where the engine has it.

import { AutoIdError } from './errors.js';

/** What signs, verifies and decrypts. */
export const subtle = () => {
  const found = globalThis.crypto?.subtle;
  if (found) return found;
  throw new AutoIdError(
    'web-crypto-missing',
    'there is no crypto.subtle: a page must come from https: or localhost, Node 18 needs --experimental-global-webcrypto',
  );
};
