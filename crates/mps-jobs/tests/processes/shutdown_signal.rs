//! The signals that end a service.

use std::{future::ready, pin::pin};

use rustix::process::{Signal, getpid, kill_process};

use crate::bounded::within;

#[tokio::test]
async fn both_signals_of_a_shutdown_end_the_wait() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut shutdown = pin!(mps_jobs::shutdown_signal());
        tokio::select! {
            biased;
            ended = &mut shutdown => panic!("nothing was sent: {ended:?}"),
            () = ready(()) => {} // it listens from here on
        }
        kill_process(getpid(), signal).unwrap();
        within("end of the wait", shutdown).await.unwrap();
    }
}
