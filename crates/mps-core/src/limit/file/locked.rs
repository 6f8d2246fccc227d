//! A file that nobody else reads or writes at the moment.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, flock};

use super::trouble;
use crate::limit::{Unavailable, shared::Trouble};

/// Far more than any state takes.
const LARGEST: u64 = 256 * 1024;

/// An open file with an exclusive lock, which ends with it, or with the process.
pub(super) struct Locked {
    path: PathBuf,
    file: File,
}

impl Locked {
    /// Opens and locks the file, which is made if need be; does not wait for another's lock.
    pub(super) fn open(path: &Path) -> Result<Self, Trouble> {
        let file = open(path).map_err(|error| trouble("open", path, error))?;
        refuse_network(&file, path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                file,
            }),
            Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => {
                Err(Trouble::Busy(busy(path)))
            }
            Err(error) => Err(trouble("lock", path, error.into())),
        }
    }

    /// Somebody may have deleted or replaced the file between its opening and its locking, and
    /// would then not see this lock.
    pub(super) fn check_still_there(&self) -> Result<(), Trouble> {
        let failed = |error| trouble("look at", &self.path, error);
        let ours = self.file.metadata().map_err(failed)?;
        match self.path.metadata() {
            Ok(named) if (named.dev(), named.ino()) == (ours.dev(), ours.ino()) => Ok(()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
            _ => Err(Trouble::Busy(busy(&self.path))),
        }
    }

    /// The whole file; what is too large to be one of ours is cut.
    pub(super) fn read(&mut self) -> Result<Vec<u8>, Trouble> {
        let mut bytes = Vec::new();
        let read = (&self.file).take(LARGEST).read_to_end(&mut bytes);
        read.map_err(|error| trouble("read", &self.path, error))?;
        Ok(bytes)
    }

    /// Replaces what is in the file. Half-written, it is damaged, which its reader sees.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        self.overwrite(bytes)
            .map_err(|error| trouble("write", &self.path, error))
    }

    fn overwrite(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(bytes)?;
        self.file
            .set_len(u64::try_from(bytes.len()).unwrap_or(LARGEST))
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let directory = path.parent().unwrap_or(Path::new("."));
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(directory)?;
            options.open(path)
        }
        opened => opened,
    }
}

fn busy(path: &Path) -> Unavailable {
    let message = format!(
        "another process holds the rate limiter's file {}",
        path.display()
    );
    Unavailable::new(message).with_hint("a process that was stopped may hold it; end that process")
}

/// Other machines would write times of their own clocks into the file.
#[cfg(target_os = "linux")]
fn refuse_network(file: &File, path: &Path) -> Result<(), Trouble> {
    let kind = rustix::fs::fstatfs(file).map_err(|error| trouble("look at", path, error.into()))?;
    match network(kind.f_type.into()) {
        None => Ok(()),
        Some(name) => Err(Trouble::Lasting(
            Unavailable::new(format!(
                "the rate limiter's file {} is on a network filesystem ({name}), which other machines' clocks share",
                path.display()
            ))
            .with_hint("name a directory on a disk of this machine"),
        )),
    }
}

/// The network filesystem with this number, if it is one.
#[cfg(target_os = "linux")]
fn network(kind: i128) -> Option<&'static str> {
    const NETWORKS: [(i128, &str); 7] = [
        (0x6969, "nfs"),
        (0x517b, "smb"),
        (0xff53_4d42, "cifs"),
        (0xfe53_4d42, "smb2"),
        (0x00c3_6400, "ceph"),
        (0x0102_1997, "9p"),
        (0x0bd0_0bd0, "lustre"),
    ];
    // Its width and sign differ between processors; the number has 32 bits.
    let kind = kind & 0xffff_ffff;
    let known = NETWORKS.iter().find(|(number, _)| *number == kind);
    known.map(|(_, name)| *name)
}

#[cfg(not(target_os = "linux"))]
fn refuse_network(_: &File, _: &Path) -> Result<(), Trouble> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_was_deleted_or_replaced_is_nobodys_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("limits").join("limit");
        let Ok(locked) = Locked::open(&path) else {
            panic!("it cannot be locked")
        };
        assert!(locked.check_still_there().is_ok());

        fs::remove_file(&path).unwrap();
        assert!(matches!(locked.check_still_there(), Err(Trouble::Busy(_))));
        fs::write(&path, "another").unwrap();
        assert!(matches!(locked.check_still_there(), Err(Trouble::Busy(_))));

        // Asking again would not help.
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        fs::write(folder.path().join("limits"), "no folder").unwrap();
        assert!(matches!(
            locked.check_still_there(),
            Err(Trouble::Lasting(_))
        ));
    }

    /// The numbers are those of `linux/magic.h`.
    #[cfg(target_os = "linux")]
    #[test]
    fn network_filesystems_are_known_however_wide_their_number_is() {
        for (kind, name) in [
            (0x6969, Some("nfs")),
            (0xff53_4d42, Some("cifs")),
            (i128::from(0xff53_4d42_u32.cast_signed()), Some("cifs")),
            (0x0102_1997, Some("9p")),
            (0xef53, None),      // ext4
            (0x0102_1994, None), // tmpfs
            (0x794c_7630, None), // overlayfs
        ] {
            assert_eq!(network(kind), name, "{kind:x}");
        }
    }

    #[test]
    fn no_more_is_read_than_a_state_can_take() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("limit");
        fs::write(&path, vec![7; 300_000]).unwrap();
        let Ok(mut locked) = Locked::open(&path) else {
            panic!("it cannot be locked")
        };
        assert_eq!(locked.read().ok().map(|bytes| bytes.len()), Some(262_144));
    }
}
