//! The pallet's documentation says of every storage item what it takes.

use frame_support::traits::StorageInfoTrait;
use parity_scale_codec::MaxEncodedLen;

use crate::{
    mock::Revocation,
    types::{CrlRecord, IssuerRecord, StatusRecord},
};

/// The most bytes of a value in the table of the documentation, with the chain's own types.
#[test]
fn the_documentation_lists_every_storage_item() {
    type Account = [u8; 32];
    let most = |name: &str| match name {
        "Statuses" => StatusRecord::<Account, u128>::max_encoded_len(),
        "Issuers" => IssuerRecord::<u32>::max_encoded_len(),
        "Crls" => CrlRecord::<Account, u128>::max_encoded_len(),
        other => panic!("{other} is not in this list"),
    };
    let documentation = include_str!("../lib.rs");
    for item in Revocation::storage_info() {
        let name = String::from_utf8(item.storage_name).unwrap();
        let row = documentation
            .lines()
            .find(|line| line.starts_with(&format!("//! | [`{name}`] | ")))
            .unwrap_or_else(|| panic!("{name} is not in the table"));
        let value = row.split(" | ").nth(3).unwrap().replace(',', "");
        let documented: usize = value
            .split(|character: char| !character.is_ascii_digit())
            .find_map(|number| number.parse().ok())
            .unwrap_or_else(|| panic!("no number of bytes in {row}"));
        assert_eq!(documented, most(&name), "{row}");
    }
}
