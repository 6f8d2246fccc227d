//! Runs a command where no host but this machine can be reached, and fails if it tried.
//!
//! On Linux the command gets a network of its own that has a loopback and nothing else, and a
//! resolver that says of every name that there is none, and remembers it. So a test that would
//! call the real, paid service can neither do so nor go unnoticed.

use std::{
    fs,
    net::{ToSocketAddrs, UdpSocket},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use crate::failure::{Failure, say};

/// Asked for first, to see that the trap catches.
const CANARY: &str = "canary.tencentcloudapi.com";
/// Names that belong to nobody, now and ever (RFC 2606, RFC 6761): asking for them harms nobody.
const RESERVED: [&str; 4] = ["example", "invalid", "localhost", "test"];

/// What makes a network and a view of the file system of their own, without being root.
const APART: [&str; 4] = ["--map-root-user", "--net", "--mount", "--"];

/// `command` in the trap; as it is, and said so, where this system cannot set one.
pub(crate) fn trapped(command: &Command) -> Result<Command, Failure> {
    if !can_be_set() {
        say("not trapped: this system cannot take the network away from a command")?;
        let mut plain = Command::new(command.get_program());
        return Ok(copied(command, &mut plain));
    }
    let own = std::env::current_exe()
        .map_err(|error| Failure::new(format!("error: this program's path: {error}")))?;
    let mut trapped = Command::new("unshare");
    trapped.args(APART).arg(own).arg("trapped");
    trapped.arg(command.get_program());
    Ok(copied(command, &mut trapped))
}

fn can_be_set() -> bool {
    let mut probe = Command::new("unshare");
    probe.args(APART).args(["ip", "link", "set", "lo", "up"]);
    let probe = probe.stdout(Stdio::null()).stderr(Stdio::null()).status();
    probe.is_ok_and(|status| status.success())
}

/// `to` with the arguments, variables and folder of `from` added.
fn copied(from: &Command, to: &mut Command) -> Command {
    let mut command = std::mem::replace(to, Command::new(""));
    command.args(from.get_args());
    for (name, value) in from.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if let Some(folder) = from.get_current_dir() {
        command.current_dir(folder);
    }
    command
}

/// The inner half, called by [`trapped`]'s command: sets the resolver up, and runs `words`.
pub(crate) fn run(root: &Path, words: &[&str]) -> Result<(), Failure> {
    let [program, arguments @ ..] = words else {
        return Err(Failure::new("error: no command to run"));
    };
    tool("ip", &["link", "set", "lo", "up"])?;
    let asked = resolver(root)?;
    check_that_it_catches(&asked)?;
    let verdict = tool(program, arguments);
    let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
    if asked.is_empty() {
        return verdict.and_then(|()| say("the trap caught nobody"));
    }
    Err(Failure::new(format!(
        "error: tests asked for hosts other than this machine: {}",
        asked.join(", ")
    )))
}

fn tool(program: &str, arguments: &[&str]) -> Result<(), Failure> {
    let failed = |why: String| Failure::new(format!("error: {program}: {why}"));
    let status = Command::new(program).args(arguments).status();
    let status = status.map_err(|error| failed(error.to_string()))?;
    let verdict = status.success().then_some(());
    verdict.ok_or_else(|| failed(status.to_string()))
}

type Asked = Arc<Mutex<Vec<String>>>;

/// Puts a resolver in place of the system's; the names that it is asked for.
fn resolver(root: &Path) -> Result<Asked, Failure> {
    let failed = |error| Failure::new(format!("error: the trap's resolver: {error}"));
    let settings = root.join("target").join("resolv.conf");
    fs::write(&settings, "nameserver 127.0.0.1\noptions attempts:1\n").map_err(failed)?;
    let settings = settings.to_string_lossy();
    tool("mount", &["--bind", &settings, "/etc/resolv.conf"])?;
    let socket = UdpSocket::bind("127.0.0.1:53").map_err(failed)?;
    let asked = Asked::default();
    let remembered = Arc::clone(&asked);
    thread::spawn(move || answer(&socket, &remembered));
    Ok(asked)
}

/// Answers every question with "no such name".
fn answer(socket: &UdpSocket, asked: &Asked) {
    let mut packet = [0; 512];
    while let Ok((length, from)) = socket.recv_from(&mut packet) {
        let question = packet.get(..length).unwrap_or_default();
        let Some((refusal, name)) = refused(question) else {
            continue;
        };
        let suffix = name.rsplit('.').next().unwrap_or_default();
        if !RESERVED.contains(&suffix) {
            asked
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(name);
        }
        // Who does not get it will ask again.
        let _ = socket.send_to(&refusal, from);
    }
}

/// The answer to a question (RFC 1035, section 4.1): the question with two flags set. And the
/// name that was asked for.
fn refused(question: &[u8]) -> Option<(Vec<u8>, String)> {
    const HEADER: usize = 12;
    const IS_RESPONSE: u8 = 0x80;
    const NO_SUCH_NAME: u8 = 3;
    let mut refusal = question.to_vec();
    *refusal.get_mut(2)? |= IS_RESPONSE;
    *refusal.get_mut(3)? = NO_SUCH_NAME;
    let mut rest = question.get(HEADER..)?;
    let mut labels = Vec::new();
    while let Some((length @ 1.., after)) = rest.split_first().map(|(n, a)| (usize::from(*n), a)) {
        labels.push(String::from_utf8_lossy(after.get(..length)?).into_owned());
        rest = after.get(length..)?;
    }
    Some((refusal, labels.join(".")))
}

fn check_that_it_catches(asked: &Asked) -> Result<(), Failure> {
    let found = (CANARY, 443).to_socket_addrs().is_ok();
    let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
    let is_caught = asked.iter().any(|name| name == CANARY);
    asked.clear();
    if is_caught && !found {
        return Ok(());
    }
    Err(Failure::new("error: the trap does not catch its canary"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A question for the address of `www.example.com`, as RFC 1035 has it.
    const QUESTION: &[u8] =
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03com\x00\x00\x01\x00\x01";

    #[test]
    fn a_question_is_refused_by_name() {
        let (refusal, name) = refused(QUESTION).unwrap();
        assert_eq!(name, "www.example.com");
        assert_eq!(refusal[..4], [0x12, 0x34, 0x81, 0x03]);
        assert_eq!(refusal[4..], QUESTION[4..]);
    }

    #[test]
    fn what_is_cut_short_is_no_question() {
        for end in [0, 3, 14, 20] {
            assert_eq!(
                refused(&QUESTION[..end]).map(|(_, name)| name),
                None,
                "{end}"
            );
        }
    }
}
