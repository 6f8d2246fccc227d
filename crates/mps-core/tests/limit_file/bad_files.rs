//! Files that are damaged, deleted, or cannot be used.

use std::{
    fs,
    os::unix::{fs::symlink, net::UnixListener},
    path::Path,
    process::Command,
    time::Duration,
};

use mps_core::{
    clock::SystemClock,
    limit::{FileLimiter, Limiter},
};

use crate::{bounded, support::*};

#[tokio::test(start_paused = true)]
async fn damaged_contents_count_as_a_lost_state() {
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
            text.replacen("mps-limit 2", "mps-limit 3", 1).into_bytes()
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
        assert_eq!(case.start(&process).await, WAIT_AFTER_LOSS, "{name}");
        assert_eq!(case.worst_window(), 3, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deleted_file_and_a_deleted_folder_count_as_a_lost_state() {
    let case = Case::new();
    let (one, other) = (case.process(), case.process());
    for _ in 0..3 {
        case.start(&one).await;
    }
    fs::remove_file(case.file()).unwrap();
    assert_eq!(case.start(&other).await, WAIT_AFTER_LOSS);
    fs::remove_dir_all(case.folder()).unwrap();
    assert_eq!(case.start(&one).await, WAIT_AFTER_LOSS);
    assert_eq!(case.worst_window(), 3);
}

#[tokio::test(start_paused = true)]
async fn times_from_before_a_reboot_do_not_count() {
    let mut case = Case::new();
    case.start(&case.process()).await;
    case.machine.boot = "second".into();
    assert_eq!(case.start(&case.process()).await, WAIT_AFTER_LOSS);
    // Where the system has no boot id, its clock shows the reboot.
    case.reboot();
    assert_eq!(case.start(&case.process()).await, WAIT_AFTER_LOSS);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_opened_permits_no_create() {
    let case = Case::new();
    let process = case.process();
    case.start(&process).await;
    let refused = async || unavailable(acquire(&process, MINUTE).await.unwrap_err());

    fs::remove_dir_all(case.folder()).unwrap();
    fs::write(case.folder(), "a file in place of the folder").unwrap();
    let error = refused().await;
    assert!(
        error.contains("cannot open") && error.contains("Not a directory"),
        "{error}"
    );
    assert_eq!(process.stats(ACTION).unwrap().unavailable, 1);
}

type Prepare = fn(&Path);

/// Returns a path of each kind that is not a regular file.
fn special_files() -> [(&'static str, Prepare); 5] {
    [
        ("a directory", |path| fs::create_dir(path).unwrap()),
        ("a symbolic link", |path| {
            symlink("/dev/full", path).unwrap();
        }),
        ("a symbolic link", |path| {
            symlink("elsewhere", path).unwrap();
        }),
        ("a named pipe", |path| {
            let status = bounded::status(Command::new("mkfifo").arg(path));
            assert!(status.unwrap().success());
        }),
        ("a socket", |path| drop(UnixListener::bind(path).unwrap())),
    ]
}

/// A pipe used to block for ever, and its opening could not be interrupted.
#[tokio::test(start_paused = true)]
async fn anything_but_a_regular_file_is_refused_at_once() {
    for (kind, prepare) in special_files() {
        let case = Case::new();
        let process = case.process();
        case.start(&process).await;
        let (file, before) = (case.file(), case.now());
        fs::remove_file(&file).unwrap();
        prepare(&file);
        let error = unavailable(acquire(&process, MINUTE).await.unwrap_err());
        let expected = format!("{} is {kind}, not a regular file", file.display());
        assert!(error.contains(&expected), "{error}");
        assert_eq!(case.now(), before, "{kind}");
        assert!(!file.with_file_name("elsewhere").exists());
    }
}

/// The same with the thread of a real limiter, whose runtime then ends without delay.
#[test]
fn a_pipe_keeps_neither_a_caller_nor_the_runtime() {
    let folder = tempfile::tempdir().unwrap();
    let clock = SystemClock::shared();
    let limiter = FileLimiter::new(folder.path(), ACCOUNT, clock.clone());
    let runtime = || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().build().unwrap()
    };
    assert!(
        runtime()
            .block_on(acquire(&limiter, MINUTE))
            .unwrap()
            .start()
    );
    let mut files = fs::read_dir(folder.path()).unwrap();
    let file = files.next().unwrap().unwrap().path();
    fs::remove_file(&file).unwrap();
    let status = bounded::status(Command::new("mkfifo").arg(&file));
    assert!(status.unwrap().success());
    let error = runtime().block_on(acquire(&limiter, MINUTE));
    let error = unavailable(error.unwrap_err());
    assert!(error.contains("is a named pipe"), "{error}");
}

/// The whole state is lost with the machine's disk, or was never writable.
#[tokio::test(start_paused = true)]
async fn reads_neither_wait_for_a_new_file_nor_need_one() {
    let case = Case::new();
    let process = case.process();
    let before = case.now();
    for _ in 0..3 {
        assert!(process.acquire(read()).await.unwrap().start());
    }
    assert_eq!(case.now(), before);
    // They are limited all the same.
    assert!(process.acquire(read()).await.unwrap().start());
    assert_eq!(case.now(), before + Duration::from_millis(1_050));

    let nowhere = Case::new();
    fs::create_dir_all(nowhere.folder().parent().unwrap()).unwrap();
    fs::write(nowhere.folder(), "a file in place of the folder").unwrap();
    let process = nowhere.process();
    let before = nowhere.now();
    for _ in 0..3 {
        assert!(process.acquire(read()).await.unwrap().start());
    }
    assert_eq!(nowhere.now(), before);
    assert!(process.acquire(read()).await.unwrap().start());
    assert_eq!(nowhere.now(), before + Duration::from_millis(1_050));
    unavailable(acquire(&process, MINUTE).await.unwrap_err());
}

#[tokio::test(start_paused = true)]
async fn a_stopped_process_that_holds_the_file_delays_others_for_a_bounded_time() {
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
