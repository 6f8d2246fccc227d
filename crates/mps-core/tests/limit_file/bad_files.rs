//! Files that say nothing, are gone, or cannot be used.

use std::{fs, time::Duration};

use mps_core::limit::Limiter;

use crate::support::*;

#[tokio::test(start_paused = true)]
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

#[tokio::test(start_paused = true)]
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

#[tokio::test(start_paused = true)]
async fn a_machine_that_started_anew_does_not_believe_the_old_times() {
    let mut case = Case::new();
    case.start(&case.process()).await;
    case.machine.boot = "second".into();
    assert_eq!(case.start(&case.process()).await, QUIET);
    // Where the system does not tell its boots, the clock does.
    case.restart_machine();
    assert_eq!(case.start(&case.process()).await, QUIET);
}

#[tokio::test(start_paused = true)]
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
    assert!(
        error.contains("cannot open") && error.contains("Not a directory"),
        "{error}"
    );
    assert_eq!(process.stats(ACTION).unwrap().unavailable, 2);
}

#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
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

#[tokio::test(start_paused = true)]
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
