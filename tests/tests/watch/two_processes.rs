//! Two processes that download to one path.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use mps_tests::commands::{World, ended, visible_files};

use crate::long::repetitions;

#[test]
fn of_two_processes_with_one_path_one_refuses_and_the_file_is_whole() {
    let world = World::start(&["--queue-time", "0s", "--render-time", "0s"]);
    let id = world.create("a cat");
    let folder = world.path("out");
    std::fs::create_dir(&folder).unwrap();
    for run in 0..repetitions(20, 200) {
        let name = format!("out/{run}.mp4");
        let download = ["video", "download", "--out", &name, &id];
        let both = [world.mps(&download), world.mps(&download)].map(|mut it| it.spawn().unwrap());
        let mut ends = both.map(ended);
        ends.sort_by_key(|end| end.exit);
        let [winner, loser] = ends;
        assert_eq!(
            (winner.exit, loser.exit),
            (Some(0), Some(2)),
            "{winner:?} {loser:?}"
        );
        let result: Value = serde_json::from_str(&winner.stdout).unwrap();
        let content = std::fs::read(world.path(&name)).unwrap();
        let sha256 = hex::encode(Sha256::digest(&content));
        assert_eq!(result["files"][0]["sha256"], sha256);
        let error: Value = serde_json::from_str(loser.stderr.lines().last().unwrap()).unwrap();
        let kind = error["kind"].as_str().unwrap();
        assert!(["in_use", "already_exists"].contains(&kind), "{error}");
        assert_eq!(visible_files(&folder).len(), run + 1, "no second file");
    }
}
