//! Ports for servers that have to be told theirs.

use std::{
    io::{self, Error},
    net::TcpListener,
    process,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

/// Outside the ephemeral ranges (Linux from 32768, elsewhere from 49152), so the system never assigns one to a client or
/// for port 0. Two test processes start at different ports, but can still be given the same one between this check and
/// the server's bind.
const FIRST_PORT: u32 = 12_000;
const PORT_COUNT: u32 = 18_000;
/// The distance between the first ports of two processes with consecutive ids.
const STRIDE: u32 = 97;

/// Returns a port of this machine on which nothing listens. This process gets each port once.
///
/// # Errors
/// Fails if all ports are in use.
pub fn unused_port() -> io::Result<u16> {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let begin = process::id().wrapping_mul(STRIDE);
    for _ in 0..PORT_COUNT {
        let number = begin.wrapping_add(GIVEN.fetch_add(1, Relaxed)) % PORT_COUNT;
        let Ok(port) = u16::try_from(FIRST_PORT + number) else {
            continue;
        };
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(Error::other("no port is unused"))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    #[test]
    fn two_calls_return_different_ports_that_can_be_bound() -> std::io::Result<()> {
        let ports = [super::unused_port()?, super::unused_port()?];
        assert_ne!(ports[0], ports[1]);
        for port in ports {
            TcpListener::bind(("127.0.0.1", port))?;
        }
        Ok(())
    }
}
