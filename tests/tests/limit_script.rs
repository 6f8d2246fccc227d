//! The script in the Redis server decides as the algorithm in Rust does, for random steps.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use mps_core::limit::internals::{Decision, REDIS_SCRIPT, Slot, SlotQueue};
use mps_tests::redis::RedisServer;
use proptest::{prelude::*, test_runner::TestRunner};
use redis::{Connection, Script, cmd};

/// A step taken by both, so many microseconds after the step before.
#[derive(Clone, Debug)]
enum Step {
    Request {
        after_us: u64,
        process: u64,
        throttled: u32,
        is_read: bool,
    },
    Release {
        which: usize,
    },
    Lose,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..300_000_u64, 0..20_u64, 0..10_u32, any::<bool>()).prop_map(|(after_us, process, throttled, is_read)| Step::Request {
            after_us, process, throttled: throttled.saturating_sub(8), is_read
        }),
        1 => (0..70_000_000_u64).prop_map(|after_us| Step::Request { after_us, process: 0, throttled: 0, is_read: false }),
        1 => (0..4_000_000_u64).prop_map(|after_us| Step::Request { after_us, process: 1, throttled: 1, is_read: false }),
        3 => (0..3_usize).prop_map(|which| Step::Release { which }),
        1 => Just(Step::Lose),
        1 => Just(Step::Restart),
    ]
}

/// The script, on a time of the test, and the algorithm.
struct Both<'a> {
    script: &'a Script,
    connection: &'a mut Connection,
    now_us: u64,
    limit: u32,
    queue: Option<SlotQueue>,
    slots: Vec<(Slot, [i64; 4])>,
}

impl Both<'_> {
    fn run(&mut self, arguments: &[String]) -> redis::Value {
        let mut call = self.script.key("key");
        call.arg(arguments);
        call.arg(self.now_us / 1_000_000)
            .arg(self.now_us % 1_000_000);
        call.invoke(self.connection).unwrap()
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Request {
                after_us,
                process,
                throttled,
                is_read,
            } => {
                self.now_us += after_us;
                self.request(process, throttled, is_read);
            }
            Step::Release { which } => self.release(which),
            Step::Lose => {
                self.queue = None;
                cmd("DEL").arg("key").exec(self.connection).unwrap();
            }
            // The state of another run of the server, which may lack the last slots.
            Step::Restart => {
                self.queue = None;
                let forget = "local s = redis.call('GET', 'key') if not s then return end \
                    local t = cmsgpack.unpack(s) t.run = 'another' redis.call('SET', 'key', cmsgpack.pack(t))";
                cmd("EVAL")
                    .arg(forget)
                    .arg(0)
                    .exec(self.connection)
                    .unwrap();
            }
        }
    }

    fn request(&mut self, process: u64, throttled: u32, is_read: bool) {
        let now = Duration::from_micros(self.now_us);
        let arguments = [
            "request".to_owned(),
            self.limit.to_string(),
            process.to_string(),
            throttled.to_string(),
            u8::from(is_read).to_string(),
        ];
        let reply: Vec<i64> = redis::from_redis_value(self.run(&arguments)).unwrap();
        if self.queue.is_none() {
            self.slots.clear();
        }
        let queue = self.queue.get_or_insert_with(|| {
            if is_read {
                SlotQueue::new(self.limit)
            } else {
                SlotQueue::after_loss(self.limit, now)
            }
        });
        queue.record_throttling(now, throttled);
        let decision = queue.request(now, process);
        assert_eq!(reply[0], i64::try_from(self.now_us).unwrap());
        assert_eq!(reply[2], micros(queue.widening(now)));
        match decision {
            Decision::Granted(slot) => {
                assert_eq!(reply[3..5], [1, micros(slot.at())]);
                self.slots
                    .push((slot, [reply[1], reply[5], reply[6], reply[7]]));
            }
            Decision::Wait { slot_in, ask_in } => {
                assert_eq!(reply[3..], [0, micros(slot_in), micros(ask_in)]);
            }
        }
    }

    /// Releases one of the latest slots.
    fn release(&mut self, which: usize) {
        let (Some(index), Some(queue)) = (self.slots.len().checked_sub(which + 1), &mut self.queue)
        else {
            return;
        };
        let (slot, [epoch, slot_values @ ..]) = self.slots.remove(index);
        let released = queue.release(slot);
        let mut arguments = vec![
            "release".to_owned(),
            self.limit.to_string(),
            epoch.to_string(),
        ];
        arguments.extend(slot_values.map(|number| number.to_string()));
        let reply: i64 = redis::from_redis_value(self.run(&arguments)).unwrap();
        assert_eq!(reply, i64::from(released));
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap()
}

#[test]
fn the_script_decides_as_the_algorithm_does() {
    let Some(server) = RedisServer::start().unwrap() else {
        return;
    };
    let timeless = REDIS_SCRIPT.replace("redis.call('TIME')", "{ ARGV[#ARGV - 1], ARGV[#ARGV] }");
    assert_ne!(timeless, REDIS_SCRIPT);
    let script = Script::new(&timeless);
    let steps = (1..12_u32, prop::collection::vec(step(), 1..150));
    let mut runner = TestRunner::new(ProptestConfig::with_cases(64));
    let checked = runner.run(&steps, |(limit, steps)| {
        let mut connection = server.connection().unwrap();
        cmd("FLUSHALL").exec(&mut connection).unwrap();
        let mut both = Both {
            script: &script,
            connection: &mut connection,
            now_us: 1_771_125_945_000_000,
            limit,
            queue: None,
            slots: Vec::new(),
        };
        for step in &steps {
            both.take(step);
        }
        Ok(())
    });
    checked.unwrap();
}

#[test]
fn an_impossible_state_counts_as_lost() {
    let Some(server) = RedisServer::start().unwrap() else {
        return;
    };
    let mut connection = server.connection().unwrap();
    let script = Script::new(REDIS_SCRIPT);
    let mut request = |state: Option<&[u8]>| -> Vec<i64> {
        if let Some(state) = state {
            cmd("SET")
                .arg("key")
                .arg(state)
                .exec(&mut connection)
                .unwrap();
        }
        script
            .key("key")
            .arg(&["request", "1", "7", "0", "0"])
            .invoke(&mut connection)
            .unwrap()
    };
    let lost = |reply: &[i64]| reply[3..5] == [0, 1_100_000];
    assert!(lost(&request(None)));
    assert!(!lost(&request(None)));
    // Text, nothing, a number, a list and a map, none of them a state.
    for state in [
        &b"hello"[..],
        b"",
        b"\x01",
        b"\x91\x01",
        b"\x81\xa3run\xa1x",
        &[0xff; 300],
    ] {
        assert!(lost(&request(Some(state))), "{state:?}");
    }
}
