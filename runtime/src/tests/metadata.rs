use crate::{Runtime, RuntimeCall, TxExtension};
use parity_scale_codec::Encode;
use sp_runtime::traits::TransactionExtension;

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
