//! The example of a web service, restarted and killed while it makes clips.

use std::{fs, io, path::Path};

use mps_emulator::Emulator;
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    process::Child,
};

use crate::{
    bounded::within,
    ports::unused_port,
    program,
    server::{self, Account},
};

/// Submits clips and ends the service with a signal, again and again.
async fn restarts(clips: usize, restarts: usize, signal: Signal) -> (Emulator, TempDir, Account) {
    let emulator = server::start().await;
    let folder = TempDir::new().unwrap();
    let port = unused_port().unwrap();
    let mut submitted = 0;
    for restart in 0..=restarts {
        let mut service = start(&emulator, folder.path(), port);
        let goal = clips * (restart + 1) / (restarts + 1);
        while submitted < goal {
            submit(port, submitted).await;
            submitted += 1;
        }
        if restart < restarts {
            // Somewhere in the middle of what was submitted last.
            let sent = goal - fastrand::usize(..=clips / (restarts + 1) / 2);
            let answered = "NOT IN ('planned', 'intent', 'sending')";
            server::until("answers", || rows(folder.path(), answered) >= sent).await;
        } else {
            let ended = "IN ('fetched', 'in_doubt')";
            server::until("the rest", || rows(folder.path(), ended) >= clips).await;
        }
        let ended_well = program::end(&mut service, signal).await;
        assert_eq!(ended_well, signal == Signal::TERM);
    }
    let account = Account::of(&emulator, &folder.path().join("clips.db")).await;
    (emulator, folder, account)
}

fn start(emulator: &Emulator, folder: &Path, port: u16) -> Child {
    let mut command = program::example("web_service");
    command.env("LISTEN", format!("127.0.0.1:{port}"));
    program::start(&mut command, emulator, folder)
}

/// Submits a clip, again until the service confirms it: the key makes it one job.
async fn submit(port: u16, clip: usize) {
    let body = format!(r#"{{"key": "clip-{clip}", "prompt": "clip {clip}"}}"#);
    let request = format!(
        "POST /clips HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    server::until_async("the service takes a clip", async || {
        let answer = exchange(port, &request).await;
        answer.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    })
    .await;
}

async fn exchange(port: u16, request: &str) -> io::Result<String> {
    let exchange = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    };
    within("answer of the service", exchange).await
}

/// Returns the number of jobs in some states, by a look at the database.
fn rows(folder: &Path, states: &str) -> usize {
    let database = rusqlite::Connection::open(folder.join("clips.db")).unwrap();
    let sql = format!("SELECT COUNT(*) FROM item WHERE state {states}");
    let rows = database.query_row(&sql, [], |row| row.get::<_, i64>(0));
    rows.map_or(0, |rows| usize::try_from(rows).unwrap())
}

fn files(folder: &Path) -> usize {
    let names = fs::read_dir(folder.join("clips")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter(|name| name.ends_with(".mp4") && !name.starts_with('.'))
        .count()
}

async fn terminated(clips: usize, times: usize) {
    let (emulator, folder, account) = restarts(clips, times, Signal::TERM).await;
    println!(
        "SIGTERM {times}: {account:?}, {} files",
        files(folder.path())
    );
    account.check(clips);
    assert_eq!((account.creates, account.fetched), (clips as u64, clips));
    assert_eq!(files(folder.path()), clips);
    server::check_limit(&emulator);
}

async fn killed(clips: usize, times: usize) {
    let (emulator, folder, account) = restarts(clips, times, Signal::KILL).await;
    println!(
        "SIGKILL {times}: {account:?}, {} false doubts",
        account.false_doubts()
    );
    account.check(clips);
    assert_eq!(files(folder.path()), account.fetched);
    server::check_limit(&emulator);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_terminated_pays_for_each_clip_once_and_saves_it() {
    terminated(60, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_killed_pays_for_no_clip_twice() {
    killed(60, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs for a minute; nightly"]
async fn a_service_that_is_terminated_20_times_pays_for_300_clips_once() {
    terminated(300, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs for a minute; nightly"]
async fn a_service_that_is_killed_20_times_pays_for_no_clip_of_300_twice() {
    killed(300, 20).await;
}
