//! Reading a file in blocks, each hashed and compared before any of it is returned.

use std::{
    fs::File,
    io::{self, BufRead, Read},
    path::Path,
};

use sha2::{Digest as _, Sha256};

use super::fingerprint::{Fingerprint, Prefix};

/// Bytes of a block.
const BLOCK: usize = 1024 * 1024;

/// The error text of a file that is not what was read before.
pub(super) const CHANGED: &str = "the file has changed since it was checked";

/// A file that is hashed while it is read. A mark of UTF-8 at its beginning is hashed and not returned.
pub(super) struct Reader {
    file: File,
    hash: Sha256,
    block: Vec<u8>,
    /// The number of bytes of the block that were returned.
    used: usize,
    prefixes: Vec<Prefix>,
    bytes: u64,
    /// The fingerprint of an earlier read, if the content has to be the same.
    expected: Option<Fingerprint>,
    /// Set at the end of the file.
    fingerprint: Option<Fingerprint>,
}

impl Reader {
    pub(super) fn open(path: &Path, expected: Option<Fingerprint>) -> io::Result<Self> {
        Ok(Self {
            file: File::open(path)?,
            hash: Sha256::new(),
            block: Vec::new(),
            used: 0,
            prefixes: Vec::new(),
            bytes: 0,
            expected,
            fingerprint: None,
        })
    }

    /// Returns the fingerprint of the whole file, once its end was reached.
    pub(super) fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint.as_ref()
    }

    /// Reads the rest, and returns the fingerprint of the whole file.
    pub(super) fn read_to_end(mut self) -> io::Result<Fingerprint> {
        loop {
            let length = self.fill_buf()?.len();
            self.consume(length);
            if let Some(fingerprint) = self.fingerprint.take() {
                return Ok(fingerprint);
            }
        }
    }

    fn next_block(&mut self) -> io::Result<()> {
        self.block.clear();
        self.used = 0;
        let limit = u64::try_from(BLOCK).unwrap_or(u64::MAX);
        (&mut self.file).take(limit).read_to_end(&mut self.block)?;
        if self.block.is_empty() {
            return self.end();
        }
        self.hash.update(&self.block);
        self.bytes += u64::try_from(self.block.len()).unwrap_or_default();
        let mut prefix = Prefix::default();
        let digest = self.hash.clone().finalize();
        for (byte, of_digest) in prefix.iter_mut().zip(digest) {
            *byte = of_digest;
        }
        let nth = self.prefixes.len();
        if let Some(expected) = &self.expected
            && expected.prefixes.get(nth) != Some(&prefix)
        {
            self.block.clear();
            return Err(changed());
        }
        if nth == 0 && self.block.starts_with(b"\xef\xbb\xbf") {
            self.used = 3;
        }
        self.prefixes.push(prefix);
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        let found = Fingerprint {
            sha256: self.hash.clone().finalize().into(),
            prefixes: self.prefixes.clone(),
            bytes: self.bytes,
        };
        if self
            .expected
            .as_ref()
            .is_some_and(|expected| *expected != found)
        {
            return Err(changed());
        }
        self.fingerprint = Some(found);
        Ok(())
    }
}

fn changed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, CHANGED)
}

impl BufRead for Reader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.used == self.block.len() && self.fingerprint.is_none() {
            self.next_block()?;
        }
        Ok(self.block.get(self.used..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.used = (self.used + amount).min(self.block.len());
    }
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let amount = self.fill_buf()?.read(into)?;
        self.consume(amount);
        Ok(amount)
    }
}
