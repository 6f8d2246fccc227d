//! The lines of a wait on a terminal: the screen as a person sees it, and nothing of it elsewhere.

use std::{
    io::Read as _,
    num::NonZero,
    process::Command,
    sync::{Arc, Mutex},
    thread,
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::{
    bounded,
    support::{Emulator, eventually, eventually_or, exit_code},
};

/// A command on a terminal of some width, and the screen that it leaves.
struct Screen {
    process: Box<dyn Child + Send + Sync>,
    parser: Arc<Mutex<vt100::Parser>>,
    written: Arc<Mutex<Vec<u8>>>,
    reader: Option<thread::JoinHandle<()>>,
    // Its end would hang up the terminal.
    _master: Box<dyn MasterPty + Send>,
}

impl Screen {
    fn run(command: &Command, columns: u16, environment: &[(&str, &str)]) -> Self {
        let size = PtySize {
            rows: 10,
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
        for (name, value) in environment {
            builder.env(name, value);
        }
        builder.cwd(command.get_current_dir().unwrap());
        let process = pty.slave.spawn_command(builder).unwrap();
        let parser = Arc::new(Mutex::new(vt100::Parser::new(
            non_zero(10),
            non_zero(columns),
            0,
        )));
        let (mut output, writer) = (pty.master.try_clone_reader().unwrap(), parser.clone());
        let written = Arc::new(Mutex::new(Vec::new()));
        let all = written.clone();
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            // A terminal whose last process has ended is an error on Linux.
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                writer.lock().unwrap().process(&buffer[..count]);
                all.lock().unwrap().extend_from_slice(&buffer[..count]);
            }
        });
        Self {
            process,
            parser,
            written,
            reader: Some(reader),
            _master: pty.master,
        }
    }

    /// Returns the lines of the screen, with `#` for every number.
    fn text(&self) -> String {
        let parser = self.parser.lock().unwrap();
        let screen = parser.screen();
        let rows = screen.rows(0, screen.size().1.get());
        let rows: Vec<_> = rows.map(|row| numbers_hidden(row.trim_end())).collect();
        rows.join("\n")
    }

    /// Returns the number of bytes that the command has written.
    fn bytes(&self) -> usize {
        self.written.lock().unwrap().len()
    }

    /// Returns the rows whose text continues on the next one, since it was too long.
    fn wrapped_rows(&self) -> Vec<u16> {
        let parser = self.parser.lock().unwrap();
        let screen = parser.screen();
        let (rows, columns) = screen.size();
        // Lines are filled with blanks to the right edge, which is no text.
        let is_full = |row: &u16| {
            let last = screen.cell(*row, columns.get() - 1).unwrap();
            screen.row_wrapped(*row) && !last.contents().trim().is_empty()
        };
        (0..rows.get()).filter(is_full).collect()
    }

    /// Returns `true` if the command has cleared the whole screen, which flickers.
    fn was_cleared(&self) -> bool {
        const CLEARS: [&[u8]; 4] = [b"\x1b[2J", b"\x1b[3J", b"\x1b[H", b"\x1bc"];
        let written = self.written.lock().unwrap();
        let has = |clear: &[u8]| written.windows(clear.len()).any(|part| part == clear);
        CLEARS.into_iter().any(has)
    }

    fn wait_for(&self, text: &str) {
        self.until(|screen| screen.contains(text));
    }

    fn until(&self, is_so: impl Fn(&str) -> bool) {
        eventually_or(|| {
            let text = self.text();
            if is_so(&text) { Ok(()) } else { Err(text) }
        });
    }

    fn has_color(&self) -> bool {
        let parser = self.parser.lock().unwrap();
        let screen = parser.screen();
        let (rows, columns) = screen.size();
        let mut cells =
            (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
        cells.any(|(row, column)| {
            let cell = screen.cell(row, column).unwrap();
            cell.fgcolor() != vt100::Color::Default
        })
    }

    /// Ends the command as Ctrl-C does; its last screen.
    fn interrupt(self) -> String {
        let process = i32::try_from(self.process.process_id().unwrap()).unwrap();
        kill_process(Pid::from_raw(process).unwrap(), Signal::INT).unwrap();
        let (exit, screen) = self.end();
        assert_eq!(exit, 130, "{screen}");
        screen
    }

    /// Waits for the end of the command: its exit code, and its last screen.
    fn end(mut self) -> (u32, String) {
        let shown = || self.parser.lock().unwrap().screen().contents();
        let exit = exit_code(&mut *self.process, shown);
        // The end of its output, since no other process has the terminal open.
        bounded::join(self.reader.take().unwrap());
        (exit, self.text())
    }
}

fn non_zero(number: u16) -> NonZero<u16> {
    NonZero::new(number).unwrap()
}

fn create(emulator: &Emulator, prompt: &str) -> String {
    let run = emulator.run(&["video", "create", "--prompt", prompt]);
    assert_eq!(run.exit, 0, "{run:?}");
    run.stdout.trim_end().to_owned()
}

/// Returns the end of an id that is shown, with `#` for every number.
fn shown(id: &str) -> String {
    numbers_hidden(&id[id.len() - 8..])
}

fn numbers_hidden(text: &str) -> String {
    let mut hidden = String::new();
    for character in text.chars() {
        match character {
            '0'..='9' if hidden.ends_with('#') => {}
            '0'..='9' => hidden.push('#'),
            _ => hidden.push(character),
        }
    }
    hidden
}

/// A line of the live view: the id, padded columns, and the rest.
fn line(id: &str, rest: &str) -> String {
    let words = rest.split(' ').filter(|word| !word.is_empty());
    let words: Vec<_> = words.collect();
    format!("{} {}", shown(id), words.join(" "))
}

/// Returns the lines of a screen with single blanks.
fn lines(screen: &str) -> Vec<String> {
    let lines = screen.lines().filter(|line| !line.is_empty());
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    lines.map(words).collect()
}

#[test]
fn each_task_has_a_line_that_is_drawn_in_place_and_removed_at_the_end() {
    let emulator = Emulator::start("1h");
    let ids = [create(&emulator, "a"), create(&emulator, "b")];
    for columns in [80, 40] {
        let wait = emulator.mps(&["video", "wait", &ids[0], &ids[1]]);
        let screen = Screen::run(&wait, columns, &[]);
        let expected = ids.each_ref().map(|id| line(id, "RUN #s"));
        screen.until(|screen| {
            let mut lines = lines(screen);
            lines.sort();
            let mut expected = expected.clone();
            expected.sort();
            lines == expected
        });
        // Drawn in place: after more seconds there are still two lines, and nothing else. The screen may be seen
        // while it is drawn.
        let before = screen.bytes();
        eventually(|| screen.bytes() > before);
        screen.until(|screen| lines(screen).len() == 2);
        let last = screen.interrupt();
        assert!(!last.contains("RUN"), "{last}");
        let hint = last.replace('\n', "");
        assert!(hint.contains("resume with"), "{last}");
    }
}

#[test]
fn nothing_of_a_live_view_wraps_or_flickers_at_any_width() {
    let emulator = Emulator::start("1h");
    let ids = [create(&emulator, "a"), create(&emulator, "b")];
    crate::batch_support::manifest(&emulator, "foxes.jsonl", 1..=3);
    let wait = emulator.mps(&["video", "wait", &ids[0], &ids[1]]);
    let failing = emulator.mps(&["--deadline", "1s", "image", "wait", "1-AigcImage-0"]);
    let batch = emulator.recorded(&["batch", "run", "foxes.jsonl", "--out", "clips"]);
    emulator.add_fault(&json!({"kind": "http", "status": 503, "action": "DescribeAigcImageTask"}));
    for columns in [60, 80, 200] {
        for (command, text, rows, redraws) in [
            (&wait, "RUN", 2, 2),
            (&failing, "answer", 1, 2),
            (&batch, "# running", 5, 0),
        ] {
            let screen = Screen::run(command, columns, &[]);
            screen.wait_for(text);
            screen.until(|screen| lines(screen).len() >= rows);
            // A batch is drawn again only when something has changed.
            for _ in 0..redraws {
                let before = screen.bytes();
                eventually(|| screen.bytes() > before);
            }
            assert_eq!(
                screen.wrapped_rows(),
                [0; 0],
                "{columns}: {}",
                screen.text()
            );
            assert!(!screen.was_cleared(), "{columns}: {}", screen.text());
            screen.interrupt();
        }
    }
}

#[test]
fn a_batch_has_a_bar_for_each_stage_that_is_removed_at_the_end() {
    let emulator = Emulator::start("1h");
    crate::batch_support::manifest(&emulator, "foxes.jsonl", 1..=3);
    let batch = ["batch", "run", "foxes.jsonl", "--out", "clips"];
    let screen = Screen::run(&emulator.recorded(&batch), 80, &[]);
    screen.until(|screen| {
        let lines = lines(screen);
        let has = |text: &str| lines.iter().any(|line| line.contains(text));
        has("foxes: # of # fetched, # %")
            && has("started \u{2588}")
            && has("rendered \u{2591}")
            && has("# planned, # running, # to fetch, # s")
    });
    let last = screen.interrupt();
    assert!(
        !last.contains('\u{2588}') && !last.contains('\u{2591}'),
        "{last}"
    );
    assert!(last.contains("starting nothing more"), "{last}");
}

#[test]
fn a_download_shows_its_bytes_and_its_speed() {
    let emulator = Emulator::start("0s");
    let id = create(&emulator, "a");
    emulator.add_fault(&json!({"kind": "drip", "pieces": 1000, "action": "download"}));
    let download = emulator.mps(&["video", "download", "--out", "a.mp4", &id]);
    for (columns, text) in [(80, "B of "), (40, " %")] {
        let screen = Screen::run(&download, columns, &[]);
        screen.wait_for("download");
        screen.wait_for(text);
        let last = screen.interrupt();
        // A long line continues on the next row.
        let hint = last.replace('\n', "");
        assert!(hint.contains("download --out a.mp#"), "{last}");
    }
}

#[test]
fn polls_that_fail_are_shown_with_the_time_since() {
    let emulator = Emulator::start("1h");
    let id = create(&emulator, "a");
    emulator.add_fault(&json!({"kind": "http", "status": 503}));
    let wait = emulator.mps(&["--deadline", "1s", "video", "wait", &id]);
    let screen = Screen::run(&wait, 80, &[]);
    screen.wait_for("no poll answered for #s; waiting on");
    assert!(screen.has_color());
    emulator.clear_faults();
    screen.wait_for("RUN");
    screen.interrupt();
}

#[test]
fn a_result_is_printed_where_the_line_was() {
    let emulator = Emulator::start("0s");
    let create = ["video", "create", "--prompt", "a", "--out", "a.mp4"];
    let (exit, screen) = Screen::run(&emulator.mps(&create), 80, &[]).end();
    assert_eq!(exit, 0, "{screen}");
    assert_eq!(
        lines(&screen).last().map(String::as_str),
        Some("a.mp#"),
        "{screen}"
    );
    assert!(!screen.contains("download"), "{screen}");
}

#[test]
fn a_dumb_terminal_quiet_and_json_have_no_live_lines() {
    let emulator = Emulator::start("1h");
    let id = create(&emulator, "a");
    let wait = ["video", "wait", &id];
    for (option, environment, text) in [
        (&[][..], &[("TERM", "dumb")][..], ": RUN"),
        (&["-v"], &[], ": RUN"),
        (&["--output", "json"], &[], "mps.event/#"),
    ] {
        let wait = emulator.mps(&[option, &wait[..]].concat());
        let screen = Screen::run(&wait, 200, environment);
        screen.wait_for(text);
        screen.interrupt();
    }
    let polls = || emulator.requests().len();
    let before = polls();
    let quiet = emulator.mps(&[&["-q"], &wait[..]].concat());
    let screen = Screen::run(&quiet, 80, &[]);
    eventually(|| polls() > before + 1);
    assert_eq!(screen.text().trim(), "");
    screen.interrupt();
}

#[test]
fn lines_have_no_colour_where_none_is_wanted() {
    let emulator = Emulator::start("1h");
    let id = create(&emulator, "a");
    emulator.add_fault(&json!({"kind": "http", "status": 503}));
    let wait = ["--deadline", "1s", "video", "wait", &id];
    for (option, environment) in [
        (&[][..], &[("NO_COLOR", "1")][..]),
        (&["--color", "never"], &[]),
    ] {
        let wait = emulator.mps(&[option, &wait[..]].concat());
        let screen = Screen::run(&wait, 80, environment);
        screen.wait_for("no poll answered");
        assert!(!screen.has_color(), "{option:?}");
        screen.interrupt();
    }
}
