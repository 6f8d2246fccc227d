//! The limit that processes share through a file, on clocks that are stepped by hand. Each limiter
//! here stands for a process. `limit_processes.rs` in the workspace's tests has real ones.
#![cfg(all(unix, feature = "file-limit"))]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use mps_core::{
    clock::{Clock, MachineClock, TestClock},
    limit::{FileLimiter, LimitError, Limiter, Permit, Start, WINDOW},
};
use proptest::prelude::*;

const ACCOUNT: &str = "mps.example.com AKIDSECRETID";
const ACTION: &str = "CreateAigcVideoTask";
const LIMIT: u32 = 3;
/// What a lost state costs: the horizon, the window and the fence.
const QUIET: Duration = Duration::from_millis(1_100);
const MINUTE: Duration = Duration::from_secs(60);

/// A machine, which can be started anew.
#[derive(Clone, Debug)]
struct Machine {
    clock: TestClock,
    boot: String,
    /// The clock's time when the machine's was zero.
    since: Duration,
}

impl MachineClock for Machine {
    fn now(&self) -> Duration {
        self.clock.monotonic().saturating_sub(self.since)
    }

    fn boot(&self) -> &str {
        &self.boot
    }
}

struct Case {
    directory: tempfile::TempDir,
    machine: Machine,
    starts: Mutex<Vec<Duration>>,
}

impl Case {
    fn new() -> Self {
        let clock = TestClock::new(0).auto_advance();
        clock.advance(MINUTE);
        Self {
            directory: tempfile::tempdir().unwrap(),
            machine: Machine {
                clock,
                boot: "first".into(),
                since: Duration::ZERO,
            },
            starts: Mutex::default(),
        }
    }

    fn process(&self) -> FileLimiter {
        let clock = Arc::new(self.machine.clock.clone());
        let machine = Arc::new(self.machine.clone());
        FileLimiter::on_machine_clock(self.folder(), ACCOUNT, clock, machine)
    }

    fn folder(&self) -> PathBuf {
        self.directory.path().join("state").join("limits")
    }

    fn file(&self) -> PathBuf {
        let mut files = fs::read_dir(self.folder()).unwrap();
        files.next().unwrap().unwrap().path()
    }

    fn now(&self) -> Duration {
        self.machine.clock.monotonic()
    }

    /// Starts once; how long that took to wait.
    async fn start(&self, process: &FileLimiter) -> Duration {
        let before = self.now();
        let permit = acquire(process, MINUTE).await.unwrap();
        let now = self.now();
        assert!(permit.start());
        self.starts.lock().unwrap().push(now);
        now.saturating_sub(before)
    }

    fn worst_window(&self) -> usize {
        let starts = self.starts.lock().unwrap();
        let inside = |from: Duration| {
            let window = from..from + WINDOW;
            starts.iter().filter(|start| window.contains(start)).count()
        };
        starts.iter().map(|start| inside(*start)).max().unwrap_or(0)
    }
}

async fn acquire(process: &FileLimiter, patience: Duration) -> Result<Permit, LimitError> {
    let start = Start {
        action: ACTION,
        limit: LIMIT,
        patience,
    };
    process.acquire(start).await
}

fn unavailable(error: LimitError) -> String {
    match error {
        LimitError::Unavailable(error) => {
            assert!(error.hint().is_some());
            error.to_string()
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn processes_share_one_limit_and_one_that_begins_later_knows_the_others() {
    let case = Case::new();
    let one = case.process();
    // Nobody can tell a new file from one that was deleted a moment ago.
    assert_eq!(case.start(&one).await, QUIET);
    assert_eq!(case.start(&one).await, Duration::ZERO);
    let other = case.process();
    assert_eq!(case.start(&other).await, Duration::ZERO);
    assert_eq!(case.start(&other).await, Duration::from_millis(1_050));
    assert_eq!(case.start(&one).await, Duration::ZERO);
    assert_eq!(case.worst_window(), 3);
    let stats = one.stats(ACTION).unwrap();
    assert_eq!((stats.granted, stats.waiting, stats.given_up), (3, 0, 0));
}

#[tokio::test]
async fn the_file_is_for_its_owner_and_names_no_secret() {
    let case = Case::new();
    case.start(&case.process()).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = case.file();
    assert_eq!((mode(&case.folder()), mode(&file)), (0o700, 0o600));
    let name = file.file_name().unwrap().to_str().unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert!(name.starts_with(ACTION), "{name}");
    for place in [name, &text, &format!("{:?}", case.process())] {
        assert!(!place.contains("AKID"), "{place}");
    }
}

#[tokio::test]
async fn another_account_and_another_action_have_files_of_their_own() {
    let case = Case::new();
    let process = case.process();
    case.start(&process).await;
    // Text that tries to be a path is none.
    let start = Start {
        action: "../../CreateAigcVideoTask",
        limit: 1,
        patience: MINUTE,
    };
    assert!(process.acquire(start).await.unwrap().start());
    assert_eq!(fs::read_dir(case.folder()).unwrap().count(), 2);
}

#[tokio::test]
async fn contents_that_say_nothing_are_taken_for_the_worst() {
    type Damage = fn(Vec<u8>) -> Vec<u8>;
    let damages: [(&str, Damage); 8] = [
        ("empty", |_| Vec::new()),
        ("text", |_| b"hello".to_vec()),
        ("binary", |_| vec![0xff; 4_096]),
        ("huge", |_| vec![b' '; 1 << 20]),
        ("cut", |bytes| bytes[..bytes.len() / 2].to_vec()),
        ("longer", |bytes| [bytes, b"tail\n".to_vec()].concat()),
        ("a digit changed", |bytes| {
            let text = String::from_utf8(bytes).unwrap();
            text.replacen("\"reserved\":3", "\"reserved\":2", 1)
                .into_bytes()
        }),
        ("another version", |bytes| {
            let text = String::from_utf8(bytes).unwrap();
            text.replacen("mps-limit 1", "mps-limit 2", 1).into_bytes()
        }),
    ];
    for (name, damage) in damages {
        let case = Case::new();
        let process = case.process();
        for _ in 0..3 {
            case.start(&process).await;
        }
        let before = fs::read(case.file()).unwrap();
        let after = damage(before.clone());
        assert_ne!(before, after, "{name}");
        fs::write(case.file(), after).unwrap();
        assert_eq!(case.start(&process).await, QUIET, "{name}");
        assert_eq!(case.worst_window(), 3, "{name}");
    }
}

#[tokio::test]
async fn a_deleted_file_and_a_deleted_folder_are_taken_for_the_worst() {
    let case = Case::new();
    let (one, other) = (case.process(), case.process());
    for _ in 0..3 {
        case.start(&one).await;
    }
    fs::remove_file(case.file()).unwrap();
    assert_eq!(case.start(&other).await, QUIET);
    fs::remove_dir_all(case.folder()).unwrap();
    assert_eq!(case.start(&one).await, QUIET);
    assert_eq!(case.worst_window(), 3);
}

#[tokio::test]
async fn a_machine_that_started_anew_does_not_believe_the_old_times() {
    let mut case = Case::new();
    case.start(&case.process()).await;
    case.machine.boot = "second".into();
    assert_eq!(case.start(&case.process()).await, QUIET);
    // Where the system does not tell its boots, the clock does.
    case.machine.since = case.now();
    assert_eq!(case.start(&case.process()).await, QUIET);
}

#[tokio::test]
async fn what_cannot_be_opened_or_written_lets_nobody_start() {
    let case = Case::new();
    let process = case.process();
    case.start(&process).await;
    let file = case.file();
    let refused = async || unavailable(acquire(&process, MINUTE).await.unwrap_err());

    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let error = refused().await;
    assert!(
        error.contains("cannot open") && error.contains(file.to_str().unwrap()),
        "{error}"
    );

    fs::remove_dir_all(case.folder()).unwrap();
    fs::write(case.folder(), "a file in place of the folder").unwrap();
    let error = refused().await;
    assert!(error.contains("cannot open"), "{error}");
    assert_eq!(process.stats(ACTION).unwrap().unavailable, 2);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_lets_nobody_start() {
    let case = Case::new();
    let process = case.process();
    case.start(&process).await;
    let file = case.file();
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/dev/full", &file).unwrap();
    let error = unavailable(acquire(&process, MINUTE).await.unwrap_err());
    assert!(
        error.contains("cannot write") && error.contains("No space"),
        "{error}"
    );
}

#[tokio::test]
async fn a_stopped_process_that_holds_the_file_is_waited_for_but_not_for_ever() {
    let case = Case::new();
    let process = case.process();
    case.start(&process).await;
    let held = fs::File::open(case.file()).unwrap();
    rustix::fs::flock(&held, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let before = case.now();
    let error = unavailable(
        acquire(&process, Duration::from_millis(300))
            .await
            .unwrap_err(),
    );
    assert!(error.contains("another process holds"), "{error}");
    assert!(case.now() <= before + Duration::from_millis(300));
    let error = unavailable(acquire(&process, MINUTE).await.unwrap_err());
    assert!(error.contains("another process holds"), "{error}");
    assert!(case.now() <= before + Duration::from_secs(11));
    drop(held);
    case.start(&process).await;
}

#[tokio::test]
async fn who_cannot_wait_is_told_at_once_how_long_it_would_be() {
    let case = Case::new();
    let process = case.process();
    for _ in 0..3 {
        case.start(&process).await;
    }
    let before = case.now();
    match acquire(&process, WINDOW).await {
        Err(LimitError::TooLong(refused)) => {
            assert_eq!(refused.wait, Duration::from_millis(1_050));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(case.now(), before);
    assert_eq!(process.stats(ACTION).unwrap().too_long, 1);
}

#[tokio::test]
async fn throttling_is_learned_by_every_process() {
    let case = Case::new();
    let (one, other) = (case.process(), case.process());
    case.start(&one).await;
    one.throttled(ACTION);
    for _ in 0..3 {
        case.start(&one).await;
    }
    case.start(&other).await;
    assert_eq!(
        other.stats(ACTION).unwrap().fence,
        Duration::from_millis(100)
    );
    assert_eq!(one.stats(ACTION).unwrap().throttled, 1);
    case.machine.clock.advance(MINUTE);
    case.start(&other).await;
    assert_eq!(
        other.stats(ACTION).unwrap().fence,
        Duration::from_millis(50)
    );
}

#[tokio::test]
async fn an_unused_permit_goes_back_to_the_file() {
    let case = Case::new();
    let process = case.process();
    for _ in 0..2 {
        case.start(&process).await;
    }
    let before = fs::read(case.file()).unwrap();
    drop(acquire(&process, MINUTE).await.unwrap());
    assert_eq!(process.stats(ACTION).unwrap().given_up, 1);
    // It is given back by a thread.
    while fs::read(case.file()).unwrap() != before {
        tokio::task::yield_now().await;
    }
    assert_eq!(case.start(&process).await, Duration::ZERO);
}

/// What happens next, to which of three processes.
#[derive(Clone, Debug)]
enum Event {
    Start(usize),
    Passes(u64),
    /// The permit reaches its holder so much later.
    StartsLate(usize, u64),
    Leaves(usize),
    Restarts(usize),
    Deleted,
    Damaged(usize),
    Throttled(usize),
    MachineRestarts,
}

fn event() -> impl Strategy<Value = Event> {
    let who = 0..3_usize;
    prop_oneof![
        20 => who.clone().prop_map(Event::Start),
        4 => (0..1_500_u64).prop_map(Event::Passes),
        4 => (who.clone(), 0..100_u64).prop_map(|(who, ms)| Event::StartsLate(who, ms)),
        2 => who.clone().prop_map(Event::Leaves),
        1 => who.clone().prop_map(Event::Restarts),
        1 => Just(Event::Deleted),
        1 => (0..400_usize).prop_map(Event::Damaged),
        1 => who.prop_map(Event::Throttled),
        1 => Just(Event::MachineRestarts),
    ]
}

async fn play(events: Vec<Event>) -> usize {
    let mut case = Case::new();
    let mut processes = [case.process(), case.process(), case.process()];
    for event in events {
        match event {
            Event::Start(who) => drop(case.start(&processes[who]).await),
            Event::Passes(ms) => case.machine.clock.advance(Duration::from_millis(ms)),
            Event::StartsLate(who, ms) => {
                let permit = acquire(&processes[who], MINUTE).await.unwrap();
                case.machine.clock.advance(Duration::from_millis(ms));
                if permit.start() {
                    case.starts.lock().unwrap().push(case.now());
                }
            }
            Event::Leaves(who) => drop(acquire(&processes[who], MINUTE).await.unwrap()),
            Event::Restarts(who) => processes[who] = case.process(),
            Event::Deleted => drop(fs::remove_dir_all(case.folder())),
            Event::Damaged(at) => damage(&case, at),
            Event::Throttled(who) => processes[who].throttled(ACTION),
            Event::MachineRestarts => {
                case.machine.since = case.now();
                processes = [case.process(), case.process(), case.process()];
            }
        }
    }
    case.worst_window()
}

fn damage(case: &Case, at: usize) {
    if case.folder().exists() {
        let mut bytes = fs::read(case.file()).unwrap();
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1;
        }
        fs::write(case.file(), bytes).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_window_of_one_second_starts_more_than_the_limit(events in prop::collection::vec(event(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        prop_assert!(runtime.block_on(play(events)) <= 3);
    }
}
