use crate::{AllPalletsWithSystem, Runtime, RuntimeCall, TxExtension};
use frame_support::traits::PalletsInfoAccess;
use parity_scale_codec::Encode;
use sp_runtime::traits::TransactionExtension;
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
