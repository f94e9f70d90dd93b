//! Builds the runtime as WASM, with the hash of its metadata inside.

fn main() {
    #[cfg(feature = "std")]
    substrate_wasm_builder::WasmBuilder::init_with_defaults()
        .enable_metadata_hash("ALD", 12)
        .build();
}
