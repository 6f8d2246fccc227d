//! The emulator's page over sockets: tasks, bill, requests, faults, clock, and the token.

use std::time::Duration;

use mps_aigc::{
    Aigc, Credentials, Endpoint,
    models::{CreateAigcImageTask, CreateAigcVideoTask},
};
use mps_emulator::Emulator;
use mps_tests::browser::Browser;
use tempfile::TempDir;

use crate::scene::{Error, print};

/// Runs a scenario of `tests/browser/emulator.js`.
async fn check(browser: Browser, arguments: Vec<String>) -> Result<(), Error> {
    let checked = tokio::task::spawn_blocking(move || {
        let folder = TempDir::new()?;
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        browser.run("emulator.js", folder.path(), &arguments)
    });
    print(&checked.await??);
    Ok(())
}

fn client(emulator: &Emulator, secret_key: &str) -> Result<Aigc, Error> {
    let client = Aigc::builder()
        .endpoint(Endpoint::parse(emulator.endpoint())?)
        .credentials(Credentials::new(emulator.secret_id(), secret_key));
    Ok(Aigc::from_builder(client)?)
}

#[tokio::test]
async fn the_page_shows_and_controls_the_emulator() -> Result<(), Error> {
    let Some(browser) = Browser::installed() else {
        return Ok(());
    };
    let builder = Emulator::builder().task_times(Duration::ZERO, Duration::from_millis(500));
    let emulator = builder.start().await?;
    let aigc = client(&emulator, emulator.secret_key())?;
    let video = |prompt: &str| {
        CreateAigcVideoTask::new()
            .model_name("Kling")
            .model_version("2.6")
            .prompt(prompt)
            .duration(5)
    };
    for prompt in [
        "a fox",
        "a harbour at dawn",
        "a fox",
        "[emulator:fail]",
        "an owl",
    ] {
        aigc.video().create(&video(prompt)).await?;
    }
    let image = CreateAigcImageTask::new()
        .model_name("Kling")
        .prompt("a poster");
    aigc.image().create(&image).await?;
    let stranger = client(&emulator, "another key")?;
    assert!(stranger.video().create(&video("a cat")).await.is_err());
    let url = format!("{}/_emulator/", emulator.endpoint());
    check(browser, vec!["page".to_owned(), url]).await
}

#[tokio::test]
async fn the_page_asks_for_the_token_beyond_this_machine() -> Result<(), Error> {
    let Some(browser) = Browser::installed() else {
        return Ok(());
    };
    let builder = Emulator::builder().listen(([0, 0, 0, 0], 0).into());
    let emulator = builder.allow_host("emulator.example").start().await?;
    let token = emulator.control_token().ok_or("no token")?.to_owned();
    let url = format!("http://127.0.0.1:{}/_emulator/", emulator.address().port());
    check(browser, vec!["token".to_owned(), url, token]).await
}
