//! What the script answers.

use std::time::Duration;

/// An answer to `ask` or `look`; the script tells the order.
#[derive(Debug, PartialEq)]
pub(super) struct Reply {
    /// The server's clock.
    pub(super) now: Duration,
    pub(super) epoch: i64,
    pub(super) widened: Duration,
    pub(super) verdict: Verdict,
}

#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    Slot { wait: Duration, slot: [i64; 3] },
    Wait { turn: Duration, ask_in: Duration },
}

impl Reply {
    pub(super) fn read(told: &[i64]) -> Option<Self> {
        let (&[now, epoch, widened], verdict) = told.split_first_chunk()?;
        let verdict = match *verdict {
            [1, at, number, out_at, out_ends] => Verdict::Slot {
                wait: micros(at.checked_sub(now)?)?,
                slot: [number, out_at, out_ends],
            },
            [0, turn, ask_in] => Verdict::Wait {
                turn: micros(turn)?,
                ask_in: micros(ask_in)?,
            },
            _ => return None,
        };
        Some(Self {
            now: micros(now)?,
            epoch,
            widened: micros(widened)?,
            verdict,
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
    fn slots_and_waits_are_told_apart_and_anything_else_is_nothing() {
        let slot = Reply::read(&[5, 7, 0, 1, 9, 3, -1, -1]).unwrap();
        let wait = Duration::from_micros(4);
        assert_eq!(
            slot.verdict,
            Verdict::Slot {
                wait,
                slot: [3, -1, -1]
            }
        );
        let wait = Reply::read(&[5, 7, 50, 0, 9, 3]).unwrap();
        assert_eq!(wait.widened, Duration::from_micros(50));
        for nonsense in [
            &[][..],
            &[5, 7, 0],
            &[5, 7, 0, 1, 4, 3, -1, -1],
            &[5, 7, 0, 0, -1, 3],
            &[5, 7, 0, 2, 1, 1],
        ] {
            assert_eq!(Reply::read(nonsense), None, "{nonsense:?}");
        }
    }
}
