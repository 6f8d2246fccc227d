//! The example of a batch, as it is printed in the documentation.

use std::fs;

use tempfile::TempDir;

use crate::{program, server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_batch_makes_a_clip_for_each_line_once() {
    let emulator = server::start().await;
    let folder = TempDir::new().unwrap();
    let line = |row| format!("{{\"id\": \"row-{row}\", \"prompt\": \"clip {row}\"}}\n");
    let lines: String = (0..5).map(line).collect();
    fs::write(folder.path().join("prompts.jsonl"), lines).unwrap();
    for _ in 0..2 {
        let batch = program::start(&mut program::example("batch"), &emulator, folder.path());
        let output = batch.wait_with_output().await.unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(printed, "5 fetched, 25 of 3,000 s\n");
    }
    assert_eq!(
        (emulator.bill().creates, emulator.bill().duplicates),
        (5, 0)
    );
    assert!(folder.path().join("clips/row-4.mp4").exists());
}

#[test]
fn the_examples_are_short() {
    for (name, most) in [("web_service", 70), ("batch", 26)] {
        let path = format!("{}/examples/{name}.rs", env!("CARGO_MANIFEST_DIR"));
        let source = fs::read_to_string(path).unwrap();
        let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
        let lines = source.lines().filter(is_code).count();
        assert!(lines <= most, "{name} has {lines} lines");
    }
}
