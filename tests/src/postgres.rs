//! A PostgreSQL server for one test, on an unused port of this machine with its data in a temporary folder.
//!
//! `MPS_TEST_POSTGRES` names the folder of its programs (default: `PATH`, then the newest version in
//! `/usr/lib/postgresql`). Without them, tests that need a server are skipped on a developer's machine
//! and fail where `CI` is `true`.
//!
//! The server refuses to run as root, so under root its programs run as the user `postgres`.

use std::{
    env, fs,
    io::{self, Error, Write as _},
    os::unix::fs::{OpenOptionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use tempfile::TempDir;

mod bouncer;
mod programs;
mod running;

pub use self::bouncer::PgBouncer;
use self::{
    programs::{User, as_user, programs, user},
    running::Running,
};
use crate::{bounded, ports::unused_port};

/// Runs a server until this script's stdin is closed, then removes its folder.
const WATCHDOG: &str = "folder=$1; shift; \"$@\" & server=$!; cat > /dev/null; \
     kill -QUIT $server; wait $server; rm -rf \"$folder\"";
const READY: &str = "database system is ready to accept";

/// A PostgreSQL server. It is stopped when dropped.
#[derive(Debug)]
pub struct PostgresServer {
    programs: PathBuf,
    user: Option<User>,
    folder: TempDir,
    port: u16,
    settings: Vec<String>,
    running: Option<Running>,
}

/// The way in which a server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Ends its transactions and writes everything to disk.
    Orderly,
    /// Ends as by a crash; the next start recovers.
    Crash,
}

impl PostgresServer {
    /// Starts a server that does not sync its files, and waits until it accepts connections. Returns
    /// `None` if no program is installed.
    ///
    /// # Errors
    /// Fails if the server does not start, or if no program is installed where `CI` is `true`.
    pub fn start() -> io::Result<Option<Self>> {
        Self::start_with(&["fsync=off"])
    }

    /// Starts a server with settings such as `fsync=off`, as [`start`](Self::start) does.
    ///
    /// # Errors
    /// Fails if the server does not start, or if no program is installed where `CI` is `true`.
    pub fn start_with(settings: &[&str]) -> io::Result<Option<Self>> {
        let Some(programs) = programs() else {
            return skip("postgres", "MPS_TEST_POSTGRES").map(|()| None);
        };
        let mut server = Self::new(programs, settings)?;
        server.initialize()?;
        server.run()?;
        Ok(Some(server))
    }

    /// Returns one server for all tests of this program. It ends with the program, however that ends.
    ///
    /// # Errors
    /// Fails if the server does not start, or if no program is installed where `CI` is `true`.
    pub fn shared() -> io::Result<Option<&'static Self>> {
        static SHARED: OnceLock<Result<Option<PostgresServer>, String>> = OnceLock::new();
        let started =
            SHARED.get_or_init(|| Self::start_shared().map_err(|error| error.to_string()));
        let shared = started.as_ref().map(Option::as_ref);
        shared.map_err(|error| Error::other(error.clone()))
    }

    fn start_shared() -> io::Result<Option<Self>> {
        let Some(programs) = programs() else {
            return skip("postgres", "MPS_TEST_POSTGRES").map(|()| None);
        };
        let mut server = Self::new(programs, &["fsync=off"])?;
        server.initialize()?;
        // Nothing of this program runs at its end, but its end of the pipe closes.
        let mut command = Command::new("sh");
        command
            .args(["-c", WATCHDOG, "sh"])
            .arg(server.folder.path())
            .arg(server.programs.join("postgres"))
            .args(server.arguments());
        as_user(&mut command, server.user);
        command.current_dir(server.folder.path()).env("LC_ALL", "C");
        server.running = Some(Running::start(command, READY)?);
        Ok(Some(server))
    }

    fn new(programs: PathBuf, settings: &[&str]) -> io::Result<Self> {
        let (user, folder) = (user()?, tempfile::tempdir()?);
        if let Some(user) = user {
            chown(folder.path(), Some(user.uid), Some(user.gid))?;
        }
        Ok(Self {
            programs,
            user,
            folder,
            port: unused_port()?,
            settings: settings.iter().map(ToString::to_string).collect(),
            running: None,
        })
    }

    fn initialize(&self) -> io::Result<()> {
        let mut initdb = self.program("initdb");
        initdb
            .args(["--username=postgres", "--auth=trust", "--no-sync"])
            .args(["--encoding=UTF8", "--locale=C", "--no-instructions"])
            .arg("--pgdata")
            .arg(self.data());
        run(&mut initdb)?;
        // The user `locked` needs a password, wherever it comes from.
        let rules = "host all locked all scram-sha-256\nlocal all all trust\nhost all all all trust\n\
             host replication all all trust\nlocal replication all trust\n";
        fs::write(self.data().join("pg_hba.conf"), rules)
    }

    /// Returns a command that runs one of the server's programs as its user.
    #[must_use]
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        as_user(&mut command, self.user);
        command.current_dir(self.folder.path()).env("LC_ALL", "C");
        command
    }

    /// Returns its URL, which stays the same while the server is stopped.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of("postgres", "")
    }

    /// Returns its URL for a user, which may have a password, and with parameters.
    #[must_use]
    pub fn url_of(&self, user: &str, parameters: &str) -> String {
        format!(
            "postgres://{user}@127.0.0.1:{}/postgres{parameters}",
            self.port
        )
    }

    /// Returns its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns its data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Returns the process id of the server, or 0 while it is stopped.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.running
            .as_ref()
            .map_or(0, |running| running.child.id())
    }

    /// Writes a file beside the data folder that only the server's user can read. Returns its path.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub fn write(&self, name: &str, content: &str) -> io::Result<PathBuf> {
        write(self.folder.path(), self.user, name, content)
    }

    /// Starts the server again and waits until it accepts connections; a replica accepts reads.
    ///
    /// # Errors
    /// Fails if the server does not start.
    pub fn run(&mut self) -> io::Result<()> {
        self.running = None;
        let mut command = self.program("postgres");
        command.args(self.arguments());
        self.running = Some(Running::start(command, READY)?);
        Ok(())
    }

    fn arguments(&self) -> Vec<String> {
        let fixed = [
            "listen_addresses=127.0.0.1",
            "max_connections=60",
            "shared_buffers=16MB",
        ];
        let settings = fixed
            .iter()
            .map(ToString::to_string)
            .chain(self.settings.clone());
        let data = self.data().display().to_string();
        let port = self.port.to_string();
        let first = ["-D", &data, "-p", &port, "-k", ""].map(ToOwned::to_owned);
        let settings = settings.flat_map(|setting| ["-c".to_owned(), setting]);
        first.into_iter().chain(settings).collect()
    }

    /// Stops the server and waits for its end.
    ///
    /// # Errors
    /// Fails if it cannot be stopped.
    pub fn stop(&mut self, how: Stop) -> io::Result<()> {
        let Some(mut running) = self.running.take() else {
            return Ok(());
        };
        let signal = match how {
            Stop::Orderly => "INT",
            Stop::Crash => "QUIT",
        };
        running.signal(signal)?;
        bounded::wait(&mut running.child).map(drop)
    }

    /// Sends a signal to the server and all its processes, for example `STOP` and `CONT`.
    ///
    /// # Errors
    /// Fails if the signal cannot be sent.
    pub fn signal_all(&self, signal: &str) -> io::Result<()> {
        let Some(running) = &self.running else {
            return Ok(());
        };
        let id = running.child.id().to_string();
        let children = bounded::output(Command::new("pgrep").args(["--parent", &id]))?;
        let children = String::from_utf8_lossy(&children.stdout).into_owned();
        let mut kill = Command::new("kill");
        kill.arg(format!("-{signal}")).arg(id);
        // A process that has just ended is no failure.
        kill.args(children.split_whitespace()).stderr(Stdio::null());
        bounded::status(&mut kill).map(drop)
    }

    /// Runs statements and returns their output, without headers and alignment.
    ///
    /// # Errors
    /// Fails with the server's message if a statement fails.
    pub fn sql(&self, statements: &str) -> io::Result<String> {
        let mut psql = self.program("psql");
        psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d"])
            .arg(self.url())
            .args(["-c", statements]);
        run(&mut psql)
    }

    /// Returns the log of the server since its start, once it contains a text.
    ///
    /// # Errors
    /// Fails if the server is stopped, or if its log does not contain the text within two minutes.
    pub fn log_until(&self, text: &str) -> io::Result<String> {
        let running = self.running.as_ref();
        let running = running.ok_or_else(|| Error::other("the server is stopped"))?;
        running.log_until(text)
    }

    /// Copies the data folder of the server, which must be stopped.
    ///
    /// # Errors
    /// Fails if a file cannot be copied.
    pub fn copy_data(&self, name: &str) -> io::Result<PathBuf> {
        let copy = self.folder.path().join(name);
        run(Command::new("cp").arg("-a").arg(self.data()).arg(&copy))?;
        Ok(copy)
    }

    /// Replaces the data folder of the server, which must be stopped, by a copy.
    ///
    /// # Errors
    /// Fails if a file cannot be copied.
    pub fn restore(&self, copy: &Path) -> io::Result<()> {
        fs::remove_dir_all(self.data())?;
        run(Command::new("cp").arg("-a").arg(copy).arg(self.data())).map(drop)
    }

    /// Takes a base backup of the running server.
    ///
    /// # Errors
    /// Fails if it cannot be taken.
    pub fn base_backup(&self, name: &str) -> io::Result<PathBuf> {
        let copy = self.folder.path().join(name);
        self.back_up(&copy, &[])?;
        Ok(copy)
    }

    fn back_up(&self, to: &Path, arguments: &[&str]) -> io::Result<()> {
        let mut backup = self.program("pg_basebackup");
        backup.arg("-d").arg(self.url()).arg("-D").arg(to);
        backup.args(["--no-sync", "--checkpoint=fast", "--wal-method=stream"]);
        run(backup.args(arguments)).map(drop)
    }

    /// Starts a replica of this server.
    ///
    /// # Errors
    /// Fails if it does not start.
    pub fn replica(&self) -> io::Result<Self> {
        let mut replica = Self::new(self.programs.clone(), &[])?;
        replica.settings.clone_from(&self.settings);
        self.back_up(&replica.data(), &["--write-recovery-conf"])?;
        replica.run()?;
        Ok(replica)
    }

    /// Makes a replica a server that accepts writes, and waits until it does.
    ///
    /// # Errors
    /// Fails if it is none.
    pub fn promote(&self) -> io::Result<()> {
        self.sql("SELECT pg_promote(true)").map(drop)
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // Its processes outlive one that is killed. A stopped one does not end either.
        let _ = self.signal_all("CONT");
        let _ = self.stop(Stop::Crash);
    }
}

/// Runs a command and returns its stdout.
fn run(command: &mut Command) -> io::Result<String> {
    let output = bounded::output(command)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(Error::other(format!("{command:?}: {stderr}")))
}

fn write(folder: &Path, user: Option<User>, name: &str, content: &str) -> io::Result<PathBuf> {
    let path = folder.join(name);
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)?;
    file.write_all(content.as_bytes())?;
    if let Some(user) = user {
        chown(&path, Some(user.uid), Some(user.gid))?;
    }
    Ok(path)
}

#[expect(clippy::print_stderr, reason = "a skipped test prints a notice")]
fn skip(program: &str, variable: &str) -> io::Result<()> {
    let missing = format!("{program} is not installed; {variable} can name another place");
    if env::var_os("CI").is_some_and(|ci| ci == "true") {
        return Err(Error::other(missing));
    }
    eprintln!("skipped: {missing}");
    Ok(())
}
