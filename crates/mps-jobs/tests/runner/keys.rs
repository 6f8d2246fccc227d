//! Keys: the same key is the same job.

use mps_aigc::{UntypedCall, models::CreateAigcImageTask};
use mps_jobs::{JobsError, State};
use serde_json::value::RawValue;

use crate::world::{Error, World, request};

#[tokio::test(start_paused = true)]
async fn the_same_key_and_request_is_the_same_job_and_one_bill() -> Result<(), Error> {
    let world = World::new();
    let jobs = world.jobs();
    for _ in 0..3 {
        world.submit(&jobs, 2).await?;
    }
    world.run(&jobs).await?;
    world.submit(&jobs, 2).await?;
    let report = world.run(&jobs).await?;
    world.check(&report, 2, 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn another_request_under_a_key_is_refused_and_what_differs_is_named() -> Result<(), Error> {
    let world = World::new();
    let jobs = world.jobs();
    jobs.submit("fox", request(1)).await?;
    let error = jobs
        .submit("fox", request(1).duration(10))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the key fox has a job with another request: Duration"
    );
    let JobsError::Differs { members, .. } = error else {
        panic!("another error");
    };
    assert_eq!(members, ["Duration"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn two_jobs_cannot_have_the_same_output_name() -> Result<(), Error> {
    let world = World::new();
    let jobs = world.jobs();
    jobs.submit("a", request(1)).out("clip.mp4").await?;
    let error = jobs
        .submit("b", request(2))
        .out("clip.mp4")
        .await
        .unwrap_err();
    assert!(matches!(error, JobsError::InvalidName { .. }), "{error}");
    assert!(jobs.get(&"b".parse()?).await?.is_none());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn families_mix_and_a_view_has_what_a_page_shows() -> Result<(), Error> {
    let world = World::new();
    let jobs = world.jobs();
    let image = CreateAigcImageTask::new()
        .model_name("Kling")
        .prompt("a lighthouse");
    jobs.submit("image", image).await?;
    let body = serde_json::to_string(&request(1))?;
    let call = UntypedCall::new("CreateAigcVideoTask", RawValue::from_string(body)?);
    jobs.submit_untyped("clip", call).await?;
    let report = world.run(&jobs).await?;
    assert_eq!(report.count(State::Fetched), 2, "{report}");

    let view = jobs.get(&"clip".parse()?).await?.unwrap().view();
    let json = serde_json::to_value(&view)?;
    assert_eq!(
        (&json["state"], &json["seconds"]),
        (&"fetched".into(), &5.into()),
        "{json}"
    );
    assert_eq!(json["files"].as_array().unwrap().len(), 1);
    assert!(
        !json.to_string().contains("clip 1"),
        "the prompt is in {json}"
    );
    let image = jobs.get(&"image".parse()?).await?.unwrap();
    assert!(!image.files()[0].path.to_string_lossy().ends_with(".mp4"));
    Ok(())
}
