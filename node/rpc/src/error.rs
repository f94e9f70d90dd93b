//! JSON-RPC errors of this crate: code, message, data.

use jsonrpsee::types::{
    ErrorObjectOwned,
    error::{INTERNAL_ERROR_CODE, INVALID_PARAMS_CODE},
};

/// The caller's parameters are wrong: -32602, what is wrong and what would be right.
pub fn invalid_params(message: impl Into<String>, data: Option<String>) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(INVALID_PARAMS_CODE, message, data)
}

/// The node could not answer: -32603 and the cause.
pub fn server_error(cause: impl std::fmt::Display) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(INTERNAL_ERROR_CODE, cause.to_string(), None::<()>)
}
