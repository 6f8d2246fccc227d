//! Errors of starting an emulator.

use std::{error, fmt, io, net::SocketAddr, path::PathBuf};

use crate::api::snapshot::SnapshotError;

/// The error for an emulator that could not be started.
#[derive(Debug)]
pub struct StartError(Cause);

#[derive(Debug)]
enum Cause {
    NotLoopback(SocketAddr),
    /// The certificate cannot be made or written.
    #[cfg(feature = "tls")]
    Tls(io::Error),
    Listen(SocketAddr, io::Error),
    /// The lock of the state file cannot be taken or examined.
    Lock(PathBuf, io::Error),
    /// Another emulator uses the state file.
    InUse(PathBuf),
    /// The state file cannot be read.
    Read(PathBuf, io::Error),
    /// The state file is no valid state.
    Damaged(PathBuf, SnapshotError),
}

impl StartError {
    pub(crate) fn not_loopback(address: SocketAddr) -> Self {
        Self(Cause::NotLoopback(address))
    }

    #[cfg(feature = "tls")]
    pub(crate) fn tls(source: io::Error) -> Self {
        Self(Cause::Tls(source))
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

    /// Returns whether the address was refused because other machines could reach it and no host
    /// is allowed.
    #[must_use]
    pub fn is_not_loopback(&self) -> bool {
        matches!(self.0, Cause::NotLoopback(_))
    }

    /// Returns whether the state file is the cause: unreadable, invalid or in use. The file is
    /// unchanged.
    #[must_use]
    pub fn is_about_state_file(&self) -> bool {
        match &self.0 {
            Cause::NotLoopback(_) | Cause::Listen(..) => false,
            #[cfg(feature = "tls")]
            Cause::Tls(_) => false,
            Cause::Lock(..) | Cause::InUse(_) | Cause::Read(..) | Cause::Damaged(..) => true,
        }
    }

    /// Returns whether another emulator uses the state file and has to be stopped first.
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
                "refused to listen on {address}, which other machines can reach, without an allowed host; use a loopback address such as 127.0.0.1:{}, or allow the name by which they call it",
                address.port()
            ),
            #[cfg(feature = "tls")]
            Cause::Tls(_) => f.write_str("cannot make the certificate"),
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
            #[cfg(feature = "tls")]
            Cause::Tls(error) => Some(error),
            Cause::Listen(_, error) | Cause::Lock(_, error) | Cause::Read(_, error) => Some(error),
        }
    }
}
