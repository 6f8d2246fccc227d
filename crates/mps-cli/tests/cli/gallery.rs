//! `mps batch gallery`: its file, and the commands in it, run by a shell.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use mps_aigc::{Aigc, Credentials, Endpoint, models::CreateAigcVideoTask};
use mps_jobs::{Jobs, never};
use serde_json::json;

use crate::{
    ledger_support::tasks,
    support::{Emulator, Run, run},
};

const PROMPT: &str = "it's \"a fox\" & `$HOME` \\ 雪 %s !!\nbreath \u{202e}in the cold";

/// Runs a batch of two rows by the library: one is fetched, and one is in doubt.
fn ledger_of(emulator: &Emulator) -> PathBuf {
    let folder = emulator.folder.path();
    let ledger = folder.join("clips.db");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    emulator.add_fault(&json!({"kind": "reply_lost", "times": 1, "match": "lighthouse"}));
    runtime.block_on(async {
        let [secret_id, secret_key] = emulator.keys();
        let aigc = Aigc::builder()
            .endpoint(Endpoint::parse(&emulator.endpoint).unwrap())
            .credentials(Credentials::new(secret_id, secret_key));
        let jobs = Jobs::open(ledger.to_str().unwrap()).await.unwrap();
        let jobs = jobs.batch("night").folder(folder.join("clips"));
        for (key, prompt) in [
            ("it's a fox", PROMPT),
            ("lighthouse", "the lighthouse turns"),
        ] {
            let request = CreateAigcVideoTask::new()
                .model_name("Kling")
                .prompt(prompt)
                .duration(5);
            jobs.submit(key, request)
                .out("day/{key}.{ext}")
                .await
                .unwrap();
        }
        let aigc = Aigc::from_builder(aigc).unwrap();
        let report = jobs.run_until_empty(aigc, never()).await.unwrap();
        assert_eq!(report.to_string(), "1 fetched, 1 in doubt, 10 s");
    });
    ledger
}

/// `mps batch gallery` on a ledger, with its output as JSON.
fn gallery(emulator: &Emulator, ledger: &Path, arguments: &[&str]) -> Run {
    let ledger = ledger.to_str().unwrap();
    let options = ["--output", "json", "--ledger", ledger, "batch", "gallery"];
    run(&mut emulator.recorded(&[&options, arguments].concat()))
}

/// Returns the commands in a page, as a browser copies them.
fn commands(page: &str) -> Vec<String> {
    let escapes = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#x2f;", "/"),
        ("&amp;", "&"),
    ];
    let codes = page.split("<code>").skip(1);
    let codes = codes.map(|code| code.split("</code>").next().unwrap().to_owned());
    let plain = codes.map(|code| {
        escapes
            .iter()
            .fold(code, |code, (escape, plain)| code.replace(escape, plain))
    });
    plain.collect()
}

/// Runs a command line as somebody who copied it into a shell.
fn shell(emulator: &Emulator, line: &str) -> Run {
    let program = Path::new(env!("CARGO_BIN_EXE_mps")).parent().unwrap();
    let [secret_id, secret_key] = emulator.keys();
    let mut command = Command::new("sh");
    command
        .args(["-c", line])
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", program.display()))
        .env("HOME", emulator.folder.path())
        .env("TENCENTCLOUD_SECRET_ID", secret_id)
        .env("TENCENTCLOUD_SECRET_KEY", secret_key)
        .current_dir(emulator.folder.path());
    run(&mut command)
}

#[test]
fn a_gallery_is_beside_the_results_and_its_commands_work() {
    let emulator = Emulator::start("0s");
    let ledger = ledger_of(&emulator);
    let written = gallery(&emulator, &ledger, &[]);
    assert_eq!(written.exit, 0, "{written:?}");
    let file = emulator.folder.path().join("clips/gallery.html");
    let result = json!({"schema": "mps.gallery/1", "name": "night", "file": file, "rows": 2, "files": 1, "gone": 0});
    assert_eq!(written.json(), result);

    let page = fs::read_to_string(&file).unwrap();
    let [_, secret_key] = emulator.keys();
    assert!(page.contains("day&#x2f;it_s%20a%20fox.mp4") && !page.contains(&secret_key));
    let commands = commands(&page);
    let [again, record, recreate, abandon] = &commands[..] else {
        panic!("{commands:?}");
    };
    let made = shell(&emulator, again);
    assert_eq!(made.exit, 0, "{again}\n{made:?}");
    assert!(
        emulator
            .folder
            .path()
            .join("it_s a fox-again.mp4")
            .is_file()
    );
    // The emulator compares requests value by value.
    assert_eq!(emulator.bill()["duplicates"], 1);
    assert!(
        record.ends_with("resolve --task-id TASK_ID -- night/lighthouse"),
        "{record}"
    );
    assert!(
        recreate.ends_with("resolve --recreate -- night/lighthouse"),
        "{recreate}"
    );
    let given_up = shell(&emulator, abandon);
    assert_eq!(given_up.exit, 0, "{abandon}\n{given_up:?}");
    let states = tasks(&emulator, &["--ledger", ledger.to_str().unwrap()]);
    assert!(
        states.iter().any(|task| task["state"] == "abandoned"),
        "{states:?}"
    );

    fs::remove_file(emulator.folder.path().join("clips/day/it_s a fox.mp4")).unwrap();
    let gone = gallery(&emulator, &ledger, &["--name", "night"]);
    assert_eq!(gone.json()["gone"], 1, "{gone:?}");
    assert!(
        fs::read_to_string(&file)
            .unwrap()
            .contains("The file is gone")
    );
}

#[test]
fn a_gallery_is_written_over_nothing_else() {
    let emulator = Emulator::start("0s");
    let ledger = emulator.folder.path().join("clips.db");
    let none = gallery(&emulator, &ledger, &[]);
    assert_eq!(none.exit, 2, "{none:?}");
    assert_eq!(none.error()["message"], "the ledger has no batch");
    let ledger = ledger_of(&emulator);
    let unknown = gallery(&emulator, &ledger, &["--name", "day", "--out", "x.html"]);
    assert_eq!(unknown.exit, 2, "{unknown:?}");
    let notes = emulator.folder.path().join("notes.html");
    fs::write(&notes, "mine").unwrap();
    let occupied = gallery(&emulator, &ledger, &["--out", "notes.html"]);
    assert_eq!(occupied.exit, 2, "{occupied:?}");
    assert_eq!(fs::read_to_string(&notes).unwrap(), "mine");
    let nowhere = gallery(&emulator, &ledger, &["--out", "no/such/folder.html"]);
    assert_eq!(nowhere.exit, 2, "{nowhere:?}");
}
