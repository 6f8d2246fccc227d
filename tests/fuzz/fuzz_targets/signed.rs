//! Fuzzes the bodies of calls with a valid signature.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mps_tests::front::Signed;

thread_local! {
    static SERVICE: Signed = Signed::new();
}

fuzz_target!(|bytes: &[u8]| {
    SERVICE.with(|service| service.call(bytes).is_some());
});
