//! Terminals that are narrow, have no size, or can do nothing: nothing is wider than they are.

use std::{io::Read as _, process::Command, thread};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use unicode_width::UnicodeWidthStr as _;

use crate::{
    bounded,
    support::{Emulator, exit_code, mps},
};

/// Runs a command on a terminal and returns all that it writes there.
fn on_terminal(command: &Command, columns: u16, variables: &[(&str, &str)]) -> (u32, String) {
    let size = PtySize {
        rows: 24,
        cols: columns,
        ..PtySize::default()
    };
    let pty = native_pty_system().openpty(size).unwrap();
    let mut builder = CommandBuilder::new(command.get_program());
    builder.args(command.get_args());
    builder.env_clear();
    builder.env("TERM", "xterm");
    for (name, value) in command.get_envs() {
        builder.env(name, value.unwrap_or_default());
    }
    for (name, value) in variables {
        builder.env(name, value);
    }
    builder.cwd(command.get_current_dir().unwrap());
    let mut process = pty.slave.spawn_command(builder).unwrap();
    let mut output = pty.master.try_clone_reader().unwrap();
    drop(pty.slave);
    let reader = thread::spawn(move || {
        let mut written = Vec::new();
        // A terminal whose last process has ended is an error on Linux.
        let _ended = output.read_to_end(&mut written);
        written
    });
    let exit = exit_code(&mut *process, || format!("{command:?}"));
    let written = bounded::join(reader);
    (exit, String::from_utf8_lossy(&written).replace('\r', ""))
}

/// Returns the text without the sequences that choose a colour.
fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap().to_owned();
    let rest = parts.map(|part| part.split_once('m').unwrap_or(("", part)).1);
    [first].into_iter().chain(rest.map(str::to_owned)).collect()
}

#[test]
fn help_is_wrapped_to_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    for (columns, bound) in [(60, 60), (80, 80), (200, 100)] {
        for words in [
            &["--help"][..],
            &["video", "create", "-h"],
            &["emulator", "--help"],
        ] {
            let mut command = mps(folder.path());
            command.args(words);
            let (exit, written) = on_terminal(&command, columns, &[]);
            assert_eq!(exit, 0, "{written}");
            let text = plain(&written);
            // A word can be longer than the line.
            let wide = text
                .lines()
                .filter(|line| line.width() > bound && line.trim().contains(' '))
                .filter(|line| !line.contains("--"));
            assert_eq!(wide.collect::<Vec<_>>(), [""; 0], "{columns}");
            assert!(
                written.contains("\u{1b}["),
                "{columns}: colour on a terminal"
            );
        }
    }
}

#[test]
fn tables_fit_a_terminal_of_any_width() {
    let emulator = Emulator::start("1h");
    let created = emulator.record(&["video", "create", "--prompt", "a", "--key", "fox"]);
    assert_eq!(created.exit, 0, "{created:?}");
    for columns in [20, 40, 80, 200] {
        for words in [&["models"][..], &["tasks"]] {
            let (exit, written) = on_terminal(&emulator.recorded(words), columns, &[]);
            assert_eq!(exit, 0, "{written}");
            let widest = plain(&written)
                .lines()
                .map(unicode_width::UnicodeWidthStr::width)
                .max();
            assert!(
                widest <= Some(columns.into()),
                "{words:?} {columns}: {written}"
            );
        }
    }
}

#[test]
fn a_terminal_without_a_size_or_a_dumb_one_is_as_good() {
    let emulator = Emulator::start("0s");
    let create = ["video", "create", "--prompt", "a", "--wait"];
    for (columns, variables) in [
        (0, &[][..]),
        (20, &[]),
        (80, &[("TERM", "dumb")]),
        (80, &[("TERM", "")]),
    ] {
        let (exit, written) = on_terminal(&emulator.mps(&create), columns, variables);
        assert_eq!(exit, 0, "{columns}: {written}");
        assert!(written.contains("/results/"), "{columns}: {written}");
        let (exit, help) = on_terminal(&emulator.mps(&["-h"]), columns, variables);
        assert_eq!(exit, 0, "{help}");
        let is_dumb = variables.contains(&("TERM", "dumb"));
        assert_eq!(help.contains('\u{1b}'), !is_dumb, "{columns}: {help}");
    }
}
