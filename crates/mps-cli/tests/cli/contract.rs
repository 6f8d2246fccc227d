//! The contract of the command line, a line at a time: each promise, beside the command that shows
//! it. The exit codes of every fault are in `bill`, signals in `signals`, and the emulator in `emulator`.

mod command_rows;
mod rows;

use std::thread;

use self::{
    command_rows::COMMAND_ROWS,
    rows::{ROWS, Row},
};
use crate::{
    examples::Home,
    support::{Emulator, Run},
};

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
    let rows: Vec<_> = ROWS.iter().chain(COMMAND_ROWS).collect();
    let parts = rows.chunks(rows.len().div_ceil(4));
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
