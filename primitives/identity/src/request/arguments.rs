//! The arguments of every call that an identity's request covers.
//!
//! The hash in a payload is BLAKE2b-256 of the SCALE encoding of one of these structures: the fields
//! in their order, byte strings and lists with their compact length in front, an option as `0x00` or
//! `0x01` and the value. Signatures are left out: they sign this.

// Fields and variants whose names say it all have no line of their own.

use alloc::vec::Vec;

use parity_scale_codec::Encode;
use sp_runtime::traits::{BlakeTwo256, Hash};

use crate::{
    GuardianSet, Identifier, RevocationReason, Services, SignatureAlgorithm,
    request::{REGISTER, REQUEST_CONTEXT, REVOCATION_CONTEXT, RequestPayload},
};

/// Arguments of a call, as its request covers them.
pub trait CallArguments: Encode {
    /// The context of the pallet whose call it is.
    const CONTEXT: &'static str;
    /// The call's name.
    const CALL: &'static str;

    /// BLAKE2b-256 of the arguments.
    fn arguments_hash(&self) -> [u8; 32] {
        self.using_encoded(|bytes| BlakeTwo256::hash(bytes).0)
    }

    /// What `identifier` has to sign to make the call.
    fn payload_of(
        &self,
        genesis_hash: [u8; 32],
        identifier: Identifier,
        nonce: u64,
        valid_until: u32,
    ) -> RequestPayload<'static> {
        RequestPayload {
            context: Self::CONTEXT,
            genesis_hash,
            call: Self::CALL,
            identifier,
            nonce,
            valid_until,
            arguments_hash: self.arguments_hash(),
        }
    }
}

macro_rules! call_arguments {
    ($context:ident: $($name:ident $(<$life:lifetime>)? = $call:expr;)*) => {$(
        impl CallArguments for $name $(<$life>)? {
            const CONTEXT: &'static str = $context;
            const CALL: &'static str = $call;
        }
    )*};
}

call_arguments! { REQUEST_CONTEXT:
    RegisterArguments<'_> = REGISTER;
    RegisterIssuedArguments<'_> = "register_issued";
    CoIssueArguments = "co_issue";
    RenewArguments<'_> = "renew";
    ReparentArguments<'_> = "reparent";
    DeactivateArguments = "deactivate";
    SetControllerArguments = "set_controller";
    SetGuardiansArguments<'_> = "set_guardians";
    OpenRecoveryArguments = "open_recovery";
    ApproveRecoveryArguments = "approve_recovery";
    VetoRecoveryArguments = "veto_recovery";
    ExecuteRecoveryArguments<'_> = "execute_recovery";
    SetServicesArguments<'_> = "set_services";
}

call_arguments! { REVOCATION_CONTEXT:
    RevokeArguments<'_> = "revoke";
    HoldArguments<'_> = "hold";
    ReleaseArguments<'_> = "release";
    PublishCrlArguments<'_> = "publish_crl";
}

/// `register`: a self-issued certificate becomes an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode)]
pub struct RegisterArguments<'a> {
    /// DER of the certificate; encoded with its SCALE compact length in front.
    pub certificate: &'a [u8],
    /// The declared algorithm; one byte.
    pub algorithm: SignatureAlgorithm,
}

impl RegisterArguments<'_> {
    /// BLAKE2b-256 of the arguments.
    pub fn hash(&self) -> [u8; 32] {
        self.arguments_hash()
    }

    /// What has to be signed to register `identifier`, whose first nonce is 0.
    pub fn payload(
        &self,
        genesis_hash: [u8; 32],
        identifier: Identifier,
        valid_until: u32,
    ) -> RequestPayload<'static> {
        self.payload_of(genesis_hash, identifier, 0, valid_until)
    }
}

/// `register_issued`: a certificate of a registered issuer becomes an identity. The certificate's key
/// signs; the acting identity is the new one, its nonce 0.
#[derive(Debug, Clone, PartialEq, Eq, Encode)]
pub struct RegisterIssuedArguments<'a> {
    /// DER of the certificate.
    pub certificate: &'a [u8],
    /// The algorithm of the issuer's signature on it.
    pub algorithm: SignatureAlgorithm,
    /// The identity whose key signed it.
    pub issuer: Identifier,
    /// The identities that consent besides, in the order of their consents.
    pub co_issuers: Vec<Identifier>,
}

/// `co_issue`, which is no call: a co-issuer's consent to a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode)]
pub struct CoIssueArguments {
    /// SHA-256 of the certificate's DER.
    pub certificate_hash: [u8; 32],
    /// The identity whose key signed it.
    pub issuer: Identifier,
}

/// `renew`: a new certificate for the same identity, by the same issuers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode)]
pub struct RenewArguments<'a> {
    /// The identity that is renewed.
    pub identifier: Identifier,
    /// DER of the new certificate.
    pub certificate: &'a [u8],
    /// The algorithm of the signature on it.
    pub algorithm: SignatureAlgorithm,
    /// If the key is given up as compromised: the last block in which it was still good.
    pub compromised_after: Option<u32>,
}

/// `reparent`: an identity whose issuer failed moves under another one.
#[derive(Debug, Clone, PartialEq, Eq, Encode)]
pub struct ReparentArguments<'a> {
    /// The identity that moves.
    pub identifier: Identifier,
    /// DER of the new issuer's certificate for it.
    pub certificate: &'a [u8],
    /// The algorithm of the signature on it.
    pub algorithm: SignatureAlgorithm,
    /// The new issuer.
    pub issuer: Identifier,
    /// The identities that consent besides, in the order of their consents.
    pub co_issuers: Vec<Identifier>,
}

/// `deactivate`: the end of an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode)]
pub struct DeactivateArguments {
    /// The identity that ends.
    pub identifier: Identifier,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode)]
pub struct SetControllerArguments {
    /// The identity that is controlled.
    pub identifier: Identifier,
    /// Its new controller, or none.
    pub controller: Option<Identifier>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode)]
pub struct SetGuardiansArguments<'a> {
    /// The identity that is guarded.
    pub identifier: Identifier,
    /// Its new guardians, or none.
    pub guardians: &'a Option<GuardianSet>,
}

/// `open_recovery`, which a guardian signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode)]
pub struct OpenRecoveryArguments {
    /// The identity that is recovered.
    pub identifier: Identifier,
    /// SHA-256 of the DER of the certificate that it is to get.
    pub certificate_hash: [u8; 32],
    /// If the old key was stolen: the last block in which it was still good.
    pub compromised_after: Option<u32>,
}

/// `approve_recovery`, which a guardian signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode)]
pub struct ApproveRecoveryArguments {
    /// The identity that is recovered.
    pub identifier: Identifier,
    /// The recovery's number.
    pub number: u32,
    /// SHA-256 of the DER of the certificate that it is to get.
    pub certificate_hash: [u8; 32],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode)]
pub struct VetoRecoveryArguments {
    /// The identity that was to be recovered.
    pub identifier: Identifier,
    /// The recovery's number.
    pub number: u32,
}

/// `execute_recovery`, which the new key signs for the identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode)]
pub struct ExecuteRecoveryArguments<'a> {
    /// The identity that is recovered.
    pub identifier: Identifier,
    /// The recovery's number.
    pub number: u32,
    /// DER of the new certificate.
    pub certificate: &'a [u8],
    /// The algorithm of the signature on it.
    pub algorithm: SignatureAlgorithm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode)]
pub struct SetServicesArguments<'a> {
    pub identifier: Identifier,
    /// Its service endpoints; an empty list takes them away.
    pub services: &'a Services,
}

/// `revoke`. The issuer acts and is not among the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode)]
pub struct RevokeArguments<'a> {
    /// The serial number: the contents of its DER INTEGER.
    pub serial: &'a [u8],
    /// Why.
    pub reason: RevocationReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode)]
pub struct HoldArguments<'a> {
    /// The serial number: the contents of its DER INTEGER.
    pub serial: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode)]
pub struct ReleaseArguments<'a> {
    /// The serial number: the contents of its DER INTEGER.
    pub serial: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode)]
pub struct PublishCrlArguments<'a> {
    /// DER of the revocation list.
    pub crl: &'a [u8],
    /// The algorithm of the signature on it.
    pub algorithm: SignatureAlgorithm,
}
