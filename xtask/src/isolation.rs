//! Runs a command in an isolated network and fails if the command tried to leave it.
//!
//! On Linux the command runs in a network namespace with a loopback interface and nothing else, and
//! with a DNS resolver that answers every query with "no such name" and records it. A test that
//! would call the real, billed service can therefore neither reach it nor stay unnoticed.

use std::{
    fs,
    net::{ToSocketAddrs, UdpSocket},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use crate::failure::{Failure, print};

/// Looked up first, to verify that the resolver records queries.
const CANARY: &str = "canary.tencentcloudapi.com";
/// Top-level names that are reserved for tests and examples (RFC 2606, RFC 6761); queries for them
/// never reach a real host and are allowed.
const RESERVED: [&str; 4] = ["example", "invalid", "localhost", "test"];

/// Arguments of `unshare` for a network and a mount namespace, tried in this order. The first ones
/// need root rights and keep all users, one of which runs the PostgreSQL servers of the tests. The
/// others need no rights, and have one user, who is root.
const NAMESPACES: [&[&str]; 2] = [
    &["--net", "--mount", "--"],
    &["--map-root-user", "--net", "--mount", "--"],
];

/// Returns `command` wrapped so that it runs in an isolated network. On a system without
/// namespaces, returns it unchanged and prints a notice.
///
/// # Errors
/// Fails if the path of this program is unknown.
pub(crate) fn isolated(command: &Command) -> Result<Command, Failure> {
    let Some(namespaces) = NAMESPACES.into_iter().find(|it| is_supported(it)) else {
        print("network not isolated: this system has no network namespaces for this user")?;
        let mut plain = Command::new(command.get_program());
        return Ok(copied(command, &mut plain));
    };
    let own = std::env::current_exe()
        .map_err(|error| Failure::new(format!("error: this program's path: {error}")))?;
    let mut isolated = Command::new("unshare");
    isolated.args(namespaces).arg(own).arg("isolated");
    isolated.arg(command.get_program());
    Ok(copied(command, &mut isolated))
}

fn is_supported(namespaces: &[&str]) -> bool {
    let mut probe = Command::new("unshare");
    probe
        .args(namespaces)
        .args(["ip", "link", "set", "lo", "up"]);
    let probe = probe.stdout(Stdio::null()).stderr(Stdio::null()).status();
    probe.is_ok_and(|status| status.success())
}

/// Returns `to` with the arguments, variables and folder of `from` added.
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

/// Sets up the network namespace that [`isolated`] entered, then runs `words` in it.
///
/// # Errors
/// Fails if the namespace cannot be set up, the command fails, or the command looked up a host
/// other than this machine.
pub(crate) fn run(root: &Path, words: &[&str]) -> Result<(), Failure> {
    let [program, arguments @ ..] = words else {
        return Err(Failure::new("error: no command to run"));
    };
    tool("ip", &["link", "set", "lo", "up"])?;
    let queries = resolver(root)?;
    verify_resolver(&queries)?;
    let result = match mapped_user()? {
        // The servers of the tests refuse to run as root.
        Some((user, group)) => {
            let own = [
                &*format!("--map-user={user}"),
                &format!("--map-group={group}"),
            ];
            tool("unshare", &[&own, &["--", program], arguments].concat())
        }
        None => tool(program, arguments),
    };
    let queries = queries.lock().unwrap_or_else(PoisonError::into_inner);
    if queries.is_empty() {
        return result.and_then(|()| print("no outbound network access was attempted"));
    }
    Err(Failure::new(format!(
        "error: tests looked up hosts other than this machine: {}",
        queries.join(", ")
    )))
}

/// Returns the user and the group that are root in this user namespace; `None` outside of one, and
/// if they are root anyway.
fn mapped_user() -> Result<Option<(u32, u32)>, Failure> {
    let outside = |map: &str| {
        let failed = |error| Failure::new(format!("error: {map}: {error}"));
        let map = fs::read_to_string(map).map_err(failed)?;
        let id = map.split_whitespace().nth(1).and_then(|id| id.parse().ok());
        Ok(id.unwrap_or(0))
    };
    let (user, group) = (
        outside("/proc/self/uid_map")?,
        outside("/proc/self/gid_map")?,
    );
    Ok((user != 0).then_some((user, group)))
}

fn tool(program: &str, arguments: &[&str]) -> Result<(), Failure> {
    let failed = |why: String| Failure::new(format!("error: {program}: {why}"));
    let status = Command::new(program).args(arguments).status();
    let status = status.map_err(|error| failed(error.to_string()))?;
    let success = status.success().then_some(());
    success.ok_or_else(|| failed(status.to_string()))
}

/// Names that were looked up.
type Queries = Arc<Mutex<Vec<String>>>;

/// Replaces the system's resolver and returns the names that will be looked up.
fn resolver(root: &Path) -> Result<Queries, Failure> {
    let failed = |error| {
        Failure::new(format!(
            "error: the resolver of the isolated network: {error}"
        ))
    };
    let settings = root.join("target").join("resolv.conf");
    fs::write(&settings, "nameserver 127.0.0.1\noptions attempts:1\n").map_err(failed)?;
    let settings = settings.to_string_lossy();
    tool("mount", &["--bind", &settings, "/etc/resolv.conf"])?;
    let socket = UdpSocket::bind("127.0.0.1:53").map_err(failed)?;
    let queries = Queries::default();
    let recorded = Arc::clone(&queries);
    thread::spawn(move || serve(&socket, &recorded));
    Ok(queries)
}

/// Answers every query with "no such name" and records the names that are not reserved.
fn serve(socket: &UdpSocket, queries: &Queries) {
    let mut packet = [0; 512];
    while let Ok((length, from)) = socket.recv_from(&mut packet) {
        let query = packet.get(..length).unwrap_or_default();
        let Some((response, name)) = no_such_name(query) else {
            continue;
        };
        let suffix = name.rsplit('.').next().unwrap_or_default();
        if !RESERVED.contains(&suffix) {
            let mut queries = queries.lock().unwrap_or_else(PoisonError::into_inner);
            queries.push(name);
        }
        // A client that misses the response sends its query again.
        let _ = socket.send_to(&response, from);
    }
}

/// Returns the response to a query (RFC 1035, section 4.1), which is the query with two flags set,
/// and the name in it. Returns `None` for a truncated query.
fn no_such_name(query: &[u8]) -> Option<(Vec<u8>, String)> {
    const HEADER: usize = 12;
    const IS_RESPONSE: u8 = 0x80;
    const NAME_ERROR: u8 = 3;
    let mut response = query.to_vec();
    *response.get_mut(2)? |= IS_RESPONSE;
    *response.get_mut(3)? = NAME_ERROR;
    let mut rest = query.get(HEADER..)?;
    let mut labels = Vec::new();
    while let Some((length @ 1.., after)) = rest.split_first().map(|(n, a)| (usize::from(*n), a)) {
        labels.push(String::from_utf8_lossy(after.get(..length)?).into_owned());
        rest = after.get(length..)?;
    }
    Some((response, labels.join(".")))
}

/// Looks up [`CANARY`] and fails unless the query was recorded and refused.
fn verify_resolver(queries: &Queries) -> Result<(), Failure> {
    let found = (CANARY, 443).to_socket_addrs().is_ok();
    let mut queries = queries.lock().unwrap_or_else(PoisonError::into_inner);
    let is_recorded = queries.iter().any(|name| name == CANARY);
    queries.clear();
    if is_recorded && !found {
        return Ok(());
    }
    Err(Failure::new(
        "error: the isolated network let its canary query pass",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A query for the address of `www.example.com`, as RFC 1035 defines it.
    const QUERY: &[u8] =
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03com\x00\x00\x01\x00\x01";

    #[test]
    fn a_query_is_answered_with_no_such_name() {
        let (response, name) = no_such_name(QUERY).unwrap();
        assert_eq!(name, "www.example.com");
        assert_eq!(response[..4], [0x12, 0x34, 0x81, 0x03]);
        assert_eq!(response[4..], QUERY[4..]);
    }

    #[test]
    fn a_truncated_query_is_ignored() {
        for end in [0, 3, 14, 20] {
            let name = no_such_name(&QUERY[..end]).map(|(_, name)| name);
            assert_eq!(name, None, "{end}");
        }
    }
}
