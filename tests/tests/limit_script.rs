//! The script that runs in a Redis server does what the algorithm says, whatever is thrown at both.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use mps_core::limit::internals::{Queue, REDIS_SCRIPT, Slot, Turn};
use mps_tests::redis::RedisServer;
use proptest::{prelude::*, test_runner::TestRunner};
use redis::{Connection, Script, cmd};

/// What is done to both, and how many microseconds after what was done before.
#[derive(Clone, Debug)]
enum Step {
    Ask {
        after_us: u64,
        who: u64,
        throttled: u32,
    },
    GiveBack {
        which: usize,
    },
    Lose,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..300_000_u64, 0..20_u64, 0..10_u32).prop_map(|(after_us, who, throttled)| Step::Ask {
            after_us, who, throttled: throttled.saturating_sub(8)
        }),
        1 => (0..70_000_000_u64).prop_map(|after_us| Step::Ask { after_us, who: 0, throttled: 0 }),
        3 => (0..3_usize).prop_map(|which| Step::GiveBack { which }),
        1 => Just(Step::Lose),
        1 => Just(Step::Restart),
    ]
}

/// The script on a time of the test's, beside the algorithm.
struct Both<'a> {
    script: &'a Script,
    connection: &'a mut Connection,
    now_us: u64,
    limit: u32,
    queue: Option<Queue>,
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
            Step::Ask {
                after_us,
                who,
                throttled,
            } => {
                self.now_us += after_us;
                self.ask(who, throttled);
            }
            Step::GiveBack { which } => self.give_back(which),
            Step::Lose => {
                self.queue = None;
                cmd("DEL").arg("key").exec(self.connection).unwrap();
            }
            // The state of another run of a server, which may miss what came last.
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

    fn ask(&mut self, who: u64, throttled: u32) {
        let now = Duration::from_micros(self.now_us);
        let arguments = [
            "ask".to_owned(),
            self.limit.to_string(),
            who.to_string(),
            throttled.to_string(),
        ];
        let told: Vec<i64> = redis::from_redis_value(self.run(&arguments)).unwrap();
        if self.queue.is_none() {
            self.slots.clear();
        }
        let queue = self
            .queue
            .get_or_insert_with(|| Queue::after_loss(self.limit, now));
        queue.widen(now, throttled);
        let turn = queue.ask(now, who);
        assert_eq!(told[0], i64::try_from(self.now_us).unwrap());
        assert_eq!(told[2], micros(queue.widened()));
        match turn {
            Turn::Granted(slot) => {
                assert_eq!(told[3..5], [1, micros(slot.at())]);
                self.slots
                    .push((slot, [told[1], told[5], told[6], told[7]]));
            }
            Turn::Later { turn, ask_in } => {
                assert_eq!(told[3..], [0, micros(turn), micros(ask_in)]);
            }
        }
    }

    /// One of the latest slots.
    fn give_back(&mut self, which: usize) {
        let (Some(index), Some(queue)) = (self.slots.len().checked_sub(which + 1), &mut self.queue)
        else {
            return;
        };
        let (slot, [epoch, told @ ..]) = self.slots.remove(index);
        let taken = queue.give_back(slot);
        let mut arguments = vec!["back".to_owned(), self.limit.to_string(), epoch.to_string()];
        arguments.extend(told.map(|number| number.to_string()));
        let told: i64 = redis::from_redis_value(self.run(&arguments)).unwrap();
        assert_eq!(told, i64::from(taken));
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap()
}

#[test]
fn the_script_does_what_the_algorithm_says() {
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
fn a_state_that_cannot_be_is_taken_for_the_worst() {
    let Some(server) = RedisServer::start().unwrap() else {
        return;
    };
    let mut connection = server.connection().unwrap();
    let script = Script::new(REDIS_SCRIPT);
    let mut ask = |state: Option<&[u8]>| -> Vec<i64> {
        if let Some(state) = state {
            cmd("SET")
                .arg("key")
                .arg(state)
                .exec(&mut connection)
                .unwrap();
        }
        script
            .key("key")
            .arg(&["ask", "1", "7", "0"])
            .invoke(&mut connection)
            .unwrap()
    };
    let lost = |told: &[i64]| told[3..5] == [0, 1_100_000];
    assert!(lost(&ask(None)));
    assert!(!lost(&ask(None)));
    // Text, nothing, a number, a list and a map that are not a state.
    for state in [
        &b"hello"[..],
        b"",
        b"\x01",
        b"\x91\x01",
        b"\x81\xa3run\xa1x",
        &[0xff; 300],
    ] {
        assert!(lost(&ask(Some(state))), "{state:?}");
    }
}
