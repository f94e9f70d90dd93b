// Written from the constants in Rust by `primitives/identity/tests/client_constants.rs`.

/** A signature algorithm. */
export type Algorithm =
  | 'ed25519'
  | 'ecdsa-p256-sha256'
  | 'ecdsa-p384-sha384'
  | 'rsa-pkcs1-sha256'
  | 'rsa-pkcs1-sha384'
  | 'rsa-pkcs1-sha512'
  | 'rsa-pss-sha256'
  | 'rsa-pss-sha384'
  | 'rsa-pss-sha512';

/** The kind of a key. */
export type KeyKind =
  | 'ed25519'
  | 'p256'
  | 'p384'
  | 'rsa';

/** RFC 5280, 5.3.1, without certificateHold and removeFromCRL. */
export type Reason =
  | 'unspecified'
  | 'keyCompromise'
  | 'cACompromise'
  | 'affiliationChanged'
  | 'superseded'
  | 'cessationOfOperation'
  | 'privilegeWithdrawn'
  | 'aACompromise';
