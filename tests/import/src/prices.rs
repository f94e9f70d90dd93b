//! What calls about identities weigh, and in how many bytes.

use crate::{harness::Node, identities::short_certificate};
use allod_identity::{
    Identifier, IdentityRequest, MAX_CRL_SIZE, Possession, RevocationReason, Serial, SignedRequest,
    api::PayloadQuery, calls::CallSignatures,
};
use allod_runtime::{AutoId, Revocation, Runtime, RuntimeCall, UncheckedExtrinsic};
use allod_x509::{KeyAlgorithm, SigningKey};
use frame_support::{
    dispatch::{DispatchClass, GetDispatchInfo},
    traits::GetCallMetadata,
    weights::Weight,
};
use parity_scale_codec::{Decode, Encode};
use sp_runtime::OpaqueExtrinsic;

type BlockWeights = <Runtime as frame_system::Config>::BlockWeights;

/// Bytes of an entry of a revocation list: a serial number of one octet and a date.
const ENTRY: u32 = 20;

/// What an extrinsic weighs and how long it is.
pub struct Price {
    /// Its call's name.
    pub call: String,
    /// Of the keys that sign.
    pub kind: KeyAlgorithm,
    /// What a block is charged before the call tells what it did.
    pub weight: Weight,
    /// Its length.
    pub bytes: usize,
}

impl Price {
    /// Of a call in Alice's transaction.
    pub fn of(node: &Node, kind: KeyAlgorithm, call: RuntimeCall) -> Self {
        let name = call.get_call_metadata().function_name.to_owned();
        let extrinsic = node.signed(call, 0);
        Self {
            call: name,
            kind,
            weight: weight_of(&extrinsic),
            bytes: extrinsic.encoded_size(),
        }
    }

    /// Picoseconds a byte.
    pub fn per_byte(&self) -> u64 {
        self.weight.ref_time() / u64::try_from(self.bytes).unwrap()
    }
}

/// What a block is charged for an extrinsic before it is executed.
fn weight_of(extrinsic: &OpaqueExtrinsic) -> Weight {
    let bytes = extrinsic.encode();
    let decoded = UncheckedExtrinsic::decode(&mut bytes.as_slice()).unwrap();
    let base = BlockWeights::get()
        .get(DispatchClass::Normal)
        .base_extrinsic;
    decoded.get_dispatch_info().total_weight() + base
}

/// The weight that transactions may have together in a block.
pub fn limit() -> u64 {
    let limit = BlockWeights::get().get(DispatchClass::Normal).max_total;
    limit.expect("transactions have a limit").ref_time()
}

/// Every call about identities that somebody signs with this key, as short as it can be. What they say does
/// not hold: they are weighed only.
pub fn calls_of(key: &SigningKey) -> Vec<RuntimeCall> {
    let certificate = short_certificate(key, None, 1);
    let algorithm = key.algorithm();
    let identifier = Identifier([0; 32]);
    let certificate_hash = [0; 32];
    let serial = Serial::try_from(vec![1]).unwrap();
    let signature = key.sign(&[]);
    let request = IdentityRequest {
        identifier,
        algorithm,
        request: SignedRequest {
            nonce: 0,
            valid_until: 0,
            signature: signature.clone().try_into().unwrap(),
        },
    };
    let signatures = CallSignatures {
        request: request.clone(),
        possession: Some(Possession {
            algorithm,
            signature: signature.try_into().unwrap(),
        }),
        consents: Default::default(),
    };
    let queries = [
        PayloadQuery::Register {
            certificate: certificate.clone(),
            algorithm,
        },
        PayloadQuery::RegisterIssued {
            certificate: certificate.clone(),
            algorithm,
            issuer: identifier,
            co_issuers: Vec::new(),
        },
        PayloadQuery::Renew {
            identifier,
            certificate: certificate.clone(),
            algorithm,
            compromised_after: None,
        },
        PayloadQuery::Reparent {
            identifier,
            certificate: certificate.clone(),
            algorithm,
            issuer: identifier,
            co_issuers: Vec::new(),
        },
        PayloadQuery::Deactivate { identifier },
        PayloadQuery::SetController {
            identifier,
            controller: None,
        },
        PayloadQuery::SetGuardians {
            identifier,
            guardians: None,
        },
        PayloadQuery::OpenRecovery {
            guardian: identifier,
            identifier,
            certificate_hash,
            compromised_after: None,
        },
        PayloadQuery::ApproveRecovery {
            guardian: identifier,
            identifier,
            number: 1,
            certificate_hash,
        },
        PayloadQuery::VetoRecovery {
            identifier,
            number: 1,
        },
        PayloadQuery::ExecuteRecovery {
            identifier,
            number: 1,
            certificate,
            algorithm,
        },
        PayloadQuery::SetServices {
            identifier,
            services: Vec::new(),
        },
        PayloadQuery::Revoke {
            issuer: identifier,
            serial: serial.clone(),
            reason: RevocationReason::Unspecified,
        },
        PayloadQuery::Hold {
            issuer: identifier,
            serial: serial.clone(),
        },
        PayloadQuery::Release {
            issuer: identifier,
            serial: serial.clone(),
        },
    ];
    let call = |query: PayloadQuery| -> RuntimeCall {
        match AutoId::call_of(query.clone(), signatures.clone()) {
            Some(call) => call.into(),
            None => Revocation::call_of(query, signatures.clone())
                .unwrap()
                .into(),
        }
    };
    let mut calls: Vec<_> = queries.into_iter().map(call).collect();
    // The longest list has the most weight a byte, for the least of it is anything but entries.
    let entries = MAX_CRL_SIZE / ENTRY;
    let crl = vec![0_u8; usize::try_from(entries * ENTRY).unwrap()];
    let publish = pallet_revocation::Call::<Runtime>::publish_crl {
        crl: crl.try_into().unwrap(),
        algorithm,
        entries,
        request,
    };
    let reclaim = pallet_revocation::Call::<Runtime>::reclaim {
        issuer: identifier,
        serial,
    };
    calls.extend([publish.into(), reclaim.into()]);
    calls
}
