//! `mps show --open`: a result in the player of this machine, or the page of the service in a browser.

use std::{
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use mps_aigc::Site;
use mps_jobs::JobFile;
use serde_json::json;

use crate::{
    commands::create::existing::is_whole, context::Context, failure::Failure, foreign_text,
    output::Event,
};

/// Opens the first file that is as it was saved, else the page of the service.
pub(super) fn open(files: &[JobFile], context: &Context) -> Result<(), Failure> {
    let verified = files.iter().find_map(verified);
    let target = match verified {
        Some(path) => path.into_os_string(),
        None => OsString::from(page(context)?),
    };
    let shown = foreign_text::path(Path::new(&target));
    start(&target).map_err(|error| {
        Failure::internal(format!("cannot open {shown}: {error}"))
            .hint("open it yourself, or install xdg-utils")
    })?;
    let human = format!("opened {shown}");
    let details = json!({"path": shown});
    context
        .output
        .progress(&Event::new("opened", &human).details(details));
    Ok(())
}

/// Returns the absolute path of a file if it has the size and the hash that it was saved with: another
/// program may have put something else there, which a player or a shell would obey.
fn verified(file: &JobFile) -> Option<PathBuf> {
    // Absolute, so that no name is taken for an option.
    let path = file.path.canonicalize().ok()?;
    (path.is_file() && is_whole(file)).then_some(path)
}

/// Returns the page of the service that has the tasks: the vendor's console, or the page of an emulator.
fn page(context: &Context) -> Result<String, Failure> {
    let endpoint = context.endpoint()?;
    if endpoint.is_loopback() {
        let url = endpoint.as_str().trim_end_matches('/');
        return Ok(format!("{url}/_emulator/"));
    }
    Ok(match context.global.site() {
        Site::Cn => "https://console.cloud.tencent.com/mps".to_owned(),
        _ => "https://console.tencentcloud.com/mps".to_owned(),
    })
}

/// Starts the program that opens a file or a page, and does not wait for it.
fn start(target: &OsStr) -> io::Result<()> {
    let mut command = opener();
    command
        .arg(target)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().map(drop)
}

#[cfg(target_os = "macos")]
fn opener() -> Command {
    Command::new("/usr/bin/open")
}

#[cfg(windows)]
fn opener() -> Command {
    Command::new("explorer.exe")
}

#[cfg(not(any(windows, target_os = "macos")))]
fn opener() -> Command {
    Command::new("xdg-open")
}
