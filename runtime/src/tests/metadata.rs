use crate::{
    Address, AllPalletsWithSystem, IDENTITY_PIPELINE, IdentityExtension, Runtime, RuntimeCall,
    Signature, TxExtension, UncheckedExtrinsic,
};
use frame_support::traits::PalletsInfoAccess;
use parity_scale_codec::{Decode, Encode};
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
    generic,
    traits::{ExtrinsicMetadata, Pipeline, PipelineMetadataBuilder, TransactionExtension},
};
use std::path::Path;

#[test]
fn metadata_are_generated_in_every_version() {
    // A constant of theirs, how long a block may be, is read from the state.
    sp_io::TestExternalities::default().execute_with(check_metadata);
}

fn check_metadata() {
    let versions = Runtime::metadata_versions();
    assert!(versions.contains(&14) && versions.contains(&15));
    for version in versions {
        let metadata = Runtime::metadata_at_version(version).unwrap();
        assert_eq!(&metadata[..4], b"meta", "version {version}");
        assert_eq!(u32::from(metadata[4]), version);
    }
}

/// The invariants of every pallet of this repository that is in the runtime are asked for.
#[test]
fn the_invariants_of_every_pallet_are_checked() {
    let text = include_str!("../lib.rs");
    let (_, behind) = text.split_once("pub fn do_try_state()").unwrap();
    let (body, _) = behind.split_once("\n}\n").unwrap();
    let pallets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pallets");
    let mut ours = 0;
    for pallet in AllPalletsWithSystem::infos() {
        let of_crate = pallet.module_name.strip_prefix("pallet_");
        let folder = of_crate.map(|name| pallets.join(name.replace('_', "-")));
        if folder.is_some_and(|folder| folder.is_dir()) {
            ours += 1;
            let asked = format!("{}::do_try_state()", pallet.name);
            assert!(
                body.contains(&asked),
                "do_try_state leaves out {}",
                pallet.name
            );
        }
    }
    assert_eq!(ours, pallets.read_dir().unwrap().count());
}

#[test]
fn transactions_carry_what_clients_know() {
    let names: Vec<_> = <TxExtension as TransactionExtension<RuntimeCall>>::metadata()
        .into_iter()
        .map(|extension| extension.identifier)
        .collect();
    assert_eq!(
        names,
        [
            "AuthorizeCall",
            "CheckNonZeroSender",
            "CheckSpecVersion",
            "CheckTxVersion",
            "CheckGenesis",
            "CheckMortality",
            "CheckNonce",
            "CheckWeight",
            "ChargeTransactionPayment",
            "CheckMetadataHash",
            "WeightReclaim",
        ]
    );
    // Those that clients may not know travel as no bytes at all: era, nonce, tip, mode.
    assert_eq!(crate::unsigned_extension().encode(), [0; 4]);
}

/// Clients that know nothing of identities' transactions go on with version 0.
#[test]
fn identities_have_a_version_of_their_own() {
    let names = |extensions: Vec<sp_runtime::traits::TransactionExtensionMetadata>| {
        let names = extensions.into_iter().map(|extension| extension.identifier);
        names.collect::<Vec<_>>()
    };
    let mut builder = PipelineMetadataBuilder::new();
    <UncheckedExtrinsic as ExtrinsicMetadata>::TransactionExtensionPipelines::build_metadata(
        &mut builder,
    );
    let inner = names(<TxExtension as TransactionExtension<RuntimeCall>>::metadata());
    let own = names(<IdentityExtension as TransactionExtension<RuntimeCall>>::metadata());
    assert_eq!(own[0], "IdentitySignature");
    assert_eq!(own[1..], inner);
    let count = inner.len() as u32;
    // Clients that read all extensions as one list find version 0 first, and one more that they do not know.
    assert_eq!(names(builder.in_versions), [&inner[..], &own[..1]].concat());
    assert_eq!(builder.by_version.len(), 2);
    assert_eq!(builder.by_version[&0], (0..count).collect::<Vec<_>>());
    let behind: Vec<_> = core::iter::once(count).chain(0..count).collect();
    assert_eq!(builder.by_version[&IDENTITY_PIPELINE], behind);
}

#[test]
fn version_0_is_what_it_was_byte_for_byte() {
    type Before = generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;
    let call: RuntimeCall = frame_system::Call::remark { remark: vec![7] }.into();
    let signed = super::blocks::signed;
    sp_io::TestExternalities::default().execute_with(|| {
        frame_system::BlockHash::<Runtime>::insert(0, super::GENESIS_HASH);
        let transactions = [
            signed(Sr25519Keyring::Alice, call.clone(), 3, 5),
            UncheckedExtrinsic::new_transaction(call.clone(), crate::unsigned_extension()),
            UncheckedExtrinsic::new_bare(call),
        ];
        for transaction in transactions {
            let bytes = transaction.encode();
            let before = Before::decode(&mut &bytes[..]).unwrap();
            assert_eq!(before.encode(), bytes);
            assert_eq!(UncheckedExtrinsic::decode(&mut &bytes[..]), Ok(transaction));
        }
    });
}
