//! A Redis server for one test, on a Unix socket in a temporary folder.
//!
//! `MPS_TEST_REDIS` names the program (default: `redis-server` on `PATH`). Without one, tests that
//! need it are skipped on a developer's machine and fail where `CI` is `true`.

use std::{
    env,
    ffi::OsString,
    io::{self, Error},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::bounded::{self, BOUND, Lines};

/// A Redis server. It is killed when dropped.
#[derive(Debug)]
pub struct RedisServer {
    program: OsString,
    arguments: Vec<String>,
    folder: TempDir,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
}

impl RedisServer {
    /// Starts a server and waits until it accepts connections. Returns `None` if no program is
    /// installed.
    ///
    /// # Errors
    /// Fails if the server does not start, or if no program is installed where `CI` is `true`.
    pub fn start() -> io::Result<Option<Self>> {
        Self::start_with(Vec::new())
    }

    /// Starts a server with additional arguments, as [`start`](Self::start) does.
    ///
    /// # Errors
    /// Fails if the server does not start, or if no program is installed where `CI` is `true`.
    pub fn start_with(arguments: Vec<String>) -> io::Result<Option<Self>> {
        let named = env::var_os("MPS_TEST_REDIS");
        let program = named.unwrap_or_else(|| "redis-server".into());
        let mut version = Command::new(&program);
        version.arg("--version").stdout(Stdio::null());
        if bounded::status(&mut version).is_err() {
            return skip(&program).map(|()| None);
        }
        let mut server = Self {
            program,
            arguments,
            folder: tempfile::tempdir()?,
            running: None,
        };
        server.run()?;
        Ok(Some(server))
    }

    /// Returns its URL, which stays the same while the server is stopped.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// Returns the path of its socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// Kills the server, as a crash would; its data is lost.
    pub fn kill(&mut self) {
        self.running = None;
    }

    /// Starts the server again, without data.
    ///
    /// # Errors
    /// Fails if the server does not start.
    pub fn run(&mut self) -> io::Result<()> {
        self.running = None;
        let mut command = Command::new(&self.program);
        command
            .args(["--port", "0", "--save", "", "--appendonly", "no"])
            .args(["--enable-debug-command", "yes", "--unixsocket"])
            .arg(self.socket())
            .args(&self.arguments)
            .current_dir(self.folder.path());
        self.running = Some(Running::start(command)?);
        Ok(())
    }

    /// Opens a connection, for commands of the test itself.
    ///
    /// # Errors
    /// Fails if the server is not running.
    pub fn connection(&self) -> redis::RedisResult<redis::Connection> {
        let connection = redis::Client::open(self.url())?.get_connection()?;
        connection.set_read_timeout(Some(BOUND))?;
        Ok(connection)
    }
}

impl Running {
    /// Spawns the program and waits until it accepts connections.
    fn start(mut command: Command) -> io::Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().map(Lines::of);
        let stdout = stdout.ok_or_else(|| Error::other("redis-server has no stdout"))?;
        let running = Self { child };
        while !stdout.line()?.contains("ready to accept connections") {}
        Ok(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails if the process has already ended, which is fine.
        let _ = bounded::kill(&mut self.child);
    }
}

#[expect(clippy::print_stderr, reason = "a skipped test prints a notice")]
fn skip(program: &OsString) -> io::Result<()> {
    let missing = format!(
        "{} is not installed; MPS_TEST_REDIS can name another program",
        program.display()
    );
    if env::var_os("CI").is_some_and(|ci| ci == "true") {
        return Err(Error::other(missing));
    }
    eprintln!("skipped: {missing}");
    Ok(())
}
