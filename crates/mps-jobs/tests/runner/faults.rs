//! Every fault of the service at every step: nothing is billed twice, and each job ends as it should.

use std::time::Duration;

use mps_emulator::Fault;
use mps_jobs::State;

use crate::world::{Error, World};

const CREATE: &str = "CreateAigcVideoTask";
const DESCRIBE: &str = "DescribeAigcVideoTask";
const ROWS: usize = 3;

/// Runs three jobs with a fault that strikes once, and returns the states that one of them ended in,
/// while the others are fetched.
async fn odd_state(fault: Fault) -> Result<State, Error> {
    let world = World::new();
    let jobs = world.jobs();
    world.service.fail(fault.clone())?;
    world.submit(&jobs, ROWS).await?;
    let report = world.run(&jobs).await?;
    assert_eq!(world.service.bill().duplicates, 0, "{fault:?}: {report}");
    assert_eq!(world.service.fault_counts(), [1], "{fault:?} never struck");
    let odd: Vec<_> = report
        .counts
        .iter()
        .filter(|count| count.state != State::Fetched)
        .collect();
    let fetched = report.count(State::Fetched);
    match odd[..] {
        [] => {
            world.check(&report, 3, 3);
            Ok(State::Fetched)
        }
        [odd] => {
            assert_eq!((odd.rows, fetched), (1, 2), "{fault:?}: {report}");
            Ok(odd.state)
        }
        _ => panic!("{fault:?}: {report}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_that_was_not_executed_is_sent_again() -> Result<(), Error> {
    for fault in [
        Fault::throttle(),
        Fault::refuse("RequestLimitExceeded"),
        Fault::http(429),
        Fault::refuse("AuthFailure.SecretIdNotFound"),
        Fault::delay(Duration::from_secs(20)),
    ] {
        let state = odd_state(fault.clone().action(CREATE).times(1)).await?;
        assert_eq!(state, State::Fetched, "{fault:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_create_that_may_have_been_executed_is_in_doubt() -> Result<(), Error> {
    for fault in [
        Fault::reply_lost(),
        Fault::reset_after_read(),
        Fault::truncate(),
        Fault::http(502),
        Fault::http(504).executed(),
        Fault::refuse("InternalError"),
        Fault::delay(Duration::from_secs(90)),
        Fault::id_and_error(),
        Fault::task_id(""),
    ] {
        let state = odd_state(fault.clone().action(CREATE).times(1)).await?;
        assert_eq!(state, State::InDoubt, "{fault:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_create_that_is_refused_for_good_is_refused() -> Result<(), Error> {
    for code in ["InvalidParameterValue", "InvalidParameter"] {
        let state = odd_state(Fault::refuse(code).action(CREATE).times(1)).await?;
        assert_eq!(state, State::Refused, "{code}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn trouble_while_a_task_is_followed_changes_nothing() -> Result<(), Error> {
    for fault in [
        Fault::throttle(),
        Fault::http(500),
        Fault::html(),
        Fault::reply_lost(),
        Fault::truncate(),
        Fault::reset_before_read(),
        Fault::refuse("InternalError"),
        Fault::refuse("ResourceNotFound"),
        Fault::unknown_status(),
        Fault::done_without_url(),
        Fault::nulls(),
        Fault::delay(Duration::from_secs(40)),
    ] {
        let state = odd_state(fault.clone().action(DESCRIBE).times(1)).await?;
        assert_eq!(state, State::Fetched, "{fault:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn trouble_while_a_result_is_fetched_changes_nothing() -> Result<(), Error> {
    for fault in [
        Fault::http(500),
        Fault::truncate(),
        Fault::reply_lost(),
        Fault::wrong_body(),
        Fault::forbidden_once(),
        Fault::etag_change(),
    ] {
        let state = odd_state(fault.clone().download().times(1)).await?;
        assert_eq!(state, State::Fetched, "{fault:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn credentials_that_are_rejected_stop_the_run_and_leave_the_jobs_planned() -> Result<(), Error>
{
    let world = World::new();
    let jobs = world.jobs();
    world
        .service
        .fail(Fault::refuse("AuthFailure.SecretIdNotFound").action(CREATE))?;
    world.submit(&jobs, ROWS).await?;
    let report = world.run(&jobs).await?;
    assert_eq!(
        (report.count(State::Planned), world.service.bill().creates),
        (3, 0),
        "{report}"
    );
    let stopped = report.stopped.as_ref().unwrap().to_string();
    assert!(stopped.contains("SecretIdNotFound"), "{stopped}");

    world.service.clear_faults();
    let report = world.run(&jobs).await?;
    world.check(&report, 3, 3);
    assert!(report.stopped.is_none());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_task_that_fails_is_reported_with_its_reason_and_can_be_retried() -> Result<(), Error> {
    use mps_aigc::models::CreateAigcVideoTask;

    let world = World::new();
    let jobs = world.jobs();
    let request = CreateAigcVideoTask::new()
        .model_name("Kling")
        .prompt("[emulator:fail=too dark]")
        .duration(5);
    jobs.submit("row-1", request.clone()).await?;
    let report = world.run(&jobs).await?;
    assert_eq!(report.to_string(), "1 failed, 0 s");
    let job = jobs.get(&"row-1".parse()?).await?.unwrap();
    assert!(job.view().message.unwrap().contains("too dark"));

    let job = jobs.submit("row-1", request).again().await?;
    assert_eq!(job.state(), State::Planned);
    world.run(&jobs).await?;
    assert_eq!(world.service.bill().creates, 2);
    Ok(())
}
