//! Usage errors and help: their format, colour, width, and the secrets they do not show.

use crate::support::{Run, mps, run};

/// Command lines that are wrong, before or after clap has parsed them, with a part of the message.
const WRONG: [(&[&str], &str); 14] = [
    (&[], "a subcommand is missing"),
    (&["video"], "a subcommand is missing"),
    (&["vidio"], "unrecognized subcommand 'vidio'"),
    (
        &["video", "create", "--colour"],
        "unexpected argument '--colour'",
    ),
    (
        &["video", "create", "--duration", "long"],
        "invalid value 'long'",
    ),
    (&["video", "status"], "<ID|-"),
    (
        &["image", "wait", "1", "--timeout", "soon"],
        "invalid value 'soon'",
    ),
    (&["--site", "mars", "models"], "invalid value 'mars'"),
    (&["--limiter", "galaxy", "models"], "invalid value 'galaxy'"),
    (&["--deadline", "2", "models"], "invalid value '2'"),
    (&["--strict", "--preflight", "warn", "models"], "--strict"),
    (
        &["--emulator", "--endpoint", "http://127.0.0.1:1", "models"],
        "--endpoint",
    ),
    (
        &["check", "CreateAigcVideoTask", "--request", "none.json"],
        "none.json",
    ),
    (&["models", "No Such Model"], "No Such Model"),
];

fn wrong(arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let mut command = mps(folder.path());
    run(command.args(arguments).envs(variables.iter().copied()))
}

#[test]
fn a_usage_error_is_an_error_object_wherever_json_is_asked_for() {
    for (arguments, message) in WRONG {
        for (before, after, variables) in [
            (&["--output", "json"][..], &[][..], &[][..]),
            (&["--output=json"], &[], &[]),
            (&[], &["--output", "json"], &[]),
            (&[], &[], &[("MPS_OUTPUT", "json")]),
            (&["--output=human"], &["--output=json"], &[]),
            (&["--output=json"], &[], &[("MPS_OUTPUT", "human")]),
        ] {
            let run = wrong(&[before, arguments, after].concat(), variables);
            assert_eq!(run.exit, 2, "{run:?}");
            assert_eq!(run.stdout, "", "{arguments:?}");
            let line = run.stderr.lines().last().unwrap();
            assert!(line.starts_with(r#"{"schema":"mps.error/1","#), "{line}");
            let error = run.error();
            assert_eq!(error["kind"], "usage", "{error}");
            assert!(error["hint"].is_string(), "{error}");
            for member in ["created", "in_doubt", "retryable"] {
                assert_eq!(error[member], false, "{error}");
            }
            assert!(
                error["message"].as_str().unwrap().contains(message),
                "{error}"
            );
        }
    }
}

#[test]
fn a_usage_error_is_text_unless_json_is_asked_for() {
    for (arguments, _) in WRONG {
        for variables in [&[][..], &[("MPS_OUTPUT", "")], &[("MPS_OUTPUT", "human")]] {
            let run = wrong(arguments, variables);
            assert_eq!(run.exit, 2, "{run:?}");
            assert_eq!(run.stdout, "", "{arguments:?}");
            assert!(!run.stderr.starts_with('{'), "{run:?}");
        }
    }
    let run = wrong(&["models", "--", "--output=json"], &[]);
    assert!(!run.stderr.starts_with('{'), "{run:?}");
}

#[test]
fn colour_is_decided_before_anything_is_parsed() {
    for (arguments, variables, coloured) in [
        (&[][..], &[][..], false),
        (&["--color", "always"], &[], true),
        (&["--color=always"], &[("NO_COLOR", "1")], true),
        (&["--color=always", "--color=never"], &[], false),
        (&[], &[("CLICOLOR_FORCE", "1")], true),
        (&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        (&[], &[("CLICOLOR_FORCE", "0")], false),
        (&[], &[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], true),
        (&["--color=never"], &[("CLICOLOR_FORCE", "1")], false),
        (&[], &[("MPS_COLOR", "always")], true),
        (&["--color=auto"], &[("MPS_COLOR", "always")], false),
    ] {
        for command in [
            &["--help"][..],
            &["video", "create", "-h"],
            &["vidio"],
            &["models", "No Such Model"],
        ] {
            let run = wrong(&[arguments, command].concat(), variables);
            let written = [run.stdout.as_str(), &run.stderr].concat();
            let what = format!("{arguments:?} {command:?} {variables:?}");
            assert_eq!(written.contains("\u{1b}["), coloured, "{what}");
        }
    }
}

#[test]
fn help_is_wrapped_at_80_columns_where_the_width_is_not_known() {
    let longest = |arguments: &[&str], variables: &[(&str, &str)]| {
        let run = wrong(arguments, variables);
        assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{run:?}");
        run.stdout.lines().map(|line| line.chars().count()).max()
    };
    for command in [
        &["--help"][..],
        &["video", "create", "--help"],
        &["emulator", "--help"],
        &["call", "--help"],
    ] {
        assert!(longest(command, &[]) <= Some(80), "{command:?}");
        assert!(longest(command, &[]) > Some(60), "{command:?}");
        let narrow = longest(command, &[("COLUMNS", "60")]);
        assert!(narrow < longest(command, &[]), "{command:?}: {narrow:?}");
        assert!(
            longest(command, &[("COLUMNS", "300")]) <= Some(100),
            "{command:?}"
        );
    }
}

#[test]
fn an_empty_variable_is_none_and_a_wrong_one_is_named() {
    for variable in [
        "MPS_ENDPOINT",
        "MPS_SITE",
        "MPS_REGION",
        "MPS_PROFILE",
        "MPS_ACCOUNT",
        "MPS_LIMITER",
        "MPS_DEADLINE",
        "MPS_PREFLIGHT",
        "MPS_STRICT",
        "MPS_OUTPUT",
        "MPS_QUIET",
        "MPS_VERBOSE",
        "MPS_COLOR",
        "MPS_EMULATOR",
    ] {
        let run = wrong(&["models", "Kling"], &[(variable, "")]);
        assert_eq!(run.exit, 0, "{variable}: {run:?}");
    }
    for (variable, value) in [
        ("MPS_SITE", "mars"),
        ("MPS_DEADLINE", "soon"),
        ("MPS_PREFLIGHT", "perhaps"),
        ("MPS_STRICT", "perhaps"),
        ("MPS_LIMITER", "galaxy"),
        ("MPS_OUTPUT", "xml"),
    ] {
        let run = wrong(&["models", "Kling"], &[(variable, value)]);
        assert_eq!(run.exit, 2, "{variable}: {run:?}");
        assert!(run.stderr.contains(variable), "{variable}: {run:?}");
        assert!(run.stderr.contains(value), "{variable}: {run:?}");
    }
}

#[test]
fn a_password_on_the_command_line_is_refused_and_shown_nowhere() {
    for arguments in [
        &["--limiter", "redis://:hunter2@127.0.0.1:1/0"][..],
        &["--limiter=rediss://user:hunter2@host"],
        &["--limiter=redis://user:hunt/er2@host"],
        &["--limiter=redis+unix:///run/redis.sock?pass=hunter2"],
        &["--limiter=postgres://user:hunter2@host/db"],
        &["--limiter=ftp://user:hunter2@host/db"],
        &["--endpoint=https://user:hunter2@host"],
        &["--endpoint", "https//user:hunter2@host"],
        &["--site=redis://:hunter2@host"],
        &["--limitr=redis://:hunter2@host"],
        &["redis://:hunter2@host"],
    ] {
        for format in ["human", "json"] {
            let last = ["--output", format, "-vv", "video", "create", "--prompt=a"];
            let run = wrong(&[arguments, &last].concat(), &[]);
            assert_eq!(run.exit, 2, "{arguments:?}: {run:?}");
            assert!(!run.stderr.contains("hunt"), "{arguments:?}: {run:?}");
            assert!(!run.stdout.contains("hunt"), "{arguments:?}: {run:?}");
        }
    }
    let run = wrong(&["--limiter=redis://:hunter2@host", "models"], &[]);
    assert!(run.stderr.contains("redis://:***@host"), "{run:?}");
    assert!(run.stderr.contains("MPS_LIMITER"), "{run:?}");
}

/// The environment is not shown to other users, so a password in it is used; it is still not shown.
#[test]
fn a_password_in_the_environment_is_used_and_shown_nowhere() {
    for url in [
        "redis://user:hunter2@127.0.0.1:1/0",
        "postgres://user:hunter2@127.0.0.1/db",
        "gopher://user:hunter2@127.0.0.1/db",
    ] {
        for format in ["human", "json"] {
            let arguments = ["--output", format, "-vv", "--deadline=1s"];
            let create = [
                "--endpoint=http://127.0.0.1:1",
                "video",
                "create",
                "--prompt=a",
            ];
            let variables = [
                ("MPS_LIMITER", url),
                ("TENCENTCLOUD_SECRET_ID", "AKIDexample"),
                ("TENCENTCLOUD_SECRET_KEY", "a-secret-key"),
            ];
            let run = wrong(&[&arguments[..], &create].concat(), &variables);
            let exit = if url.starts_with("gopher") { 2 } else { 6 };
            assert_eq!(run.exit, exit, "{url}: {run:?}");
            assert!(!run.stderr.contains("hunter2"), "{url}: {run:?}");
        }
    }
}

#[test]
fn control_characters_of_an_argument_reach_no_terminal() {
    for arguments in [
        &["\u{1b}]0;owned\u{7}"][..],
        &["video", "create", "--\u{202e}x"],
    ] {
        for format in ["human", "json"] {
            let run = wrong(&[&["--output", format], arguments].concat(), &[]);
            assert_eq!(run.exit, 2, "{run:?}");
            let is_hostile = |it: char| (it.is_control() && it != '\n') || it == '\u{202e}';
            assert!(!run.stderr.contains(is_hostile), "{run:?}");
        }
    }
}
