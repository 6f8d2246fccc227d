//! The contract of the command line, a line at a time: each promise, beside the command that shows
//! it. The exit codes of every fault are in `bill`, signals in `signals`, and the emulator in `emulator`.

use std::thread;

use crate::{
    examples::Home,
    support::{Emulator, Run},
};

/// A promise, the line of a shell that shows it, its exit code, and a part of stdout and of stderr.
type Row = (&'static str, &'static str, i32, &'static str, &'static str);

const ROWS: &[Row] = &[
    // Streams
    (
        "results on stdout",
        "mps -q video create --prompt a --wait",
        0,
        "/results/",
        "",
    ),
    (
        "the rest on stderr",
        "mps video create --prompt a --wait > /dev/null",
        0,
        "",
        "created task",
    ),
    (
        "media alone with --out -",
        "mps -q video create --prompt a --out - | head -c 8 | tail -c 4",
        0,
        "ftyp",
        "",
    ),
    (
        "a receipt that cannot be written",
        "mps video create --prompt a >&-",
        1,
        "",
        "resume with",
    ),
    (
        "a listing into a closed pipe",
        "mps models | head -n 1; exit 0",
        0,
        "FAMILY",
        "",
    ),
    // Exit codes
    (
        "0: status, whatever it is",
        "mps video status $ID",
        0,
        "",
        "",
    ),
    (
        "2: usage",
        "mps video status --nope",
        2,
        "",
        "unexpected argument",
    ),
    (
        "2: unknown id",
        "mps video status 2600000000-AigcVideo-0",
        2,
        "",
        "hint",
    ),
    (
        "2: a taken name before a create",
        "touch a.mp4; mps video create --prompt a --out a.mp4",
        2,
        "",
        "a.mp4",
    ),
    (
        "3: a refused key",
        "TENCENTCLOUD_SECRET_KEY=no mps video status $ID",
        3,
        "",
        "hint",
    ),
    (
        "3: no key",
        "TENCENTCLOUD_SECRET_ID= mps video status $ID",
        3,
        "",
        "--emulator",
    ),
    (
        "6: no network",
        "MPS_ENDPOINT=http://127.0.0.1:1 mps --deadline 1s video status 1",
        6,
        "",
        "hint",
    ),
    (
        "12: a cap",
        "mps video create --model Kling --prompt a --duration 5 --max-seconds 1",
        12,
        "",
        "nothing was sent",
    ),
    // Options that every command takes
    (
        "--emulator",
        "mps --emulator -q video create --prompt a --wait",
        0,
        "/results/",
        "",
    ),
    (
        "--endpoint",
        "mps --endpoint $MPS_ENDPOINT video status $ID",
        0,
        "",
        "",
    ),
    (
        "--site",
        "mps --site cn --output json check CreateAigcVideoTask < request.json",
        0,
        "\"site\":\"cn\"",
        "",
    ),
    (
        "--region",
        "mps --region ap-seoul video create --prompt a --dry-run",
        0,
        "ap-seoul",
        "",
    ),
    (
        "--profile",
        "mps --profile nope video status $ID",
        3,
        "",
        "there is no profile nope",
    ),
    (
        "--account",
        "mps --account main --output json config explain",
        0,
        "\"value\":\"main\"",
        "",
    ),
    (
        "--ledger",
        "mps --ledger off tasks",
        2,
        "",
        "needs a ledger",
    ),
    (
        "--limiter",
        "mps --limiter process video status $ID",
        0,
        "",
        "",
    ),
    (
        "--deadline",
        "mps --deadline 2 models",
        2,
        "",
        "write it as",
    ),
    (
        "--preflight",
        "mps --preflight warn video create --model Klingg --prompt a --dry-run",
        0,
        "Klingg",
        "",
    ),
    (
        "--strict",
        "mps --strict --preflight off models",
        2,
        "",
        "--strict",
    ),
    (
        "--output",
        "mps --output json models Kling",
        0,
        "{\"schema\":\"mps.models/1\"",
        "",
    ),
    (
        "-q",
        "mps -q video create --prompt a --key k",
        0,
        "AigcVideo",
        "",
    ),
    ("-v", "mps -v video status $ID", 0, "", "request id"),
    (
        "--color",
        "mps --color always models nope",
        2,
        "",
        "\u{1b}[",
    ),
    (
        "a variable",
        "MPS_OUTPUT=json mps models Kling",
        0,
        "{\"schema\"",
        "",
    ),
    (
        "an empty variable is unset",
        "MPS_OUTPUT= MPS_SITE= mps models Kling",
        0,
        "Kling",
        "",
    ),
    (
        "a flag overrides a variable",
        "MPS_OUTPUT=json mps --output human models Kling",
        0,
        "video Kling",
        "",
    ),
    (
        "a password on the command line",
        "mps --limiter redis://:hunter2@h models",
        2,
        "",
        "***",
    ),
    // Commands
    (
        "create",
        "mps -q video create --request request.json",
        0,
        "AigcVideo",
        "",
    ),
    (
        "create --dry-run",
        "mps video create --prompt a --dry-run",
        0,
        "# string to sign",
        "",
    ),
    (
        "flags override --request",
        "mps video create --request request.json --prompt 'a fox' --dry-run",
        0,
        "a fox",
        "",
    ),
    (
        "a --no- form",
        "mps video create --model Kling --prompt a --no-audio --dry-run",
        0,
        "false",
        "",
    ),
    (
        "an unknown model",
        "mps video create --model Klingg --prompt a",
        2,
        "",
        "Kling",
    ),
    (
        "--key: the same task",
        "mps -q video create --prompt a --key k > 1; mps -q video create --prompt a --key k > 2; cmp 1 2",
        0,
        "",
        "",
    ),
    (
        "--key: another body",
        "mps -q video create --prompt a --key k > 1; mps video create --prompt b --key k",
        2,
        "",
        "Prompt",
    ),
    ("wait", "mps -q video wait $ID", 0, "/results/", ""),
    (
        "wait --last",
        "mps -q video wait --last",
        0,
        "/results/",
        "",
    ),
    (
        "wait -",
        "mps -q video wait - < ids.txt",
        0,
        "/results/",
        "",
    ),
    (
        "download",
        "mps -q video wait $ID > 1; mps -q video download $ID --out a.mp4; test -s a.mp4",
        0,
        "a.mp4",
        "",
    ),
    ("tasks", "mps tasks", 0, "cat-1", ""),
    (
        "tasks --undone",
        "mps video wait $ID > 1 2>&1; mps tasks --undone",
        0,
        "",
        "",
    ),
    (
        "tasks --expiring",
        "mps video wait $ID > 1 2>&1; mps tasks --expiring",
        0,
        "cat-1",
        "",
    ),
    (
        "tasks export",
        "mps tasks export # cat-1",
        0,
        "\"key\":\"cat-1\"",
        "",
    ),
    ("tasks forget", "mps tasks forget $ID", 2, "", "not ended"),
    ("show", "mps show cat-1", 0, "history", ""),
    ("batch plan", "mps batch plan clips.jsonl", 0, "1 row", ""),
    (
        "batch run",
        "mps -q batch run clips.jsonl --out clips > 1; test -s clips/fox.mp4",
        0,
        "",
        "",
    ),
    (
        "batch status",
        "mps -q batch run clips.jsonl --out clips > 1; mps batch status",
        0,
        "1 of 1 fetched",
        "",
    ),
    (
        "batch step",
        "mps -q batch step clips.jsonl --key fox --out clips",
        5,
        "AigcVideo",
        "",
    ),
    (
        "call",
        "mps call DescribeAigcVideoTask --json '{\"TaskId\":\"'$ID'\"}'",
        0,
        "\"Status\"",
        "",
    ),
    (
        "check: 0",
        "mps check CreateAigcVideoTask --request request.json",
        0,
        "",
        "",
    ),
    (
        "check: 2",
        "echo '{\"Duration\":\"5\"}' | mps check CreateAigcVideoTask",
        2,
        "Duration",
        "",
    ),
    (
        "models",
        "mps models --can last_frame --duration 10",
        0,
        "Kling",
        "",
    ),
    (
        "sign",
        "mps sign --action CreateAigcVideoTask",
        0,
        "TC3-HMAC-SHA256",
        "",
    ),
    ("doctor", "mps doctor", 0, "credentials", ""),
    (
        "config explain",
        "mps config explain",
        0,
        "MPS_ENDPOINT",
        "",
    ),
    ("completion", "mps completion zsh", 0, "MPS_COMPLETE", ""),
    (
        "man",
        "mps man pages; test -s pages/mps-video-create.1",
        0,
        "mps-video-create.1",
        "",
    ),
    ("schema", "mps schema mps.error/1", 0, "\"in_doubt\"", ""),
    ("version", "mps version", 0, "2019-06-12", ""),
    // JSON
    (
        "an error is one object",
        "mps --output json video status --nope",
        2,
        "",
        "{\"schema\":\"mps.error/1\"",
    ),
    (
        "an event is one object",
        "mps --output json video create --prompt a --wait",
        0,
        "",
        "{\"schema\":\"mps.event/1\"",
    ),
    (
        "a log line is one object",
        "mps --output json -vv video status $ID",
        0,
        "",
        "{\"schema\":\"mps.log/1\"",
    ),
];

fn check(emulator: &Emulator, (promise, line, exit, stdout, stderr): &Row) -> Option<String> {
    // `cat-1` in a line means that there is a task with this key.
    let of_a_task = ["tasks", "show cat-1"]
        .iter()
        .any(|part| line.contains(part));
    let hint = if of_a_task { "cat-1" } else { line };
    let home = Home::new(emulator, "", hint);
    let run: Run = home.shell(emulator, line);
    let is_so = run.exit == *exit && run.stdout.contains(stdout) && run.stderr.contains(stderr);
    (!is_so).then(|| format!("{promise}: {line}: exit {exit}: {run:?}"))
}

#[test]
fn each_promise_is_shown_by_a_command() {
    let emulator = Emulator::start("0s");
    let emulator = &emulator;
    let parts = ROWS.chunks(ROWS.len().div_ceil(4));
    let broken: Vec<_> = thread::scope(|scope| {
        let threads = parts.map(|part| {
            scope.spawn(move || part.iter().filter_map(|row| check(emulator, row)).collect())
        });
        let threads: Vec<_> = threads.collect();
        let found = threads
            .into_iter()
            .flat_map(|it| -> Vec<String> { it.join().unwrap() });
        found.collect()
    });
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
