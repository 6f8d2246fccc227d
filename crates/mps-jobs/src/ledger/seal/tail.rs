//! The newest lines of the seal, which every command looks at first.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
};

use super::entry::{Entry, Sent, decode};

/// Bytes at the end of the file that contain the newest lines of all processes.
const TAIL: u64 = 64 * 1024;

/// The last bytes of the file.
#[derive(Debug)]
pub(super) struct Tail(Vec<u8>);

impl Tail {
    pub(super) fn read(file: &mut File) -> io::Result<Self> {
        let length = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Returns the ledgers and entries of the lines, the newest first.
    pub(super) fn entries(&self) -> impl Iterator<Item = (String, Entry)> {
        self.lines().filter_map(decode)
    }

    /// Returns the send with the highest epoch; `None` if there is no send. That is not always the last
    /// line, since processes write in any order. Decodes only lines that can be it, which is mostly one.
    pub(super) fn newest_send(&self) -> Option<Sent> {
        let mut newest: Option<Sent> = None;
        for line in self.lines() {
            let claimed = claimed_epoch(line);
            if claimed > newest.as_ref().map(|sent| sent.epoch)
                && let Some((_, Entry::Sent(sent))) = decode(line)
                && Some(sent.epoch) == claimed
            {
                newest = Some(sent);
            }
        }
        newest
    }

    /// Returns the lines, the newest first.
    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.0.rsplit(|byte| *byte == b'\n')
    }
}

/// Returns the number after the first `"epoch":` of a line. Only the name of the batch precedes it, as
/// JSON, in which quotes are escaped.
fn claimed_epoch(line: &[u8]) -> Option<i64> {
    const NAME: &[u8] = b"\"epoch\":";
    let at = memchr::memmem::find(line, NAME)?;
    let rest = line.get(at + NAME.len()..)?;
    let is_digit = |byte: &u8| matches!(byte, b'-' | b'0'..=b'9');
    let length = rest.iter().take_while(|byte| is_digit(byte)).count();
    std::str::from_utf8(rest.get(..length)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{
        names::Timestamp,
        rows::{Fence, RowId, Token},
        seal::entry::encode,
    };

    fn line(batch: &str, epoch: i64) -> Vec<u8> {
        let row = RowId {
            batch: batch.parse().unwrap(),
            seq: 1,
        };
        let sent = Sent {
            claim: Token {
                row,
                fence: Fence(1),
            },
            epoch,
            at: Timestamp(1),
            account: r#""epoch":99,"#.to_owned(),
            endpoint: String::new(),
            key: String::new(),
            hash: String::new(),
            action: String::new(),
            ms: 0,
            price: None,
        };
        encode("id", &Entry::Sent(sent)).unwrap()
    }

    #[test]
    fn the_newest_send_has_the_highest_epoch_of_the_sound_lines() {
        let mut damaged = line("clips", 8);
        let at = memchr::memmem::find(&damaged, b":8").unwrap() + 1;
        damaged[at] = b'9';
        for (lines, highest) in [
            (vec![], None),
            (vec![line("clips", 5)], Some(5)),
            (vec![line("clips", 6), line("clips", 5)], Some(6)),
            (vec![line(r#""epoch":7,"#, 5), line("clips", 4)], Some(5)),
            (vec![line("clips", 5), damaged.clone()], Some(5)),
            (vec![line("clips", -1)], Some(-1)),
            (vec![damaged], None),
        ] {
            let newest = Tail(lines.concat()).newest_send();
            assert_eq!(newest.map(|sent| sent.epoch), highest);
        }
    }
}
