//! The exit code, the retryable flag and the in-doubt page of single errors.

use std::{io::Read as _, net::TcpListener, thread};

use serde_json::json;

use crate::{
    bill::case,
    bounded,
    support::{Emulator, mps, run},
};

#[test]
fn each_refusal_of_a_create_has_its_exit_code() {
    let emulator = Emulator::start("0s");
    for (code, exit, retryable) in [
        ("InvalidParameterValue", 2, false),
        ("UnknownParameter", 2, false),
        ("AuthFailure.UnauthorizedOperation", 3, false),
        ("FailedOperation.UserArrears", 4, false),
        ("InvalidParameter.ViolationContent", 8, false),
        ("FailedOperation.NeverDocumented", 9, false),
    ] {
        let fault = json!({"kind": "refuse", "code": code});
        let arguments = ["video", "create", "--prompt", "a cat"];
        let case = case(&emulator, &arguments, "CreateAigcVideoTask", &fault);
        case.check();
        let error = case.run.error();
        assert_eq!(
            (case.run.exit, &error["retryable"]),
            (exit, &json!(retryable)),
            "{code}"
        );
    }
}

/// Trouble with the polls of a task that this command has paid for is not trouble with the command.
#[test]
fn an_error_after_the_create_names_the_task_and_how_to_resume() {
    let emulator = Emulator::start("1h");
    for code in ["InvalidParameterValue", "AuthFailure.TokenFailure"] {
        emulator.add_fault(&json!({
            "kind": "refuse", "code": code, "action": "DescribeAigcVideoTask"
        }));
        let run = emulator.run(&[
            "--output",
            "json",
            "video",
            "create",
            "--prompt",
            "a",
            "--wait",
            "--timeout",
            "3s",
        ]);
        emulator.clear_faults();
        let error = run.error();
        assert_eq!((run.exit, &error["created"]), (5, &json!(true)), "{run:?}");
        let resume = error["resume"].as_array().unwrap();
        assert_eq!(resume.last(), Some(&error["task_id"]));
    }
}

#[test]
fn one_refused_poll_after_our_own_create_does_not_end_the_wait() {
    let emulator = Emulator::start("0s");
    for code in [
        "InvalidParameterValue",
        "AuthFailure.TokenFailure",
        "ResourceNotFound.TaskNotFound",
    ] {
        emulator.add_fault(&json!({
            "kind": "refuse", "code": code, "action": "DescribeAigcVideoTask", "times": 1
        }));
        let run = emulator.run(&["video", "create", "--prompt", "a", "--wait"]);
        assert_eq!(run.exit, 0, "{code}: {run:?}");
    }
}

#[test]
fn the_in_doubt_page_has_the_facts_and_the_next_steps() {
    let emulator = Emulator::start("0s");
    emulator.add_fault(&json!({"kind": "reply_lost", "times": 1}));
    let run = emulator.run(&["video", "create", "--prompt", "a cat"]);
    assert_eq!(run.exit, 9, "{run:?}");
    let host = emulator.endpoint.strip_prefix("http://").unwrap();
    // Of `{"Prompt":"a cat"}`.
    let hash = "078974c3df098e747fd75e969b38d2279d0318c4e8b33c7c0818f6b74cd8768d";
    let tail = &emulator.keys()[0];
    let tail = &tail[tail.len() - 4..];
    for line in [
        "  action       CreateAigcVideoTask\n".to_owned(),
        format!("  host         {host}\n"),
        "  request id   none came\n".to_owned(),
        format!("  secret id    ends with {tail}\n"),
        format!("  body SHA-256 {hash}\n"),
        format!("{host}: interrupted\n"),
        format!(
            "follow it instead of creating again: mps --endpoint {} video wait -- TASK_ID\n",
            emulator.endpoint
        ),
    ] {
        assert!(run.stderr.contains(&line), "{line}: {}", run.stderr);
    }
}

#[test]
fn a_create_that_is_throttled_until_its_deadline_can_be_run_again() {
    let emulator = Emulator::start("0s");
    for code in ["RequestLimitExceeded", "LimitExceeded.RateLimitExceeded"] {
        let rule = json!({"kind": "refuse", "code": code, "action": "CreateAigcVideoTask"});
        emulator.add_fault(&rule);
        let run = emulator.run(&[
            "--output",
            "json",
            "--deadline",
            "5s",
            "video",
            "create",
            "--prompt",
            "a",
        ]);
        emulator.clear_faults();
        let error = run.error();
        assert_eq!(
            (run.exit, &error["retryable"]),
            (6, &json!(true)),
            "{run:?}"
        );
        assert!(run.stderr.contains(r#""event":"throttled""#), "{run:?}");
    }
    assert_eq!(emulator.creates(), 0);
}

#[test]
fn a_task_that_is_done_without_a_result_is_not_a_success() {
    let emulator = Emulator::start("0s");
    emulator.add_fault(&json!({"kind": "done_without_url"}));
    let create = [
        "--output", "json", "video", "create", "--prompt", "a", "--wait",
    ];
    let run = emulator.run(&create);
    let error = run.error();
    assert_eq!((run.exit, &error["created"]), (10, &json!(true)), "{run:?}");
    let resume = error["resume"].as_array().unwrap();
    assert!(resume.contains(&json!("download")), "{run:?}");
}

#[test]
fn a_task_that_is_done_without_a_result_in_time_is_not_delivered() {
    let emulator = Emulator::start("0s");
    emulator.add_fault(&json!({"kind": "done_without_url"}));
    let create = ["--output", "json", "video", "create", "--prompt", "a"];
    let run = emulator.run(&[&create[..], &["--wait", "--timeout", "10s"]].concat());
    let error = run.error();
    assert_eq!(
        (run.exit, &error["kind"], &error["created"]),
        (10, &json!("unfetchable"), &json!(true)),
        "{run:?}"
    );
}

/// Returns the endpoint of a service that reads one request and closes the connection.
fn hang_up_after_reading() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut stream = bounded::accept(&listener).unwrap();
        let mut seen = Vec::new();
        let mut buffer = [0; 4096];
        while !seen.ends_with(b"\"a\"}") {
            let count = stream.read(&mut buffer).unwrap();
            seen.extend_from_slice(&buffer[..count]);
        }
        // A second attempt would be refused: the listener ends with this thread.
    });
    endpoint
}

#[test]
fn a_create_whose_answer_is_lost_is_in_doubt() {
    let folder = tempfile::tempdir().unwrap();
    let run = run(mps(folder.path())
        .args([
            "--endpoint",
            &hang_up_after_reading(),
            "--output",
            "json",
            "video",
            "create",
            "--prompt",
            "a",
        ])
        .env("TENCENTCLOUD_SECRET_ID", "i")
        .env("TENCENTCLOUD_SECRET_KEY", "no-real-key"));
    assert_eq!(run.exit, 9, "{run:?}");
    assert_eq!(run.error()["dispatch"], "unknown");
    assert!(
        run.error()["hint"]
            .as_str()
            .unwrap()
            .contains("before creating again")
    );
}

#[test]
fn a_wait_that_times_out_names_the_trouble_of_its_last_poll() {
    let emulator = Emulator::start("1h");
    let fault = json!({"kind": "html", "status": 502, "action": "DescribeAigcVideoTask"});
    emulator.add_fault(&fault);
    let create = [
        "video",
        "create",
        "--prompt",
        "a",
        "--wait",
        "--timeout",
        "5s",
    ];
    let run = emulator.run(&create);
    assert_eq!(run.exit, 5, "{run:?}");
    assert!(run.stderr.contains("is not finished after 5s\n"), "{run:?}");
    assert!(
        run.stderr.contains("because: ") && run.stderr.contains("502"),
        "{run:?}"
    );
}
