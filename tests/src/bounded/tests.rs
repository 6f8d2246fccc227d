//! Tests of the waits, with processes of a shell.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::io::Cursor;

use super::*;

/// Starts a script of a shell with its output captured.
fn sh(script: &str) -> Child {
    let mut command = Command::new("sh");
    command.args(["-c", script]).stdin(Stdio::piped());
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

#[test]
fn both_streams_are_read_though_they_are_larger_than_a_pipe() {
    let both = "head -c 300000 /dev/zero >&2; head -c 200000 /dev/zero";
    let output = output_of(sh(both)).unwrap();
    assert_eq!(
        (output.stdout.len(), output.stderr.len()),
        (200_000, 300_000)
    );
    assert!(output.status.success());
}

#[test]
fn a_process_that_does_not_end_is_killed_and_its_output_reported() {
    let mut process = sh("echo begun; exec sleep 600");
    let stdout = process.stdout.take().unwrap();
    let (begun, stdout) = read_line(io::BufReader::new(stdout)).unwrap();
    assert_eq!(begun, "begun\n");
    let deadline = Deadline::after(Duration::ZERO);
    let error = wait_before(&deadline, &mut process).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    assert!(!wait(&mut process).unwrap().success());
    assert_eq!(
        read_line(stdout).unwrap_err().kind(),
        ErrorKind::UnexpectedEof
    );

    let error = output_before(&deadline, sh("exec sleep 600")).unwrap_err();
    assert!(error.to_string().contains("has not ended"), "{error}");
}

#[test]
fn a_process_that_ends_without_a_connection_is_reported_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut process = sh("echo refused >&2; exit 3");
    let error = accept_from(&listener, &mut process)
        .unwrap_err()
        .to_string();
    assert!(error.contains("refused") && error.contains('3'), "{error}");
}

#[test]
fn a_connection_of_a_running_process_is_accepted() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut process = sh("cat");
    let client = connect(listener.local_addr().unwrap()).unwrap();
    let accepted = accept_from(&listener, &mut process).unwrap();
    assert_eq!(accepted.peer_addr().unwrap(), client.local_addr().unwrap());
    assert!(wait(&mut process).unwrap().success());
}

#[test]
fn lines_are_found_and_the_rest_is_kept() {
    let lines = Lines::of(Cursor::new("one\ntwo\nthree\n"));
    assert_eq!(lines.wait_for("tw"), "two");
    assert_eq!(lines.rest(), "one\ntwo\nthree");
    let ended = Lines::of(Cursor::new("one\n"));
    assert_eq!(ended.line().unwrap(), "one");
    let error = ended.line().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    assert!(error.to_string().contains("one"), "{error}");
}

#[test]
#[should_panic(expected = "no line has")]
fn a_line_that_never_comes_fails_with_the_end_of_the_stream() {
    Lines::of(Cursor::new("one\n")).wait_for("two");
}

#[test]
#[should_panic(expected = "on purpose")]
fn the_panic_of_a_thread_is_passed_on() {
    assert_eq!(join(thread::spawn(|| 1)), 1);
    join(thread::spawn(|| panic!("on purpose")));
}
