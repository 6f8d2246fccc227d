//! Known answers of the clock guard, and clocks that are set forward at random.

use proptest::prelude::*;

use super::*;
use crate::limit::slot_queue::{Decision, SlotQueue};

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn reading(server_ms: u64, sent_ms: u64, received_ms: u64) -> ClockReading {
    ClockReading {
        server: ms(server_ms),
        sent: ms(sent_ms),
        received: ms(received_ms),
    }
}

#[test]
fn a_clock_is_known_after_observation_without_a_gap_or_a_step() {
    let guard = ClockGuard::default();
    assert_eq!(guard.missing(ms(0)), ms(1_100));
    // Too slow to count.
    assert_eq!(guard.record(reading(50_051, 0, 51)), ms(1_100));
    assert_eq!(guard.missing(ms(100)), ms(1_100));
    assert_eq!(guard.record(reading(50_100, 100, 150)), ms(1_100));
    assert_eq!(guard.missing(ms(650)), ms(600));
    assert_eq!(guard.record(reading(51_250, 1_250, 1_251)), ms(0));
    assert_eq!(guard.record(reading(76_250, 26_250, 26_251)), ms(0));
    // Set forward, so the observation begins anew.
    assert_eq!(guard.record(reading(77_350, 27_250, 27_251)), ms(1_100));
    assert_eq!(guard.record(reading(78_450, 28_351, 28_352)), ms(0));
    assert_eq!(guard.missing(ms(53_351)), ms(0));
    assert_eq!(guard.missing(ms(53_352)), ms(1_100));
    assert_eq!(guard.record(reading(103_451, 53_352, 53_353)), ms(1_100));
}

#[derive(Clone, Debug)]
enum Event {
    Pass {
        ms: u64,
    },
    SetForward {
        ms: u64,
    },
    Request {
        process: usize,
        request_ms: u64,
        reply_ms: u64,
    },
}

fn event() -> impl Strategy<Value = Event> {
    let request = (0..4_usize, 0..20_u64, 0..40_u64);
    prop_oneof![
        4 => (0..600_u64).prop_map(|ms| Event::Pass { ms }),
        1 => (20_000..40_000_u64).prop_map(|ms| Event::Pass { ms }),
        1 => (150..40_000_u64).prop_map(|ms| Event::SetForward { ms }),
        20 => request.prop_map(|(process, request_ms, reply_ms)| Event::Request { process, request_ms, reply_ms }),
    ]
}

/// Four processes and a server with another clock.
struct Simulation {
    now: Duration,
    ahead: Duration,
    queue: SlotQueue,
    guards: [ClockGuard; 4],
    starts: Vec<Duration>,
}

impl Simulation {
    fn request(&mut self, process: usize, request: Duration, reply: Duration) {
        let sent = self.now;
        let observes = !self.guards[process].missing(sent).is_zero();
        let server = sent + request + self.ahead;
        let decision = (!observes).then(|| self.queue.request(server, process as u64));
        self.now = sent + request + reply;
        let reading = ClockReading {
            server,
            sent,
            received: self.now,
        };
        let missing = self.guards[process].record(reading);
        if let Some(Decision::Granted(slot)) = decision
            && missing.is_zero()
            && request + reply <= START_TOLERANCE
        {
            self.starts
                .push(self.now + slot.at().saturating_sub(server));
        }
    }

    fn worst_window(&self) -> usize {
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
    fn a_clock_set_forward_causes_no_second_over_the_limit(limit in 1..4_u32, events in prop::collection::vec(event(), 1..300)) {
        let mut simulation = Simulation {
            now: Duration::ZERO,
            ahead: ms(500_000),
            queue: SlotQueue::new(limit),
            guards: Default::default(),
            starts: Vec::new(),
        };
        for event in events {
            match event {
                Event::Pass { ms: time } => simulation.now += ms(time),
                Event::SetForward { ms: time } => simulation.ahead += ms(time),
                Event::Request { process, request_ms, reply_ms } => simulation.request(process, ms(request_ms), ms(reply_ms)),
            }
        }
        prop_assert!(simulation.worst_window() <= limit as usize, "{} starts in one second", simulation.worst_window());
    }
}
