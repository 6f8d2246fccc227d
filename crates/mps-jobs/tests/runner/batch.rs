//! Batches of a manifest.

use std::{fs, path::PathBuf, time::Duration};

use mps_core::clock::{Clock as _, SystemClock};
use mps_emulator::Fault;
use mps_jobs::{
    BatchError, Jobs, JobsError, PrepareOptions, Report, State, Stopped,
    ledger::{Answer, Compared},
    manifest::Manifest,
    never,
};

use crate::world::{Error, World, files};

/// A row with a prompt of its own.
fn row(id: usize) -> String {
    format!(r#"{{"id":"row-{id}","ModelName":"Kling","Prompt":"clip {id}","Duration":5}}"#)
}

fn rows(ids: impl IntoIterator<Item = usize>) -> Vec<String> {
    ids.into_iter().map(row).collect()
}

impl World {
    /// Writes a manifest of these lines beside the results.
    fn manifest(&self, lines: &[String]) -> Manifest {
        let path = self.manifest_path();
        fs::write(&path, lines.join("\n")).unwrap();
        Manifest::open(path).unwrap()
    }

    fn manifest_path(&self) -> PathBuf {
        self.folder.path().join("clips.jsonl")
    }

    fn batch(&self) -> Jobs {
        self.jobs().batch("clips")
    }

    async fn prepared(&self, lines: &[String]) -> Result<mps_jobs::PreparedBatch, JobsError> {
        let manifest = self.manifest(lines);
        self.batch()
            .prepare(&manifest, PrepareOptions::default())
            .await
    }

    async fn run_batch(&self, lines: &[String]) -> Result<Report, JobsError> {
        let prepared = self.prepared(lines).await?;
        prepared.run(&self.aigc(), never()).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_manifest_becomes_a_folder_of_results_and_is_paid_once() -> Result<(), Error> {
    let world = World::new();
    for _ in 0..2 {
        let report = world.run_batch(&rows(1..=20)).await?;
        world.check(&report, 20, 20);
        assert_eq!(report.to_string(), "20 fetched, 100 s");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn rows_start_before_all_of_them_are_imported() -> Result<(), Error> {
    let world = World::new();
    let prepared = world.prepared(&rows(1..=3_000)).await?;
    let shutdown = SystemClock::new().sleep(Duration::from_millis(1_500));
    let report = prepared.run(&world.aigc(), shutdown).await?;
    assert!(report.count(State::Planned) > 2_000, "{report}");
    assert!(world.service.bill().creates > 0, "{report}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_shut_down_during_its_import_is_continued() -> Result<(), Error> {
    let world = World::new();
    let prepared = world.prepared(&rows(1..=700)).await?;
    prepared.run(&world.aigc(), std::future::ready(())).await?;
    let report = world.run_batch(&rows(1..=700)).await?;
    world.check(&report, 700, 700);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn new_rows_are_added_and_changed_ones_are_named_before_anything_starts() -> Result<(), Error>
{
    let world = World::new();
    world.run_batch(&rows(1..=3)).await?;
    let report = world.run_batch(&rows(1..=5)).await?;
    world.check(&report, 5, 5);

    let mut lines = rows(1..=8);
    lines[1] = lines[1].replace("clip 2", "another clip");
    lines[3] = lines[3].replace(r#""id":"#, r#""out":"x/{key}.{ext}","id":"#);
    let refused = world.run_batch(&lines).await.unwrap_err();
    let JobsError::Batch(BatchError::Changed { rows, total, .. }) = refused else {
        panic!("{refused}");
    };
    let changed: Vec<_> = rows.iter().map(|row| (row.line, row.change)).collect();
    assert_eq!(changed, [(2, Compared::Changed), (4, Compared::Renamed)]);
    assert_eq!(total, 2);
    assert_eq!(world.service.bill().creates, 5);
    let known = world.batch().status(0).await?.unwrap();
    assert_eq!(known.rows(), 5);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_planned_row_that_is_removed_from_the_manifest_is_not_sent_until_it_is_back()
-> Result<(), Error> {
    let world = World::new();
    let manifest = world.manifest(&rows(1..=4));
    let jobs = world.batch().max_seconds(5);
    let prepared = jobs.prepare(&manifest, PrepareOptions::default()).await?;
    let report = prepared.run(&world.aigc(), never()).await?;
    assert_eq!(report.to_string(), "1 fetched, 3 planned, 5 of 5 s");

    let manifest = world.manifest(&rows([1, 3]));
    let jobs = world.batch().max_seconds(100);
    let prepared = jobs.prepare(&manifest, PrepareOptions::default()).await?;
    let removed: Vec<_> = prepared.removed().iter().map(ToString::to_string).collect();
    assert_eq!(removed, ["row-2", "row-4"]);
    let report = prepared.run(&world.aigc(), never()).await?;
    assert_eq!(report.to_string(), "2 fetched, 2 unsent, 10 of 100 s");
    assert_eq!(world.batch().retry_all().await?.planned, 0);
    let report = world.run_batch(&rows([1, 3])).await?;
    assert_eq!(report.count(State::Unsent), 2, "{report}");

    let report = world.run_batch(&rows(1..=4)).await?;
    world.check(&report, 4, 4);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_name_that_another_manifest_has_is_joined_only_on_purpose() -> Result<(), Error> {
    let world = World::new();
    world.run_batch(&rows(1..=2)).await?;
    let other = world.folder.path().join("other.jsonl");
    fs::write(&other, row(3))?;
    let other = Manifest::open(other)?;
    let refused = world
        .batch()
        .prepare(&other, PrepareOptions::default())
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, JobsError::Batch(BatchError::OtherSource { source, .. })
            if source.ends_with("clips.jsonl")),
        "{refused}"
    );
    let joins = PrepareOptions::default().joins(true);
    let report = world.batch().prepare(&other, joins).await?;
    assert!(report.removed().is_empty());
    let report = report.run(&world.aigc(), never()).await?;
    world.check(&report, 3, 3);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_cap_below_one_row_is_refused_before_anything_starts() -> Result<(), Error> {
    let world = World::new();
    let manifest = world.manifest(&rows(1..=2));
    let jobs = world.batch().max_seconds(4);
    let refused = jobs
        .prepare(&manifest, PrepareOptions::default())
        .await
        .unwrap_err();
    assert!(
        matches!(
            refused,
            JobsError::Batch(BatchError::TooLong {
                line: 1,
                seconds: 5,
                cap: 4,
                ..
            })
        ),
        "{refused}"
    );
    assert!(world.batch().status(0).await?.is_none());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_manifest_that_a_run_imported_is_known_by_its_content() -> Result<(), Error> {
    let world = World::new();
    let lines = rows(1..=2);
    let manifest = world.manifest(&lines);
    let fingerprint = manifest.fingerprint()?;
    let jobs = world.batch();
    assert!(!jobs.was_validated(&fingerprint, "intl").await?);
    let options = PrepareOptions::default().validation("intl");
    let prepared = jobs.prepare(&manifest, options).await?;
    prepared.run(&world.aigc(), never()).await?;
    assert!(jobs.was_validated(&fingerprint, "intl").await?);
    assert!(!jobs.was_validated(&fingerprint, "cn").await?);
    let changed = world.manifest(&rows(1..=3)).fingerprint()?;
    assert!(!jobs.was_validated(&changed, "intl").await?);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_file_that_changes_after_its_validation_is_not_imported() -> Result<(), Error> {
    let world = World::new();
    let fingerprint = world.manifest(&rows(1..=2)).fingerprint()?;
    let changed = world.manifest(&rows(3..=9));
    let options = PrepareOptions::default().fingerprint(fingerprint);
    let prepared = world.batch().prepare(&changed, options).await?;
    let report = prepared.run(&world.aigc(), never()).await?;
    assert!(
        matches!(report.stopped, Some(Stopped::Import(_))),
        "{report}"
    );
    assert_eq!(world.service.bill().creates, 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_rescue_fetches_what_is_done_and_creates_nothing() -> Result<(), Error> {
    let world = World::new();
    let prepared = world.prepared(&rows(1..=200)).await?;
    let shutdown = SystemClock::new().sleep(Duration::from_millis(2_500));
    prepared.run(&world.aigc(), shutdown).await?;
    let billed = world.service.bill().creates;
    assert!((1..200).contains(&billed), "{billed}");
    world.service.advance("1m").unwrap();
    let report = world.batch().rescue(&world.aigc(), never()).await?;
    world.check(&report, billed, billed);
    assert!(report.count(State::Planned) > 0, "{report}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn failed_rows_are_planned_again_by_a_retry_and_expired_ones_only_by_their_id()
-> Result<(), Error> {
    let world = World::new();
    let mut lines = rows(1..=3);
    lines[0] = lines[0].replace("clip 1", "[emulator:fail]");
    let report = world.run_batch(&lines).await?;
    assert_eq!(report.to_string(), "2 fetched, 1 failed, 10 s");
    let retried = world.batch().retry_all().await?;
    assert_eq!((retried.planned, retried.forgotten.len()), (1, 0));
    assert_eq!(world.batch().retry_all().await?.planned, 0);
    let report = world.run_batch(&lines).await?;
    assert_eq!(report.count(State::Failed), 1, "{report}");
    assert_eq!(world.service.bill().creates, 4);

    let jobs = world.batch();
    let old = jobs
        .submit_row(world.manifest(&[row(9)]).rows()?.next().unwrap().unwrap())
        .await?;
    let ledger = jobs.ledger()?;
    let claim = ledger.claim_row(&old.item().row).await?.unwrap().token();
    ledger.arm(&claim).await?;
    ledger
        .created(&claim, "task-old", Answer::default())
        .await?;
    ledger.expired(&claim.row).await?;
    // The failed row only.
    assert_eq!(jobs.retry_all().await?.planned, 1);
    let old = jobs.retry(old.key()).await?;
    assert_eq!(old.state(), State::Planned);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn rows_of_a_version_that_was_put_back_are_the_only_ones_sent() -> Result<(), Error> {
    let world = World::new();
    world.run_batch(&rows(1..=2)).await?;
    let longer = world.prepared(&rows(1..=5_000)).await?;
    let shutdown = SystemClock::new().sleep(Duration::from_millis(500));
    longer.run(&world.aigc(), shutdown).await?;
    let billed = world.service.bill().creates;
    assert!((2..5_000).contains(&billed), "{billed}");
    let report = world.run_batch(&rows(1..=2)).await?;
    assert_eq!(report.count(State::Planned), 0, "{report}");
    assert_eq!(world.service.bill().creates, billed);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_sidecar_says_where_a_result_came_from() -> Result<(), Error> {
    let world = World::new();
    let manifest = world.manifest(&rows([1]));
    let jobs = world.batch().sidecar(true);
    let prepared = jobs.prepare(&manifest, PrepareOptions::default()).await?;
    let report = prepared.run(&world.aigc(), never()).await?;
    world.check(&report, 1, 1);
    let path = world.folder.path().join("row-1.mp4.json");
    let sidecar: serde_json::Value = serde_json::from_slice(&fs::read(path)?)?;
    let job = jobs.get(&"row-1".parse()?).await?.unwrap();
    assert_eq!(sidecar["prompt"], "clip 1");
    assert_eq!(sidecar["parameters"]["Duration"], 5);
    assert_eq!(sidecar["model"], "Kling");
    assert_eq!(sidecar["seconds"], 5);
    assert_eq!(sidecar["key"], "row-1");
    assert_eq!(sidecar["action"], "CreateAigcVideoTask");
    assert_eq!(sidecar["task_id"].as_str(), job.item().task.as_deref());
    assert_eq!(
        sidecar["request_id"].as_str(),
        job.item().request_id.as_deref()
    );
    assert_eq!(sidecar["sha256"], job.files()[0].sha256);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_run_of_a_service_that_never_answers_ends() -> Result<(), Error> {
    let world = World::new();
    world
        .service
        .fail(Fault::throttle().action("CreateAigcVideoTask"))?;
    let report = world.run_batch(&rows(1..=3)).await?;
    assert!(
        matches!(report.stopped, Some(Stopped::Service(_))),
        "{report}"
    );
    assert_eq!(report.count(State::Planned), 3);
    assert_eq!(world.service.bill().creates, 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_creates_on_the_wire_are_named_until_they_are_answered() -> Result<(), Error> {
    let world = World::new();
    let slow = Fault::delay(Duration::from_secs(30)).action("CreateAigcVideoTask");
    world.service.fail(slow.times(1))?;
    let jobs = world.batch();
    let manifest = world.manifest(&rows([1]));
    let prepared = jobs.prepare(&manifest, PrepareOptions::default()).await?;
    let aigc = world.aigc();
    let run = prepared.run(&aigc, never());
    let seen = async {
        SystemClock::new().sleep(Duration::from_secs(10)).await;
        jobs.on_wire()
    };
    let (report, seen) = tokio::join!(run, seen);
    assert_eq!(seen, ["row-1".parse()?]);
    assert!(jobs.on_wire().is_empty());
    world.check(&report?, 1, 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_row_is_done_step_by_step_as_in_a_run() -> Result<(), Error> {
    let world = World::new();
    let manifest = world.manifest(&rows(1..=2));
    let jobs = world.batch().from_manifest(&manifest, false).await?;
    let aigc = world.aigc();
    for _ in 0..10 {
        let row = manifest.rows()?.next().unwrap().unwrap();
        jobs.submit_row(row).step(&aigc).await?;
        SystemClock::new().sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(files(world.folder.path()), 1);
    let report = world.run_batch(&rows(1..=2)).await?;
    world.check(&report, 2, 2);
    Ok(())
}
