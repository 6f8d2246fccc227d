//! Raw bytes on the emulator's socket.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mps_tests::front::Socket;

thread_local! {
    static SOCKET: Socket = Socket::open().expect("loopback has a free port");
}

fuzz_target!(|bytes: &[u8]| {
    // It may hang up on nonsense; what it must not do is panic or grow.
    SOCKET.with(|socket| socket.exchange(bytes).is_ok());
});
