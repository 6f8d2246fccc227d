//! Disks that are full or can only be read. Needs the right to mount a file system; skipped without.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use mps_jobs::{Ledger, LedgerError, LedgerErrorKind, ledger::Submission};

use crate::{bounded, support::*};

/// A small file system in memory.
struct Disk {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Disk {
    fn mount() -> Option<Self> {
        let folder = folder();
        let path = folder.path().join("disk");
        std::fs::create_dir(&path).unwrap();
        let disk = Self {
            _folder: folder,
            path,
        };
        let mounted = run(
            &["-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs"],
            &disk.path,
        );
        if !mounted {
            println!("skipped: mounting a file system is not permitted");
        }
        mounted.then_some(disk)
    }

    fn ledger(&self) -> PathBuf {
        self.path.join("tasks.db")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let mut umount = Command::new("umount");
        let _ends_with_the_machine = bounded::status(umount.arg("--lazy").arg(&self.path));
    }
}

fn run(options: &[&str], path: &Path) -> bool {
    let mut mount = Command::new("mount");
    mount.args(options).arg(path).stderr(Stdio::null());
    bounded::status(&mut mount).is_ok_and(|status| status.success())
}

#[tokio::test]
async fn a_full_disk_records_no_send_and_recovers() {
    let Some(disk) = Disk::mount() else { return };
    let ledger = open(&disk.ledger()).await;
    let claim = claim_single(&ledger, "first", "a cat").await;
    let filler = disk.path.join("filler");
    // Less than the whole rest leaves no room for a page of the log.
    let _full = std::fs::write(&filler, vec![0; 4 << 20]);

    let error = fill(&ledger).await;
    assert_eq!(error.kind(), LedgerErrorKind::Full, "{error:?}");
    assert!(error.kind().is_transient() && error.hint().is_some());
    let error = ledger.arm(&claim.token()).await.unwrap_err();
    assert_eq!(error.kind(), LedgerErrorKind::Full, "{error:?}");

    std::fs::remove_file(&filler).unwrap();
    let state = get(&ledger, &claim.item.row).await.state;
    if state == mps_jobs::State::Sending {
        // The store had room, and the seal had not.
        assert!(ledger.disarm(&claim.token()).await.unwrap());
    }
    ledger.arm(&claim.token()).await.unwrap();
}

/// Submits creates until one is not recorded.
async fn fill(ledger: &Ledger) -> LedgerError {
    for n in 0..1_000 {
        let mut single = single(&format!("key-{n}"), &format!("prompt {n}"));
        single.item.body = "x".repeat(10_000);
        match ledger.submit(single).await {
            Ok(Submission::Claimed(_)) => {}
            Ok(other) => panic!("{other:?}"),
            Err(error) => return error,
        }
    }
    panic!("the disk is not full");
}

#[tokio::test]
async fn a_disk_that_can_only_be_read_is_refused() {
    let Some(disk) = Disk::mount() else { return };
    let path = disk.ledger();
    drop(open(&path).await);
    assert!(run(&["-o", "remount,ro"], &disk.path));
    let error = Ledger::open(path.to_str().unwrap(), clock())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), LedgerErrorKind::ReadOnly, "{error:?}");
}
