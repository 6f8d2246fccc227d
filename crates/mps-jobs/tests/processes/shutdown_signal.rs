//! The signals that end a service.

use std::{future::ready, pin::pin};

use rustix::process::{Signal, getpid, kill_process};

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
        shutdown.await.unwrap();
    }
}
