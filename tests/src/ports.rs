//! Ports for servers that have to be told theirs.

use std::{
    io::{self, Error},
    net::TcpListener,
    process,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

/// The ports that are given out. The system gives none of them to a client or for port 0 (by default those from
/// 32768 on under Linux, and from 49152 on elsewhere), so nobody else takes one before its server listens, or while
/// its server restarts.
const FIRST: u32 = 12_000;
const COUNT: u32 = 18_000;
/// The distance between the first ports of two processes with consecutive ids.
const APART: u32 = 97;

/// Returns a port of this machine on which nothing listens. This process gets each port once.
///
/// # Errors
/// Fails if all ports are in use.
pub fn unused_port() -> io::Result<u16> {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let begin = process::id().wrapping_mul(APART);
    for _ in 0..COUNT {
        let number = begin.wrapping_add(GIVEN.fetch_add(1, Relaxed)) % COUNT;
        let Ok(port) = u16::try_from(FIRST + number) else {
            continue;
        };
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(Error::other("no port is unused"))
}
