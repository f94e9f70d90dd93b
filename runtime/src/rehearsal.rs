//! What the rehearsal of an upgrade changes: the version, and where farming's storage lies.
//!
//! The feature `upgrade-rehearsal` is for `tests/upgraded-runtime` alone, which `tests/e2e` brings a running network to.
//! Without its migration this runtime finds no parameters of the chain, and answers none of a node's questions.

use crate::{Farming, Runtime, apis};
use alloc::borrow::Cow;
use core::any::TypeId;
use frame_support::{
    StorageHasher, Twox128,
    migrations::VersionedMigration,
    storage::migration::move_pallet,
    traits::{CrateVersion, PalletInfo, UncheckedOnRuntimeUpgrade},
    weights::Weight,
};
use sp_version::RuntimeVersion;

/// As far above any real one as a rehearsal needs.
#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
    spec_name: Cow::Borrowed("allod"),
    impl_name: Cow::Borrowed("allod"),
    authoring_version: 1,
    spec_version: 1000,
    impl_version: 1,
    apis: apis::RUNTIME_API_VERSIONS,
    transaction_version: 1,
    system_version: 1,
};

const OLD_NAME: &str = "Farming";
const NEW_NAME: &str = "RehearsedFarming";

/// The pallets under their names, but for farming.
pub struct Names;

fn is_farming<P: 'static>() -> bool {
    TypeId::of::<P>() == TypeId::of::<Farming>()
}

impl PalletInfo for Names {
    fn index<P: 'static>() -> Option<usize> {
        crate::PalletInfo::index::<P>()
    }

    fn name<P: 'static>() -> Option<&'static str> {
        match is_farming::<P>() {
            true => Some(NEW_NAME),
            false => crate::PalletInfo::name::<P>(),
        }
    }

    fn name_hash<P: 'static>() -> Option<[u8; 16]> {
        match is_farming::<P>() {
            true => Some(Twox128::hash(NEW_NAME.as_bytes())),
            false => crate::PalletInfo::name_hash::<P>(),
        }
    }

    fn module_name<P: 'static>() -> Option<&'static str> {
        crate::PalletInfo::module_name::<P>()
    }

    fn crate_version<P: 'static>() -> Option<CrateVersion> {
        crate::PalletInfo::crate_version::<P>()
    }
}

/// Moves all that farming stores.
pub struct MoveFarming;

impl UncheckedOnRuntimeUpgrade for MoveFarming {
    fn on_runtime_upgrade() -> Weight {
        move_pallet(OLD_NAME.as_bytes(), NEW_NAME.as_bytes());
        Weight::zero()
    }
}

/// From version 1, which FRAME gives a pallet without storage before any migration, to version 2.
pub type Migrations =
    VersionedMigration<1, 2, MoveFarming, Farming, <Runtime as frame_system::Config>::DbWeight>;
