//! Makes the pictures of the documentation from a real run against the emulator: a session in a
//! terminal, and a gallery in Chromium. `cargo xtask pictures` runs it; the argument is the folder.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a tool for maintainers fails by panicking, and prints what it does"
)]

use std::{
    env, fs,
    io::Read as _,
    num::NonZero,
    path::{Path, PathBuf},
    process::Command,
};

use mps_tests::{
    bounded,
    process::{EmulatorProcess, mps},
};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use vt100::Parser;

mod svg;

const SIZE: (u16, u16) = (30, 96);
const PROMPT: &str = "\x1b[1;32m$\x1b[0m ";
/// The batch of the session.
const CLIPS: &str = r#"{"defaults":{"ModelName":"Kling","ModelVersion":"3.0","Duration":5}}
{"id":"owl","Prompt":"an owl at night"}
{"id":"elk","Prompt":"an elk at dawn"}
{"id":"lynx","Prompt":"a lynx between birches"}
{"id":"wolf","Prompt":"a wolf on a ridge"}
{"id":"hare","Prompt":"a hare in the meadow"}
{"id":"crane","Prompt":"cranes over a lake"}
"#;
/// The batch of the gallery, in which a row fails.
const SPRING: &str = r#"{"defaults":{"ModelName":"Kling","ModelVersion":"3.0","Duration":5}}
{"id":"fox","Prompt":"a fox in the snow"}
{"id":"owl","Prompt":"an owl at night, from below","Duration":10}
{"id":"map","action":"CreateAigcImageTask","ModelName":"Hunyuan","ModelVersion":"3.0","Duration":null,"Prompt":"an old map","out":"map.png"}
{"id":"elk","Prompt":"an elk at dawn, in fog [emulator:fail=ret:1201]"}
{"id":"wolf","Prompt":"a wolf on a ridge, seen from far away"}
{"id":"lynx","Prompt":"a lynx between birches, slowly"}
"#;

/// A folder as home of all commands, an emulator, and the screen.
struct Session {
    program: PathBuf,
    home: tempfile::TempDir,
    emulator: EmulatorProcess,
    screen: Parser,
}

impl Session {
    fn start() -> Self {
        let [rows, columns] = [SIZE.0, SIZE.1].map(|size| NonZero::new(size).unwrap());
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("clips.jsonl"), CLIPS).unwrap();
        fs::write(home.path().join("spring.jsonl"), SPRING).unwrap();
        let flags = [
            "--seed",
            "7",
            "--queue-time",
            "1s",
            "--render-time",
            "2s..9s",
        ];
        Self {
            program: mps().unwrap(),
            home,
            emulator: EmulatorProcess::start(flags).unwrap(),
            screen: Parser::new(rows, columns, 0),
        }
    }

    fn environment(&self) -> [(&'static str, String); 6] {
        let home = self.home.path().display().to_string();
        [
            ("HOME", home),
            ("PATH", env::var("PATH").unwrap()),
            ("TERM", "xterm-256color".to_owned()),
            ("MPS_ENDPOINT", format!("http://{}", self.emulator.address)),
            ("TENCENTCLOUD_SECRET_ID", self.emulator.secret_id.clone()),
            ("TENCENTCLOUD_SECRET_KEY", self.emulator.secret_key.clone()),
        ]
    }

    /// Runs a command without showing it.
    fn hidden(&self, line: &str) {
        let mut command = Command::new(&self.program);
        command
            .args(words(line))
            .current_dir(self.home.path())
            .env_clear();
        let output = bounded::output(command.envs(self.environment())).unwrap();
        println!("{line}: {}", output.status);
    }

    /// Shows a command and what it prints until the screen has what is waited for, or the command ends.
    /// Returns the picture of that moment.
    fn shown(&mut self, line: &str, is_reached: impl Fn(&[String]) -> bool) -> String {
        let folded = line.replace(" --duration", " \\\r\n      --duration");
        self.screen
            .process(format!("{PROMPT}mps {folded}\r\n").as_bytes());
        let (rows, cols) = SIZE;
        let size = PtySize {
            rows,
            cols,
            ..PtySize::default()
        };
        let pty = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(&self.program);
        command.args(words(line));
        command.env_clear();
        for (name, value) in self.environment() {
            command.env(name, value);
        }
        command.cwd(self.home.path());
        let mut process = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let mut output = pty.master.try_clone_reader().unwrap();
        let mut buffer = [0; 4096];
        let mut picture = None;
        while let Ok(count @ 1..) = output.read(&mut buffer) {
            self.screen.process(buffer.get(..count).unwrap());
            let lines: Vec<_> = self.screen.screen().rows(0, SIZE.1).collect();
            if picture.is_none() && is_reached(&lines) {
                picture = Some(svg::draw(self.screen.screen()));
            }
        }
        let end = process.wait().unwrap();
        println!("{line}: {end:?}");
        picture.unwrap_or_else(|| svg::draw(self.screen.screen()))
    }
}

/// Splits a line into words; text in quotation marks is one.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    parts
        .flat_map(|(nth, part)| match nth % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

/// Returns whether about half of the batch is fetched: the line of that bar ends with the number.
fn is_half_done(lines: &[String]) -> bool {
    let mut fetched = lines
        .iter()
        .filter(|line| line.trim_start().starts_with("fetched"));
    fetched.any(|line| {
        [" 2", " 3", " 4"]
            .iter()
            .any(|end| line.trim_end().ends_with(end))
    })
}

/// Writes a picture of a page whose previews are switched on.
fn photograph(page: &Path, picture: &Path) {
    let text = fs::read_to_string(page).unwrap();
    // A copy without the policy, so that a script may click.
    let (before, rest) = text.split_once("<meta http-equiv").unwrap();
    let (_, after) = rest.split_once('>').unwrap();
    // The loops give the decoder real time while the browser's own time is a virtual one.
    let click = "<script>document.getElementById(\"previews\").click(); \
         setInterval(() => { for (let i = 0; i < 3e7; i++); }, 100)</script></body>";
    let copy = page.with_file_name("copy.html");
    fs::write(
        &copy,
        format!("{before}{}", after.replace("</body>", click)),
    )
    .unwrap();
    let mut chromium = Command::new(env::var_os("CHROMIUM").unwrap_or_else(|| "chromium".into()));
    chromium
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
        ])
        .args(["--window-size=1280,860", "--virtual-time-budget=10000"])
        .arg(format!(
            "--user-data-dir={}",
            page.with_file_name("chromium").display()
        ))
        .arg(format!("--screenshot={}", picture.display()))
        .arg(format!("file://{}", copy.display()));
    let output = bounded::output(&mut chromium).unwrap();
    println!("chromium: {}", output.status);
}

fn main() {
    let folder = PathBuf::from(env::args_os().nth(1).unwrap());
    fs::create_dir_all(&folder).unwrap();
    let mut session = Session::start();
    // The first create says where tasks are recorded, which is a temporary folder here.
    session.hidden("image create --prompt \"a test\"");
    let create = "video create --model Kling --prompt \"a fox in the snow\" --duration 5 --wait --out fox.mp4";
    session.shown(create, |_| false);
    session.screen.process(b"\r\n");
    let run = "batch run clips.jsonl --out clips --max-seconds 60";
    let terminal = session.shown(run, is_half_done);
    fs::write(folder.join("terminal.svg"), terminal).unwrap();
    session.hidden("batch run spring.jsonl --out spring --max-seconds 60");
    session.hidden("batch gallery --name spring");
    let page = session.home.path().join("spring/gallery.html");
    photograph(&page, &folder.join("gallery.png"));
}
