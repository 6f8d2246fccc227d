//! The standard streams, and whether they can be written at all.

use std::io::{self, Write};

/// Writes a line to stdout and flushes it.
///
/// # Errors
/// Fails when stdout was closed before the program started, too.
pub(crate) fn write_stdout(line: &str) -> io::Result<()> {
    if is_closed(&io::stdout()) {
        return Err(closed());
    }
    write_line(anstream::stdout().lock(), line)
}

/// Returns whether stdout was closed before the program started.
#[cfg(feature = "mcp")]
pub(crate) fn is_stdout_closed() -> bool {
    is_closed(&io::stdout())
}

/// Writes a line to stderr and flushes it.
///
/// # Errors
/// As for [`write_stdout`].
pub(crate) fn write_stderr(line: &str) -> io::Result<()> {
    if is_closed(&io::stderr()) {
        return Err(closed());
    }
    write_line(anstream::stderr().lock(), line)
}

/// Writes bytes to stdout unchanged.
///
/// # Errors
/// As for [`write_stdout`].
pub(crate) fn copy_to_stdout(bytes: &mut impl io::Read) -> io::Result<()> {
    if is_closed(&io::stdout()) {
        return Err(closed());
    }
    let mut stdout = io::stdout().lock();
    io::copy(bytes, &mut stdout)?;
    stdout.flush()
}

fn write_line(mut stream: impl Write, line: &str) -> io::Result<()> {
    writeln!(stream, "{line}")?;
    stream.flush()
}

fn closed() -> io::Error {
    io::Error::other("it is closed")
}

/// Returns whether the stream was closed before the program started.
///
/// The standard library replaces a closed stream (for example `>&-` in a shell) by `/dev/null`, opened
/// for reading and writing, and then accepts every write. A redirection to `/dev/null` opens it for
/// writing only. A program that opens it for both, as some do to discard the output of a child process,
/// cannot be told from a closed stream; it should redirect the output or read it.
#[cfg(unix)]
fn is_closed(stream: &impl std::os::fd::AsFd) -> bool {
    use rustix::fs::{OFlags, fcntl_getfl, fstat, stat};

    let is_read_write = fcntl_getfl(stream).is_ok_and(|flags| flags.contains(OFlags::RDWR));
    let device = |stat: rustix::fs::Stat| stat.st_rdev;
    let stream = fstat(stream).map(device);
    is_read_write && stream.is_ok() && stream == stat("/dev/null").map(device)
}

#[cfg(not(unix))]
fn is_closed<S>(_: &S) -> bool {
    false
}
