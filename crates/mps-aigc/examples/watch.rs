//! Follows any number of tasks and saves their results, whatever process created them:
//! `cargo run --example watch < tasks.txt`, with one handle or id a line, as `clip` prints them.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a program prints

use std::{error::Error, io};

use mps_aigc::{Advice, Aigc, Event, TaskHandle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut tasks: Vec<TaskHandle> = Vec::new();
    for line in io::stdin().lines() {
        tasks.push(line?.parse()?);
    }
    let mut events = Aigc::from_env()?.watch_all(tasks); // one budget of 40 polls a second for all
    while let Some(event) = events.next().await {
        match event {
            Event::Progress { task, eta, .. } => println!("{}: {:?} left", task.id(), eta.p50),
            Event::Done { results, .. } => {
                for file in results.save_all("clips/{task_id}-{index}.{ext}").await? {
                    println!("{}", file.path.display());
                }
            }
            Event::Failed { task, error, .. } => match error.advice() {
                Advice::RetryLater => println!("{} is not done yet", task.id()),
                _ => eprintln!("{error}"),
            },
            _ => {} // queued, running, a poll that failed: the watch goes on
        }
    }
    Ok(())
}
