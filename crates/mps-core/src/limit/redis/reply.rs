//! The reply of the script.

use std::time::Duration;

/// A reply to `request` or `observe`; the script documents the order of its values.
#[derive(Debug, PartialEq)]
pub(super) struct ScriptReply {
    /// The server's clock.
    pub(super) now: Duration,
    pub(super) epoch: i64,
    pub(super) widening: Duration,
    pub(super) grant: Grant,
}

#[derive(Debug, PartialEq)]
pub(super) enum Grant {
    Slot { wait: Duration, slot: [i64; 3] },
    Wait { slot_in: Duration, ask_in: Duration },
}

impl ScriptReply {
    /// Returns `None` when the values are not a reply of the script.
    pub(super) fn read(values: &[i64]) -> Option<Self> {
        let (&[now, epoch, widening], grant) = values.split_first_chunk()?;
        let grant = match *grant {
            [1, at, number, replaced_at, replaced_end] => Grant::Slot {
                wait: micros(at.checked_sub(now)?)?,
                slot: [number, replaced_at, replaced_end],
            },
            [0, slot_in, ask_in] => Grant::Wait {
                slot_in: micros(slot_in)?,
                ask_in: micros(ask_in)?,
            },
            _ => return None,
        };
        Some(Self {
            now: micros(now)?,
            epoch,
            widening: micros(widening)?,
            grant,
        })
    }
}

fn micros(count: i64) -> Option<Duration> {
    u64::try_from(count).ok().map(Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_and_waits_are_read_and_anything_else_is_refused() {
        let slot = ScriptReply::read(&[5, 7, 0, 1, 9, 3, -1, -1]).unwrap();
        let wait = Duration::from_micros(4);
        assert_eq!(
            slot.grant,
            Grant::Slot {
                wait,
                slot: [3, -1, -1]
            }
        );
        let wait = ScriptReply::read(&[5, 7, 50, 0, 9, 3]).unwrap();
        assert_eq!(wait.widening, Duration::from_micros(50));
        for malformed in [
            &[][..],
            &[5, 7, 0],
            &[5, 7, 0, 1, 4, 3, -1, -1],
            &[5, 7, 0, 0, -1, 3],
            &[5, 7, 0, 2, 1, 1],
        ] {
            assert_eq!(ScriptReply::read(malformed), None, "{malformed:?}");
        }
    }
}
