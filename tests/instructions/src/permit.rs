//! A permit of the limiter of one process, used at once.

use std::{sync::Arc, time::Duration};

use mps_core::{
    clock::TestClock,
    limit::{Limiter, LocalLimiter, Permit, PermitRequest},
};
use mps_models::Effect;
use tokio::runtime::Builder;

use crate::{Outcome, measured_section};

pub(crate) fn run(times: u32) -> Outcome {
    let clock = TestClock::new(1_771_125_945);
    let limiter = LocalLimiter::without_warm_up(Arc::new(clock.clone()));
    let runtime = Builder::new_current_thread().build()?;
    let start = || {
        let request = PermitRequest::new("CreateAigcVideoTask", Effect::PaidCreate, 10);
        runtime
            .block_on(limiter.acquire(request))
            .map(Permit::start)
    };
    for _ in 0..times {
        // The slot of the permit ten places earlier is free by then, so none is waited for.
        clock.advance(Duration::from_millis(200));
        if !measured_section(start)? {
            return Err("the permit is not in time".into());
        }
    }
    Ok(())
}
