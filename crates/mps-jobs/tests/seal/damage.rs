//! Damage to the files of a ledger.

use std::fs;

use tempfile::TempDir;

use crate::scene::Scene;

/// A file of a ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum File {
    Database,
    Log,
    Seal,
}

/// The contents of a ledger's files at some moment.
#[derive(Clone)]
pub(crate) struct Copy {
    files: [(File, &'static str, Option<Vec<u8>>); 3],
}

impl Copy {
    /// Reads the files of a ledger that is closed.
    pub(crate) fn read(folder: &TempDir) -> Self {
        let read = |file, name: &'static str| (file, name, fs::read(folder.path().join(name)).ok());
        Self {
            files: [
                read(File::Database, "tasks.db"),
                read(File::Log, "tasks.db-wal"),
                read(File::Seal, "tasks.db-seal"),
            ],
        }
    }

    pub(crate) fn get(&self, file: File) -> &[u8] {
        let found = self.files.iter().find(|(of, ..)| *of == file);
        found
            .and_then(|(.., bytes)| bytes.as_deref())
            .unwrap_or_default()
    }

    pub(crate) fn remove(&mut self, file: File) {
        self.set(file, None);
    }

    fn set(&mut self, file: File, bytes: Option<Vec<u8>>) {
        let found = self.files.iter_mut().find(|(of, ..)| *of == file);
        found.unwrap().2 = bytes;
    }

    fn write(&self) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (_, name, bytes) in &self.files {
            if let Some(bytes) = bytes {
                fs::write(folder.path().join(name), bytes).unwrap();
            }
        }
        folder
    }
}

/// A change of a ledger's files behind its back.
#[derive(Debug)]
pub(crate) enum Damage {
    None,
    Truncate(File, usize),
    Flip(File, usize),
    /// These files are replaced by those of an older copy.
    PutBack(usize, Vec<File>),
    Remove(File),
}

impl Damage {
    /// Returns a folder with the damaged files.
    pub(crate) fn apply(&self, scene: &Scene) -> TempDir {
        let mut copy = scene.newest.clone();
        match self {
            Self::None => {}
            Self::Truncate(file, length) => {
                let bytes = copy.get(*file)[..*length].to_vec();
                copy.set(*file, Some(bytes));
            }
            Self::Flip(file, bit) => {
                let mut bytes = copy.get(*file).to_vec();
                bytes[bit / 8] ^= 1 << (bit % 8);
                copy.set(*file, Some(bytes));
            }
            Self::PutBack(older, files) => {
                for file in files {
                    let bytes = scene.older[*older].get(*file).to_vec();
                    copy.set(*file, Some(bytes));
                }
            }
            Self::Remove(file) => copy.set(*file, None),
        }
        copy.write()
    }
}
