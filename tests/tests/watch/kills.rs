//! Processes that are killed while they wait and while they download.

use std::{
    collections::HashSet,
    fs,
    process::{Child, Stdio},
};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use mps_tests::commands::{self, World, kill, until, until_beside, visible_files};

use crate::{host::Host, long::repetitions};

const MIB: u64 = 1 << 20;

/// A new process has nothing but the handles of the tasks that have no file yet.
#[tokio::test]
async fn a_wait_is_resumed_from_handles_after_each_kill() {
    let kills = repetitions(10, 100);
    let world = World::start(&["--queue-time", "0s", "--render-time", "1m..10m", "--freeze"]);
    let ids: Vec<_> = (0..20)
        .map(|number| world.create(&format!("clip {number}")))
        .collect();
    let folder = world.path("out");
    fs::create_dir(&folder).unwrap();
    let unfetched = || {
        let files: HashSet<_> = visible_files(&folder).into_iter().collect();
        let missing = |id: &&String| !files.contains(&format!("{id}.mp4"));
        let ids: Vec<_> = ids.iter().filter(missing).map(String::as_str).collect();
        ids.join("\n")
    };
    let wait = || {
        fs::write(world.path("handles"), unfetched()).unwrap();
        let mut wait = world.mps(&["video", "wait", "--out", "out", "-"]);
        wait.stdin(Stdio::from(fs::File::open(world.path("handles")).unwrap()));
        // Nobody reads these pipes while the process runs.
        wait.stdout(Stdio::null()).stderr(Stdio::null());
        wait.spawn().unwrap()
    };
    for round in 0..kills {
        if unfetched().is_empty() {
            break;
        }
        let before = requests(&world);
        let mut process = wait();
        // Killed at a different moment each time: after a few polls, or within downloads. It may have fetched the last
        // results by then.
        let mut until_more = async |before: u64, more: u64| {
            let ended = |process: &mut Child| process.try_wait().unwrap().is_some();
            until(|| requests(&world) > before + more || ended(&mut process)).await;
        };
        until_more(before, round as u64 % 7).await;
        world.post("clock", &json!({"advance": format!("{}s", 600 / kills)}));
        until_more(requests(&world), round as u64 % 3).await;
        kill(process);
    }
    world.post("clock", &json!({"advance": "10m"}));
    if !unfetched().is_empty() {
        let end = ended(wait()).await;
        assert_eq!(end.exit, Some(0), "{end:?}");
    }
    let mut names: Vec<_> = ids.iter().map(|id| format!("{id}.mp4")).collect();
    names.sort();
    assert_eq!(
        visible_files(&folder),
        names,
        "each result once, and nothing else"
    );
    let expected = world
        .mps(&["video", "download", "--out", "expected.mp4", &ids[0]])
        .spawn();
    assert_eq!(ended(expected.unwrap()).await.exit, Some(0));
    let sha256 = |path| hex::encode(Sha256::digest(fs::read(path).unwrap()));
    for name in names {
        assert_eq!(
            sha256(folder.join(&name)),
            sha256(world.path("expected.mp4")),
            "{name}"
        );
    }
    assert_eq!(world.control("bill")["creates"], ids.len());
}

/// Waits for the end of a command while the host goes on.
async fn ended(child: Child) -> commands::End {
    let end = tokio::task::spawn_blocking(|| commands::ended(child));
    end.await.unwrap()
}

/// Returns the number of polls and downloads that the emulator has received.
fn requests(world: &World) -> u64 {
    let log = world.control("requests");
    let listed = |name: &str| log[name].as_array().unwrap().len() as u64;
    let count = |name: &str| log[name].as_u64().unwrap();
    listed("requests") + listed("downloads") + count("forgotten") + count("downloads_forgotten")
}

/// At most 1 MiB is fetched twice a kill, and the file appears when it is whole.
#[tokio::test]
async fn a_download_is_resumed_where_the_killed_one_was() {
    let kills = repetitions(10, 100);
    let world = World::start(&["--queue-time", "0s", "--render-time", "0s"]);
    let id = world.create("a cat");
    let folder = world.path("out");
    fs::create_dir(&folder).unwrap();
    // Each process gets on by about 1 MiB before it is killed.
    let size = usize::try_from(MIB).unwrap() * (kills + 2);
    let host = Host::start(world.address(), size, folder.clone()).await;
    let download = || {
        let arguments = ["video", "download", "--out", "out/big.mp4", &id];
        let mut download = world.mps_at(&host.address, &arguments);
        download.spawn().unwrap()
    };
    for round in 0..kills as u64 {
        let before = host.sent();
        let mut process = download();
        // At a different place each time.
        let more = 256 * 1024 + round * 97_001 % (768 * 1024);
        until_beside(&mut process, || host.sent() >= before + more).await;
        kill(process);
        assert_eq!(
            visible_files(&folder),
            Vec::<String>::new(),
            "not whole yet"
        );
    }
    let end = ended(download()).await;
    assert_eq!(end.exit, Some(0), "{end:?}");
    let result: Value = serde_json::from_str(&end.stdout).unwrap();
    assert_eq!(result["files"][0]["sha256"], host.sha256);
    let content = fs::read(folder.join("big.mp4")).unwrap();
    assert_eq!(hex::encode(Sha256::digest(content)), host.sha256);
    let twice = host.sent() - host.size;
    assert!(
        twice <= kills as u64 * MIB,
        "{twice} bytes were fetched twice in {kills} kills"
    );
    let left = fs::read_dir(&folder).unwrap().count();
    assert_eq!(left, 1, "no temporary file is left");
}
