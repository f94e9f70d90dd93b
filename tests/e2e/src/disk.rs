//! Small disks, to be filled. They are file systems of their own, so they take root; without, tests say so and end.

use std::{
    fs::{self, File},
    io::Write,
    path::PathBuf,
    process::Command,
};

/// A file system of its own in memory, unmounted with the test.
pub struct SmallDisk {
    /// Where it is mounted.
    pub folder: tempfile::TempDir,
}

impl SmallDisk {
    /// Mounts one; none where that is not allowed.
    pub fn mount(mebibytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mebibytes}m"), "tmpfs"])
            .arg(folder.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self { folder }),
            Ok(_) | Err(_) => {
                crate::skipped("a small disk cannot be mounted here; it needs root");
                None
            }
        }
    }

    /// Where a node may keep its data.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Fills it with a file, to the last byte.
    pub fn fill(&self) {
        let mut file = File::create(self.filling()).expect("the disk is there");
        let zeros = vec![0; 1 << 20];
        while file.write_all(&zeros).is_ok() {}
        for _ in 0..1 << 20 {
            if file.write_all(&[0; 512]).is_err() {
                break;
            }
        }
    }

    /// Removes that file.
    pub fn make_room(&self) {
        fs::remove_file(self.filling()).expect("the disk is there");
    }

    fn filling(&self) -> PathBuf {
        self.folder.path().join("filling")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .arg("-l")
            .arg(self.folder.path())
            .status();
    }
}
