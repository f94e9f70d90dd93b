//! Writes the seeds of every target into the corpus. What else lies there is left alone.

use allod_fuzz::{corpus_folder, targets};
use std::{fs, io};

fn main() -> io::Result<()> {
    for target in targets() {
        let folder = corpus_folder(target);
        fs::create_dir_all(&folder)?;
        for seed in (target.seeds)() {
            fs::write(folder.join(seed.name), seed.bytes)?;
        }
    }
    Ok(())
}
