//! The back ends that use the CPU's AES instructions.

#[cfg(target_arch = "aarch64")]
mod aarch64;
mod schedule;
mod vector;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64::{check, evaluate, is_available};
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::{check, evaluate, is_available};
