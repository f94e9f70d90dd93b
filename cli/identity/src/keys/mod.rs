//! Private keys: their files, their passwords, and those made here.

pub mod algorithm;
pub mod key_file;
pub mod own_key;
pub mod password;
