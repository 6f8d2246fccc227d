//! Fuzzes the emulator's socket with raw bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mps_tests::front::Socket;

thread_local! {
    static SOCKET: Socket = Socket::open().expect("loopback has a free port");
}

fuzz_target!(|bytes: &[u8]| {
    // The emulator may close the connection, but must neither panic nor keep memory.
    SOCKET.with(|socket| socket.exchange(bytes).is_ok());
});
