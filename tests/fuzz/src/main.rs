//! libFuzzer's program: the target that the environment variable `FUZZ_TARGET` names. Arguments are libFuzzer's.
//!
//! Where all targets are tested this one has nothing to test: `tests/corpus.rs` runs what it runs.
#![cfg_attr(not(test), no_main)]

#[cfg(not(test))]
mod program {
    use allod_fuzz::{Target, targets};
    use libfuzzer_sys::fuzz_target;
    use std::{env, sync::LazyLock};

    static TARGET: LazyLock<&Target> = LazyLock::new(|| {
        let name = env::var("FUZZ_TARGET").unwrap_or_default();
        let known: Vec<&str> = targets().map(|target| target.name).collect();
        targets()
            .find(|target| target.name == name)
            .unwrap_or_else(|| panic!("FUZZ_TARGET={name}: the targets are {}", known.join(", ")))
    });

    fuzz_target!(|bytes: &[u8]| {
        (TARGET.run)(bytes);
    });
}
