//! A PgBouncer in transaction mode in front of a server.

use std::{
    env, io,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use super::{PostgresServer, Running, as_user, skip, write};
use crate::ports::unused_port;

/// A PgBouncer in transaction mode: two transactions of one client may run on different connections
/// of the server. It is stopped when dropped.
#[derive(Debug)]
pub struct PgBouncer {
    port: u16,
    running: Running,
    _folder: TempDir,
}

impl PgBouncer {
    /// Starts one in front of a server, with `connections` of its own. Returns `None` if no program is
    /// installed; `MPS_TEST_PGBOUNCER` can name one.
    ///
    /// # Errors
    /// Fails if it does not start, or if no program is installed where `CI` is `true`.
    pub fn start(server: &PostgresServer, connections: u32) -> io::Result<Option<Self>> {
        let Some(program) = program() else {
            return skip("pgbouncer", "MPS_TEST_PGBOUNCER").map(|()| None);
        };
        let (folder, port) = (tempfile::tempdir()?, unused_port()?);
        let path = |name: &str| folder.path().join(name).display().to_string();
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = trust\nauth_file = {}\n\
             pool_mode = transaction\ndefault_pool_size = {connections}\nmax_client_conn = 200\n\
             server_login_retry = 0.2\n",
            server.port,
            path("users"),
        );
        if let Some(user) = server.user {
            chown(folder.path(), Some(user.uid), Some(user.gid))?;
        }
        write(folder.path(), server.user, "users", "\"postgres\" \"\"\n")?;
        let settings = write(folder.path(), server.user, "pgbouncer.ini", &settings)?;
        let mut command = Command::new(program);
        as_user(&mut command, server.user);
        command.arg(settings).current_dir(folder.path());
        Ok(Some(Self {
            port,
            running: Running::start(command, "process up")?,
            _folder: folder,
        }))
    }

    /// Returns the URL of the server through this pooler, with parameters.
    #[must_use]
    pub fn url(&self, parameters: &str) -> String {
        format!(
            "postgres://postgres@127.0.0.1:{}/postgres{parameters}",
            self.port
        )
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // It has nothing to save. Versions differ in the signals that end it at once, and old ones have
        // no handler for SIGQUIT, which a shell ignores for programs in the background.
        let _ = self.running.child.kill();
    }
}

fn program() -> Option<PathBuf> {
    if let Some(named) = env::var_os("MPS_TEST_PGBOUNCER") {
        return Some(named.into());
    }
    let paths = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&paths).chain([Path::new("/usr/sbin").to_owned()]);
    folders
        .map(|folder| folder.join("pgbouncer"))
        .find(|program| program.is_file())
}
