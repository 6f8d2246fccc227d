//! The entry point of `cargo xtask`; see [`xtask::cli`].

use std::{io::Write, process::ExitCode};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match xtask::cli::run(&args) {
        Ok(code) => code.into(),
        Err(failure) => {
            // If stderr is closed, the message is lost.
            let _ = writeln!(std::io::stderr(), "{failure}");
            ExitCode::FAILURE
        }
    }
}
