use proptest::prelude::*;

use super::*;
use crate::limit::{Queue, Turn};

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn reading(server_ms: u64, sent_ms: u64, received_ms: u64) -> Reading {
    Reading {
        server: ms(server_ms),
        sent: ms(sent_ms),
        received: ms(received_ms),
    }
}

#[test]
fn a_clock_is_known_after_a_while_without_a_gap_or_a_step() {
    let vigil = Vigil::default();
    assert_eq!(vigil.lacks(ms(0)), ms(1_100));
    // Too slow to say anything.
    assert_eq!(vigil.heard(reading(50_051, 0, 51)), ms(1_100));
    assert_eq!(vigil.lacks(ms(100)), ms(1_100));
    assert_eq!(vigil.heard(reading(50_100, 100, 150)), ms(1_100));
    assert_eq!(vigil.lacks(ms(650)), ms(600));
    assert_eq!(vigil.heard(reading(51_250, 1_250, 1_251)), ms(0));
    assert_eq!(vigil.heard(reading(76_250, 26_250, 26_251)), ms(0));
    // Set forward, from where all begins anew.
    assert_eq!(vigil.heard(reading(77_350, 27_250, 27_251)), ms(1_100));
    assert_eq!(vigil.heard(reading(78_450, 28_351, 28_352)), ms(0));
    assert_eq!(vigil.lacks(ms(53_351)), ms(0));
    assert_eq!(vigil.lacks(ms(53_352)), ms(1_100));
    assert_eq!(vigil.heard(reading(103_451, 53_352, 53_353)), ms(1_100));
}

#[derive(Clone, Debug)]
enum Event {
    Pass {
        ms: u64,
    },
    SetForward {
        ms: u64,
    },
    Ask {
        who: usize,
        there_ms: u64,
        back_ms: u64,
    },
}

fn event() -> impl Strategy<Value = Event> {
    let ask = (0..4_usize, 0..20_u64, 0..40_u64);
    prop_oneof![
        4 => (0..600_u64).prop_map(|ms| Event::Pass { ms }),
        1 => (20_000..40_000_u64).prop_map(|ms| Event::Pass { ms }),
        1 => (150..40_000_u64).prop_map(|ms| Event::SetForward { ms }),
        20 => ask.prop_map(|(who, there_ms, back_ms)| Event::Ask { who, there_ms, back_ms }),
    ]
}

/// Four processes, and a server whose clock is not theirs.
struct World {
    now: Duration,
    ahead: Duration,
    queue: Queue,
    vigils: [Vigil; 4],
    starts: Vec<Duration>,
}

impl World {
    fn ask(&mut self, who: usize, there: Duration, back: Duration) {
        let sent = self.now;
        let looks = !self.vigils[who].lacks(sent).is_zero();
        let server = sent + there + self.ahead;
        let turn = (!looks).then(|| self.queue.ask(server, who as u64));
        self.now = sent + there + back;
        let reading = Reading {
            server,
            sent,
            received: self.now,
        };
        let lacks = self.vigils[who].heard(reading);
        if let Some(Turn::Granted(slot)) = turn
            && lacks.is_zero()
            && there + back <= START_TOLERANCE
        {
            self.starts
                .push(self.now + slot.at().saturating_sub(server));
        }
    }

    fn most(&self) -> usize {
        let within = |from: Duration| {
            let window = from..from + WINDOW;
            self.starts
                .iter()
                .filter(|start| window.contains(start))
                .count()
        };
        self.starts
            .iter()
            .map(|from| within(*from))
            .max()
            .unwrap_or(0)
    }
}

proptest! {
    #[test]
    fn a_clock_set_forward_crowds_no_second(limit in 1..4_u32, events in prop::collection::vec(event(), 1..300)) {
        let mut world = World {
            now: Duration::ZERO,
            ahead: ms(500_000),
            queue: Queue::new(limit),
            vigils: Default::default(),
            starts: Vec::new(),
        };
        for event in events {
            match event {
                Event::Pass { ms: time } => world.now += ms(time),
                Event::SetForward { ms: time } => world.ahead += ms(time),
                Event::Ask { who, there_ms, back_ms } => world.ask(who, ms(there_ms), ms(back_ms)),
            }
        }
        prop_assert!(world.most() <= limit as usize, "{} starts in one second", world.most());
    }
}
