//! Why an emulator does not start.

use std::{error, fmt, io, net::SocketAddr, path::PathBuf};

use crate::api::snapshot::SnapshotError;

/// Why an emulator could not be started.
#[derive(Debug)]
pub struct StartError(Cause);

#[derive(Debug)]
enum Cause {
    NotLoopback(SocketAddr),
    Listen(SocketAddr, io::Error),
    /// Whether another emulator uses the state file cannot be found out.
    Lock(PathBuf, io::Error),
    /// Another emulator uses it.
    InUse(PathBuf),
    /// The state file cannot be read.
    Read(PathBuf, io::Error),
    /// It can, but says nothing an emulator understands.
    Damaged(PathBuf, SnapshotError),
}

impl StartError {
    pub(crate) fn not_loopback(address: SocketAddr) -> Self {
        Self(Cause::NotLoopback(address))
    }

    pub(crate) fn listen(address: SocketAddr, source: io::Error) -> Self {
        Self(Cause::Listen(address, source))
    }

    pub(crate) fn lock(path: PathBuf, source: io::Error) -> Self {
        Self(Cause::Lock(path, source))
    }

    pub(crate) fn in_use(path: PathBuf) -> Self {
        Self(Cause::InUse(path))
    }

    pub(crate) fn read(path: PathBuf, source: io::Error) -> Self {
        Self(Cause::Read(path, source))
    }

    pub(crate) fn damaged(path: PathBuf, source: SnapshotError) -> Self {
        Self(Cause::Damaged(path, source))
    }

    /// Whether the address was refused because other machines could reach it.
    #[must_use]
    pub fn is_not_loopback(&self) -> bool {
        matches!(self.0, Cause::NotLoopback(_))
    }

    /// Whether it is the state file: unreadable, damaged, or in use. It was left as it is.
    #[must_use]
    pub fn is_about_state_file(&self) -> bool {
        !matches!(self.0, Cause::NotLoopback(_) | Cause::Listen(..))
    }

    /// Whether another emulator keeps its state in the file, and has to be stopped first.
    #[must_use]
    pub fn is_state_file_in_use(&self) -> bool {
        matches!(self.0, Cause::InUse(_))
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Cause::Listen(address, _) => {
                write!(f, "cannot listen on {address}; port 0 takes any free one")
            }
            Cause::NotLoopback(address) => write!(
                f,
                "refused to listen on {address}: the emulator is for this machine only; use a loopback address such as 127.0.0.1:{}",
                address.port()
            ),
            Cause::Lock(path, _) => write!(f, "cannot lock the state file {}", path.display()),
            Cause::InUse(path) => write!(
                f,
                "another emulator keeps its state in {}; stop it, or name another file",
                path.display()
            ),
            Cause::Read(path, _) => write!(f, "cannot read the state file {}", path.display()),
            Cause::Damaged(path, error) => write!(
                f,
                "the state file {} cannot be taken up again, and was left as it is: {error}; move it away to start anew",
                path.display()
            ),
        }
    }
}

impl error::Error for StartError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.0 {
            Cause::NotLoopback(_) | Cause::Damaged(..) | Cause::InUse(_) => None,
            Cause::Listen(_, error) | Cause::Lock(_, error) | Cause::Read(_, error) => Some(error),
        }
    }
}
