//! What `allod id` has to know of the runtime: how its calls, transactions and events are encoded.

use allod_identity::calls::runtime_decl_for_auto_id_call_api::AutoIdCallApiV1;
use allod_identity::{Identifier, api::PayloadQuery, calls::CallSignatures};
use allod_identity_cli::{
    CallError, ChainRuntime, ExecutionError, Outcome, RuntimeVersion, TransactionContext,
    identity_outcome, revocation_outcome,
};
use allod_runtime::{
    AccountId, Block, Hash, Runtime, RuntimeCall, RuntimeError, RuntimeEvent, UncheckedExtrinsic,
    VERSION, decode_call, signed_transaction,
};
use frame_system::{EventRecord, Phase};
use parity_scale_codec::{Decode, Encode};
use scale_info::{MetaType, TypeDef, Variant};
use sp_core::{Pair, sr25519};
use sp_runtime::DispatchError;

/// The runtime that this binary is built with.
pub struct BuiltInRuntime;

impl ChainRuntime for BuiltInRuntime {
    fn version(&self) -> RuntimeVersion {
        RuntimeVersion {
            spec_name: VERSION.spec_name.into_owned(),
            spec_version: VERSION.spec_version,
            transaction_version: VERSION.transaction_version,
        }
    }

    fn call(&self, query: PayloadQuery, signatures: CallSignatures) -> Option<Vec<u8>> {
        <Runtime as AutoIdCallApiV1<Block>>::call(query, signatures)
    }

    fn check_call(&self, call: &[u8]) -> Result<(), CallError> {
        identity_call(call).map(|_| ())
    }

    fn transaction(
        &self,
        call: &[u8],
        payer: &sr25519::Pair,
        context: &TransactionContext,
    ) -> Result<Vec<u8>, CallError> {
        Ok(sign(identity_call(call)?, payer, context).encode())
    }

    fn outcome(
        &self,
        events: &[u8],
        index: u32,
        query: &PayloadQuery,
        actor: Identifier,
    ) -> Result<Option<Outcome>, ExecutionError> {
        let records = Vec::<EventRecord<RuntimeEvent, Hash>>::decode(&mut &*events)
            .map_err(ExecutionError::Events)?;
        let events = success(index, records)?;
        Ok(events.iter().find_map(|event| match event {
            RuntimeEvent::AutoId(event) => identity_outcome(query, actor, event),
            RuntimeEvent::Revocation(event) => revocation_outcome(query, actor, event),
            RuntimeEvent::System(_)
            | RuntimeEvent::Utility(_)
            | RuntimeEvent::Sudo(_)
            | RuntimeEvent::Balances(_)
            | RuntimeEvent::TransactionPayment(_)
            | RuntimeEvent::Farming(_)
            | RuntimeEvent::Rewards(_)
            | RuntimeEvent::StorageFees(_)
            | RuntimeEvent::Multisig(_)
            | RuntimeEvent::Preimage(_)
            | RuntimeEvent::Scheduler(_)
            | RuntimeEvent::Stewards(_)
            | RuntimeEvent::MetaTx(_) => None,
        }))
    }
}

fn identity_call(bytes: &[u8]) -> Result<RuntimeCall, CallError> {
    let call = decode_call(bytes).map_err(CallError::Unknown)?;
    match call {
        RuntimeCall::AutoId(_) | RuntimeCall::Revocation(_) => Ok(call),
        RuntimeCall::System(_)
        | RuntimeCall::Timestamp(_)
        | RuntimeCall::Utility(_)
        | RuntimeCall::Sudo(_)
        | RuntimeCall::Balances(_)
        | RuntimeCall::Farming(_)
        | RuntimeCall::Multisig(_)
        | RuntimeCall::Preimage(_)
        | RuntimeCall::Scheduler(_)
        | RuntimeCall::Stewards(_)
        | RuntimeCall::MetaTx(_) => Err(CallError::NotAboutIdentities),
    }
}

fn sign(
    call: RuntimeCall,
    payer: &sr25519::Pair,
    context: &TransactionContext,
) -> UncheckedExtrinsic {
    let context = allod_runtime::TransactionContext {
        nonce: context.nonce,
        genesis: context.genesis,
        era: context.era,
        era_start: context.era_start,
    };
    let sender = AccountId::from(payer.public());
    signed_transaction(call, sender, &context, |bytes| payer.sign(bytes).into())
}

/// The events of one extrinsic, if it succeeded.
fn success(
    index: u32,
    records: Vec<EventRecord<RuntimeEvent, Hash>>,
) -> Result<Vec<RuntimeEvent>, ExecutionError> {
    let mut has_succeeded = false;
    let mut events = Vec::new();
    for record in records {
        if record.phase != Phase::ApplyExtrinsic(index) {
            continue;
        }
        match record.event {
            RuntimeEvent::System(frame_system::Event::ExtrinsicFailed {
                dispatch_error, ..
            }) => return Err(ExecutionError::Failed(describe(dispatch_error))),
            RuntimeEvent::System(frame_system::Event::ExtrinsicSuccess { .. }) => {
                has_succeeded = true;
            }
            other => events.push(other),
        }
    }
    if has_succeeded {
        Ok(events)
    } else {
        Err(ExecutionError::Untold)
    }
}

/// A pallet's error by name, with its documentation.
fn describe(error: DispatchError) -> String {
    let DispatchError::Module(module) = error else {
        let text: &'static str = error.into();
        return if text.is_empty() {
            format!("{error:?}")
        } else {
            text.into()
        };
    };
    let known = variant(&MetaType::new::<RuntimeError>(), module.index).and_then(|pallet| {
        let errors = &pallet.fields.first()?.ty;
        let error = variant(errors, *module.error.first()?)?;
        let text = format!("{}.{}: {}", pallet.name, error.name, error.docs.join(" "));
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    });
    known.unwrap_or_else(|| {
        format!(
            "pallet {} failed with its error {:?}",
            module.index, module.error
        )
    })
}

fn variant(of: &MetaType, index: u8) -> Option<Variant> {
    let TypeDef::Variant(variants) = of.type_info().type_def else {
        return None;
    };
    variants
        .variants
        .into_iter()
        .find(|variant| variant.index == index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use allod_runtime::Address;
    use allod_test_support::vectors;
    use frame_system::Call as SystemCall;
    use serde_json::Value;
    use sp_runtime::{
        OpaqueExtrinsic,
        generic::{Era, Preamble},
        traits::{BlakeTwo256, Hash as _, Verify},
    };

    fn record(index: u32, event: frame_system::Event<Runtime>) -> EventRecord<RuntimeEvent, Hash> {
        EventRecord {
            phase: Phase::ApplyExtrinsic(index),
            event: RuntimeEvent::System(event),
            topics: Vec::new(),
        }
    }

    fn failed(error: DispatchError) -> frame_system::Event<Runtime> {
        frame_system::Event::ExtrinsicFailed {
            dispatch_error: error,
            dispatch_info: Default::default(),
        }
    }

    fn succeeded() -> frame_system::Event<Runtime> {
        frame_system::Event::ExtrinsicSuccess {
            dispatch_info: Default::default(),
        }
    }

    #[test]
    fn errors_are_named_with_their_documentation() {
        let error = DispatchError::from(pallet_auto_id::Error::<Runtime>::KeyInUse);
        // Over the wire, the message that comes with the error is lost.
        let error = DispatchError::decode(&mut error.encode().as_slice()).unwrap();
        assert_eq!(
            describe(error),
            "AutoId.KeyInUse: The certificate's key serves another identity; a key serves one."
        );
        assert_eq!(describe(DispatchError::BadOrigin), "Bad origin");
        let unknown = sp_runtime::ModuleError {
            index: 255,
            error: [1, 0, 0, 0],
            message: None,
        };
        assert_eq!(
            describe(DispatchError::Module(unknown)),
            "pallet 255 failed with its error [1, 0, 0, 0]"
        );
    }

    #[test]
    fn only_the_own_extrinsic_counts() {
        let remarked = || frame_system::Event::Remarked {
            sender: AccountId::from([1; 32]),
            hash: Hash::zero(),
        };
        let records = || {
            vec![
                record(0, succeeded()),
                record(1, remarked()),
                record(1, succeeded()),
                record(2, failed(DispatchError::BadOrigin)),
            ]
        };
        assert_eq!(success(0, records()), Ok(Vec::new()));
        let event = RuntimeEvent::System(remarked());
        assert_eq!(success(1, records()), Ok(vec![event]));
        let failed = ExecutionError::Failed("Bad origin".into());
        assert_eq!(success(2, records()), Err(failed));
        assert_eq!(success(3, records()), Err(ExecutionError::Untold));
    }

    #[test]
    fn calls_in_calls_are_no_deeper_than_the_runtime_reads_them() {
        let remark = RuntimeCall::System(SystemCall::remark { remark: Vec::new() });
        let calls = vec![remark.clone()];
        let batch = RuntimeCall::Utility(pallet_utility::Call::batch { calls }).encode();
        // Pallet, call, one call in it.
        let batch_of_one = &batch[..3];
        for (depth, expected) in [
            (100, "pallets AutoId, Revocation"),
            (300, "none of this runtime's"),
            (20_000, "none of this runtime's"),
        ] {
            let nested = [batch_of_one.repeat(depth), remark.encode()].concat();
            let error = identity_call(&nested).unwrap_err().to_string();
            assert!(error.contains(expected), "{depth}: {error}");
        }
    }

    /// Against the bytes that the rules of Substrate want signed, put together by hand.
    #[test]
    fn signed_bytes() {
        let payer = sr25519::Pair::from_string("//Alice", None).unwrap();
        let remark = vec![7; 300];
        let call = RuntimeCall::System(SystemCall::remark { remark });
        let era = Era::mortal(128, 1000);
        let context = TransactionContext {
            nonce: 5,
            genesis: Hash::repeat_byte(1),
            era,
            era_start: Hash::repeat_byte(2),
        };
        let extrinsic = sign(call.clone(), &payer, &context);
        let Preamble::Signed(address, signature, extension) = &extrinsic.preamble else {
            panic!("it is signed");
        };
        let account = AccountId::from(payer.public());
        assert_eq!(address, &Address::Id(account.clone()));
        let mut bytes = call.encode();
        bytes.extend(extension.encode());
        bytes.extend(VERSION.spec_version.to_le_bytes());
        bytes.extend(VERSION.transaction_version.to_le_bytes());
        bytes.extend([1; 32]);
        bytes.extend([2; 32]);
        bytes.push(0);
        let hash = BlakeTwo256::hash(&bytes);
        assert!(signature.verify(hash.as_bytes(), &account));

        assert_eq!(extension.5.0, era);
        let bytes = extrinsic.encode();
        let opaque = OpaqueExtrinsic::decode(&mut bytes.as_slice()).unwrap();
        assert_eq!(opaque.encode(), bytes);
    }

    /// Whole calls, as `autoId_call` gives them.
    #[test]
    fn calls_about_identities_are_signed() {
        let file: Value = vectors::read("auto-id-calls.json");
        let calls = file["calls"].as_array().unwrap();
        for golden in calls {
            let bytes = hex::decode(golden["bytes"].as_str().unwrap()).unwrap();
            assert_eq!(identity_call(&bytes).unwrap().encode(), bytes);
        }
        assert!(calls.len() >= 16, "{}", calls.len());
    }

    #[test]
    fn other_calls_and_other_bytes_are_refused() {
        let remark = RuntimeCall::System(SystemCall::remark { remark: vec![1] }).encode();
        assert_eq!(identity_call(&remark), Err(CallError::NotAboutIdentities));
        for bytes in [&[0x1e, 0][..], &[]] {
            let refused = BuiltInRuntime.check_call(bytes);
            assert!(
                matches!(&refused, Err(CallError::Unknown(_))),
                "{refused:?}"
            );
        }
    }
}
