//! Makes one clip: `cargo run --example clip -- "a fox in the snow" fox.mp4`.
//!
//! Keys are those of the environment or a credentials file; `MPS_ENDPOINT` names an emulator.
#![allow(clippy::print_stdout)] // a program prints

use std::{env, error::Error};

use mps_aigc::{Aigc, Destination, DownloadOptions, models::CreateAigcVideoTask};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(prompt), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("usage: clip PROMPT FILE".into());
    };
    let place = Destination::reserve(path).await?; // a taken name or a full disk costs nothing yet
    let request = CreateAigcVideoTask::new()
        .model_name("Kling")
        .prompt(prompt)
        .duration(5);
    let task = Aigc::from_env()?.video().create(&request).await?; // billed; never sent twice
    println!("{}", task.handle()); // enough for `watch`, in any process, for twelve hours
    let results = task.until_done().await?;
    let files = results.results();
    for file in files.save_all_to(&place, &DownloadOptions::new()).await? {
        println!("{}: {} bytes", file.path.display(), file.bytes);
    }
    Ok(())
}
