//! Many callers in one queue.

use std::{error::Error, sync::Arc, time::Duration};

use mps_core::{
    clock::{MachineClock as _, SystemClock, SystemMachineClock},
    limit::{Limiter as _, LocalLimiter, PermitRequest},
};
use mps_models::Effect;
use tokio::{runtime::Builder, task::JoinSet};

/// Prints the cost of a permit while `waiting` callers wait from the beginning. Time jumps from slot
/// to slot, so only work is measured.
#[expect(clippy::print_stdout, reason = "a bench prints its result")]
pub(crate) fn print_cost(waiting: u32) -> Result<(), Box<dyn Error>> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()?;
    // The runtime's clock is paused here, so measure with the machine's.
    let timer = SystemMachineClock::new();
    let before = timer.now();
    let granted = runtime.block_on(async {
        let limiter = Arc::new(LocalLimiter::without_warm_up(SystemClock::shared()));
        let mut callers = JoinSet::new();
        for _ in 0..waiting {
            callers.spawn(start_once(limiter.clone()));
        }
        callers
            .join_all()
            .await
            .into_iter()
            .filter(|started| *started)
            .count()
    });
    let each = timer.now().saturating_sub(before).as_secs_f64() * 1e9 / f64::from(waiting);
    println!(
        "{waiting} waiting: {each:.0} ns a permit, task and timer included ({granted} started)"
    );
    Ok(())
}

async fn start_once(limiter: Arc<LocalLimiter>) -> bool {
    let request =
        PermitRequest::new("CreateAigcVideoTask", Effect::PaidCreate, 10).max_wait(Duration::MAX);
    limiter
        .acquire(request)
        .await
        .is_ok_and(mps_core::limit::Permit::start)
}
