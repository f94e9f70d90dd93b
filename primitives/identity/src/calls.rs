//! From a query and its signatures to a call: the runtime API that encodes calls.
//!
//! [`AutoIdLookupApi::payload`](crate::api::AutoIdLookupApi) says what has to be signed for a
//! [`PayloadQuery`]; this says what the same query with the signatures is as a call of the runtime,
//! so that a client needs neither the runtime's metadata nor its call numbers.

use alloc::vec::Vec;

use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

use crate::{Consents, IdentityRequest, Possession, api::PayloadQuery};

/// The signatures that a call carries.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct CallSignatures {
    /// The acting identity's. Of `register` only the inner request is used, whose signature has the
    /// certificate's algorithm.
    pub request: IdentityRequest,
    /// The new key's, where a call has one.
    pub possession: Option<Possession>,
    /// The co-issuers', where a call has some.
    pub consents: Consents,
}

sp_api::decl_runtime_apis! {
    /// Encodes calls (§11.5).
    pub trait AutoIdCallApi {
        /// The SCALE encoding of a call in this runtime, for an extrinsic. `None` for a query that is no
        /// call (a consent), or if an argument is longer than the call takes, or a revocation list
        /// cannot be read. Nothing else is checked.
        fn call(query: PayloadQuery, signatures: CallSignatures) -> Option<Vec<u8>>;
    }
}
