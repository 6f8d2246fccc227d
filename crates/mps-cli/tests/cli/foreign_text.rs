//! Text of the service and of file names never controls a terminal.

use std::{fs, thread};

use serde_json::Value;

use crate::{
    bounded,
    hostile::{Hostile, Texts},
    support::{Run, run},
};

/// Texts that a terminal obeys, or that are far too long.
fn hostile_texts() -> Vec<String> {
    let mut texts: Vec<_> = [
        "\u{1b}]0;owned\u{7}\u{1b}[41mred\u{9b}31m",
        "\u{202e}gnp.exe two\nlines\r\u{8}\u{7f}\u{2066}\u{2028}",
    ]
    .map(str::to_owned)
    .into();
    texts.push("a".repeat(100_000));
    texts
}

/// Checks that nothing in the output of a command controls a terminal, and that no text is printed
/// whose length nobody can read.
fn check(run: &Run, what: &str) {
    for (stream, text) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
        let is_unsafe = |it: char| {
            (it.is_control() && it != '\n')
                || matches!(it, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        let text = STYLES
            .iter()
            .fold(text.clone(), |text, style| text.replace(style, ""));
        let found = text.chars().position(is_unsafe);
        assert_eq!(
            found,
            None,
            "{what}: {stream} {:.2000}",
            text.escape_debug().to_string()
        );
        assert!(
            text.len() < 40_000,
            "{what}: {stream} has {} bytes",
            text.len()
        );
    }
}

/// Colour of its own is not hostile. It is asked for, since without it escapes are filtered.
const FORMATS: [[&str; 3]; 2] = [
    ["--output=human", "--color=always", "-v"],
    ["--output=json", "--color=always", "-v"],
];
/// For commands whose requests are refused until their deadline.
const SHORT_DEADLINE: [&str; 1] = ["--deadline=2s"];

/// The styles that `mps` writes.
const STYLES: [&str; 5] = [
    "\u{1b}[0m",
    "\u{1b}[1m",
    "\u{1b}[31m",
    "\u{1b}[33m",
    "\u{1b}[36m",
];

fn run_all(hostile: &Hostile, options: &[&str], commands: &[&[&str]], what: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    for format in FORMATS {
        for command in commands {
            let run = run(&mut hostile.mps(&[&format[..], options, *command].concat()));
            check(&run, &format!("{what} {format:?} {command:?}"));
            runs.push(run);
        }
    }
    runs
}

/// Every command form that shows something of a task.
const COMMANDS: [&[&str]; 15] = [
    &["video", "create", "--prompt=a"],
    &["video", "create", "--prompt=a", "--wait", "--timeout=50ms"],
    &["image", "create", "--prompt=a", "--wait", "--timeout=50ms"],
    &["audio", "create", "--prompt=a", "--wait", "--timeout=50ms"],
    &["video", "status", "1"],
    &["image", "status", "1", "2"],
    &["audio", "status", "1"],
    &["scenario", "status", "1"],
    &["video", "wait", "1", "--timeout=50ms"],
    &["scenario", "wait", "1", "--timeout=50ms"],
    &["image", "wait", "1", "--timeout=50ms", "--out=saved"],
    &["image", "download", "1", "--out=saved"],
    &["scenario", "download", "1", "--out=saved"],
    &["call", "DescribeAigcTaskList", "--effect=read"],
    &["call", "CreateAigcVideoTask", "--json={\"Prompt\":\"a\"}"],
];

/// `mps call` prints the answer as a whole: its length is that of the data asked for.
fn is_call(command: &[&str]) -> bool {
    command.first() == Some(&"call")
}

#[test]
fn messages_statuses_and_codes_reach_no_terminal_unescaped() {
    for text in hostile_texts() {
        let is_long = text.len() > 1_000;
        let commands: Vec<_> = COMMANDS
            .into_iter()
            .filter(|command| !(is_long && is_call(command)))
            .collect();
        let kinds = [
            (
                "status",
                Texts {
                    status: text.clone(),
                    ..Texts::default()
                },
            ),
            (
                "message",
                Texts {
                    message: text.clone(),
                    ..Texts::default()
                },
            ),
            (
                "failure",
                Texts {
                    message: text.clone(),
                    status: "FAIL".to_owned(),
                    ..Texts::default()
                },
            ),
            (
                "code",
                Texts {
                    code: Some(text.clone()),
                    ..Texts::default()
                },
            ),
            (
                "refusal",
                Texts {
                    code: Some("InvalidParameterValue".to_owned()),
                    message: text.clone(),
                    ..Texts::default()
                },
            ),
            (
                "request id",
                Texts {
                    request_id: text.clone(),
                    ..Texts::default()
                },
            ),
        ];
        thread::scope(|scope| {
            for (what, texts) in kinds {
                scope.spawn(|| {
                    let hostile = Hostile::answering(texts);
                    fs::create_dir(hostile.folder().join("saved")).unwrap();
                    run_all(&hostile, &SHORT_DEADLINE, &commands, what);
                });
            }
        });
    }
}

#[test]
fn a_message_of_five_megabytes_is_cut() {
    for (status, exit) in [("FAIL", 7), ("DONE", 0)] {
        let hostile = Hostile::answering(Texts {
            status: status.to_owned(),
            message: "a".repeat(5_000_000),
            ..Texts::default()
        });
        let create = ["video", "create", "--prompt=a", "--wait"];
        for run in run_all(&hostile, &[], &[&create], status) {
            assert_eq!(run.exit, exit, "{run:?}");
        }
    }
}

#[test]
fn result_urls_and_the_names_made_of_them_are_escaped() {
    for name in [
        "\u{1b}[2Jx.png",
        "\u{9b}31m.png",
        "\u{202e}gnp.png",
        "two\nlines.png",
    ] {
        let hostile = Hostile::answering(Texts {
            urls: vec![format!("/{name}")],
            ..Texts::default()
        });
        fs::create_dir(hostile.folder().join("saved")).unwrap();
        run_all(&hostile, &SHORT_DEADLINE, &COMMANDS, name);
        for entry in fs::read_dir(hostile.folder().join("saved")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(
                name.chars().all(|it| !it.is_control() && it != '\u{202e}'),
                "{name:?}"
            );
        }
    }
}

/// The command line after `mark` in a human message, as a shell splits it.
fn line_after<'a>(text: &'a str, mark: &str) -> &'a str {
    let (_, line) = text.split_once(mark).unwrap();
    line.lines().next().unwrap()
}

fn split_by_a_shell(line: &str) -> Vec<String> {
    let script = format!("set -- {line}\nfor word; do printf '%s\\0' \"$word\"; done");
    let mut bash = std::process::Command::new("bash");
    let output = bounded::output(bash.args(["-c", &script])).unwrap();
    let words = String::from_utf8(output.stdout).unwrap();
    let mut words: Vec<_> = words.split('\0').map(str::to_owned).collect();
    words.pop();
    words
}

#[test]
fn the_resume_line_names_a_hostile_id_as_one_last_argument() {
    for id in [
        "--endpoint=https://evil.example",
        "-v",
        "two\nlines",
        "a'; rm -rf ~; '",
        "$(touch owned)`touch owned`",
        "\u{1b}[41mred",
        "\u{202e}b",
        "a b",
    ] {
        let hostile = Hostile::answering(Texts {
            task_id: id.to_owned(),
            status: "RUN".to_owned(),
            ..Texts::default()
        });
        let create = ["video", "create", "--prompt=a", "--wait", "--timeout=0s"];
        let [human, json] = &run_all(&hostile, &[], &[&create], id)[..] else {
            panic!("two runs")
        };
        assert_eq!((human.exit, json.exit), (5, 5), "{human:?} {json:?}");
        let error = json.error();
        assert_eq!(error["task_id"], id, "{error}");
        let resume: Vec<_> = error["resume"]
            .as_array()
            .unwrap()
            .iter()
            .map(Value::as_str)
            .collect();
        assert_eq!(
            resume[resume.len() - 2..],
            [Some("--"), Some(id)],
            "{error}"
        );
        let words = split_by_a_shell(line_after(&human.stderr, "resume with: "));
        assert_eq!(
            words.last().map(String::as_str),
            Some(id),
            "{}",
            human.stderr
        );
        assert_eq!(words[words.len() - 2], "--", "{}", human.stderr);
        assert!(!hostile.folder().join("owned").exists());
    }
}
