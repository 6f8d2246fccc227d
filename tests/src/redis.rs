//! A Redis server of a test's own, on a socket in a folder of its own.
//!
//! `MPS_TEST_REDIS` names the program; `redis-server` is looked for on the path otherwise. Without
//! one, tests that need it do nothing on a developer's machine, and fail where `CI` is `true`.

use std::{
    env,
    ffi::OsString,
    io::{self, BufRead, BufReader, Error},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
};

use tempfile::TempDir;

/// A running server, ended when dropped.
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
    /// Held open, so that whatever the program still writes has a place to go.
    stdout: BufReader<ChildStdout>,
}

impl RedisServer {
    /// A server that answers; `None` where there is no program for it.
    ///
    /// # Errors
    /// There is none under `CI`, or it does not start.
    pub fn start() -> io::Result<Option<Self>> {
        Self::start_with(Vec::new())
    }

    /// The same, with more arguments.
    ///
    /// # Errors
    /// There is none under `CI`, or it does not start.
    pub fn start_with(arguments: Vec<String>) -> io::Result<Option<Self>> {
        let named = env::var_os("MPS_TEST_REDIS");
        let program = named.unwrap_or_else(|| "redis-server".into());
        let mut version = Command::new(&program);
        version.arg("--version").stdout(Stdio::null());
        if version.status().is_err() {
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

    /// Where it listens, whether it runs or not.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// The path of its socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// Ends it at once, as a crash would; nothing it knew is left.
    pub fn kill(&mut self) {
        self.running = None;
    }

    /// Starts it anew, empty.
    ///
    /// # Errors
    /// It does not start.
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

    /// A connection for what a test does to it.
    ///
    /// # Errors
    /// It does not run.
    pub fn connection(&self) -> redis::RedisResult<redis::Connection> {
        redis::Client::open(self.url())?.get_connection()
    }
}

impl Running {
    /// Waits until it says that it accepts connections.
    fn start(mut command: Command) -> io::Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().map(BufReader::new);
        let mut running = Self {
            child,
            stdout: stdout.ok_or_else(|| Error::other("redis-server has no stdout"))?,
        };
        let mut said = String::new();
        while !said.contains("ready to accept connections") {
            if running.stdout.read_line(&mut said)? == 0 {
                return Err(Error::other(format!("redis-server ended: {said}")));
            }
        }
        Ok(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; either way there is nobody to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(clippy::print_stderr, reason = "a test that does nothing says so")]
fn skip(program: &OsString) -> io::Result<()> {
    let missing = format!(
        "there is no {}; MPS_TEST_REDIS can name another program",
        program.display()
    );
    if env::var_os("CI").is_some_and(|ci| ci == "true") {
        return Err(Error::other(missing));
    }
    eprintln!("skipped, since {missing}");
    Ok(())
}
