//! Builds the runtime of the rehearsal as WASM.

fn main() {
    #[cfg(feature = "std")]
    wasm::build();
}

#[cfg(feature = "std")]
mod wasm {
    use std::{env, fs, io::ErrorKind, os::unix::fs::symlink, path::Path};
    use substrate_wasm_builder::WasmBuilder;

    /// Where the builder puts its projects, in the folder of a profile.
    const PROJECTS: &str = "wbuild";

    pub fn build() {
        let out = env::var("OUT_DIR").expect("Cargo says it");
        share_compiled(Path::new(&out));
        WasmBuilder::init_with_defaults().build();
    }

    /// Lets this project compile into the folder of the node's runtime: all but the runtime itself is the same.
    fn share_compiled(out: &Path) {
        // TARGET/PROFILE/build/PACKAGE/out
        let profile = out.ancestors().nth(3).expect("Cargo's folders");
        let projects = profile.join(PROJECTS);
        let shared = projects.join("allod-runtime").join("target");
        let own = projects.join(env!("CARGO_PKG_NAME"));
        fs::create_dir_all(&shared).expect("a folder of the runtime");
        fs::create_dir_all(&own).expect("a folder of the project");
        match symlink("../allod-runtime/target", own.join("target")) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => panic!("{}: {error}", own.display()),
        }
    }
}
