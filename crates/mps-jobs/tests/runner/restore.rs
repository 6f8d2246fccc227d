//! Files of fetched rows that were deleted.

use std::fs;

use mps_jobs::{JobFile, Jobs, PrepareOptions, Report, State, manifest::Manifest, never};

use crate::world::{Error, World};

/// A run of two rows, with sidecars, of a manifest beside the folder of its results.
struct Case {
    world: World,
    manifest: Manifest,
}

impl Case {
    fn new() -> Result<Self, Error> {
        let world = World::new();
        let path = world.folder.path().join("clips.jsonl");
        let row =
            |id| format!(r#"{{"id":"{id}","ModelName":"Kling","Prompt":"{id}","Duration":5}}"#);
        fs::write(&path, format!("{}\n{}\n", row("fox"), row("owl")))?;
        let manifest = Manifest::open(path)?;
        Ok(Self { world, manifest })
    }

    /// Returns the only file of a row, as the ledger has it.
    async fn file(&self, id: &str) -> Result<JobFile, Error> {
        let job = self.jobs().get(&id.parse()?).await?.unwrap();
        let [file] = <[_; 1]>::try_from(job.files()).unwrap();
        Ok(file)
    }

    fn jobs(&self) -> Jobs {
        let folder = self.world.folder.path().join("a {name} with braces");
        let jobs = self.world.jobs().batch("clips").sidecar(true);
        jobs.folder(folder)
    }

    async fn run(&self, jobs: Jobs) -> Result<Report, Error> {
        let prepared = jobs
            .prepare(&self.manifest, PrepareOptions::default())
            .await?;
        let report = prepared.run(&self.world.aigc(), never()).await?;
        assert_eq!(report.count(State::Fetched), 2, "{report}");
        let bill = self.world.service.bill();
        assert_eq!((bill.creates, bill.duplicates), (2, 0), "{report}");
        Ok(report)
    }
}

#[tokio::test(start_paused = true)]
async fn a_deleted_file_is_fetched_again_and_nothing_is_paid_again() -> Result<(), Error> {
    let case = Case::new()?;
    let first = case.run(case.jobs()).await?;
    assert_eq!((first.restored.len(), first.gone.len()), (0, 0));
    let file = case.file("fox").await?;
    let content = fs::read(&file.path)?;
    let mut sidecar = file.path.clone().into_os_string();
    sidecar.push(".json");
    fs::remove_file(&file.path)?;
    fs::remove_file(&sidecar)?;

    let second = case.run(case.jobs()).await?;
    let restored: Vec<_> = second.restored.iter().map(mps_jobs::Key::as_str).collect();
    assert_eq!((restored, second.gone.len()), (vec!["fox"], 0));
    assert_eq!(fs::read(&file.path)?, content);
    assert!(fs::exists(&sidecar)?);
    assert_eq!(case.file("fox").await?, file);

    let third = case.run(case.jobs()).await?;
    assert_eq!((third.restored.len(), third.gone.len()), (0, 0));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_file_that_the_service_no_longer_has_is_reported() -> Result<(), Error> {
    let case = Case::new()?;
    case.run(case.jobs()).await?;
    let file = case.file("owl").await?;
    fs::remove_file(&file.path)?;
    case.world.service.advance("13h").unwrap();

    let report = case.run(case.jobs()).await?;
    let gone: Vec<_> = report.gone.iter().map(mps_jobs::Key::as_str).collect();
    assert_eq!(
        (gone, report.restored.len(), report.unsaved.len()),
        (vec!["owl"], 0, 0)
    );
    assert!(!fs::exists(&file.path)?);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn files_of_another_folder_are_not_looked_for() -> Result<(), Error> {
    let case = Case::new()?;
    case.run(case.jobs()).await?;
    let file = case.file("fox").await?;
    fs::remove_file(&file.path)?;
    let other = case.world.folder.path().join("other");
    let report = case.run(case.jobs().folder(other)).await?;
    assert_eq!((report.gone.len(), report.restored.len()), (0, 0));
    assert!(!fs::exists(&file.path)?);
    Ok(())
}
