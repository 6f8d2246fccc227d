//! Batches to be shown: run by the library against an emulator in virtual time.

use std::{
    error, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use mps_aigc::{
    Aigc,
    models::{CreateAigcAudioTask, CreateAigcImageTask, CreateAigcVideoTask},
};
use mps_core::clock::SystemClock;
use mps_emulator::{Emulator, Fault, Service};
use mps_jobs::{
    Amount, Jobs, Ledger,
    gallery::Gallery,
    ledger::{Answer, Caps, Finished, NewBatch, NewItem},
    never,
};
use serde_json::json;
use tempfile::TempDir;

pub(crate) type Error = Box<dyn error::Error>;

const CREATE: &str = "CreateAigcVideoTask";

/// A service, a ledger with one batch, and the folder of its results.
pub(crate) struct Scene {
    service: Service,
    ledger: Ledger,
    batch: &'static str,
    folder: TempDir,
}

impl Scene {
    fn new(batch: &'static str) -> Result<Self, Error> {
        let times = (Duration::from_secs(20), Duration::from_secs(90));
        Ok(Self {
            service: Emulator::builder()
                .task_times(times.0, times.1)
                .seed(7)
                .service(),
            ledger: Ledger::in_memory(SystemClock::shared())?,
            batch,
            folder: TempDir::new()?,
        })
    }

    /// Twelve rows of every kind: results, failures, a row in doubt, and a file that is gone.
    pub(crate) async fn night() -> Result<Self, Error> {
        let scene = Self::new("night")?;
        let jobs = scene.jobs();
        scene.service.fail(
            Fault::reply_lost()
                .action(CREATE)
                .times(1)
                .matching("lighthouse"),
        )?;
        scene
            .service
            .fail(Fault::refuse("InvalidParameter.ViolationContent").matching("too much"))?;
        for (key, model, version, prompt, seconds, price) in VIDEOS {
            let request = CreateAigcVideoTask::new()
                .model_name(model)
                .model_version(version)
                .prompt(prompt)
                .duration(seconds);
            let price: Amount = price.parse()?;
            jobs.submit(key, request)
                .out("clips/{key}.{ext}")
                .price(price)
                .await?;
        }
        let poster = CreateAigcImageTask::new()
            .model_name("Kling")
            .model_version("2.1")
            .prompt("poster: the harbour in three colours, bold shapes")
            .output_image_count(3);
        jobs.submit("poster", poster)
            .out("stills/{key}.{ext}")
            .price("0.12".parse()?)
            .await?;
        let theme = CreateAigcAudioTask::new()
            .model_name("MiniMaxMusic")
            .model_version("2.6")
            .prompt("theme: slow strings, a foghorn far away");
        jobs.submit("theme", theme)
            .out("sound/{key}.{ext}")
            .price("0.03".parse()?)
            .await?;
        scene.run(&jobs.max_seconds(100)).await?;
        for entry in fs::read_dir(scene.folder().join("clips"))? {
            let path = entry?.path();
            if path.file_stem().is_some_and(|stem| stem == "gone") {
                fs::remove_file(path)?;
            }
        }
        Ok(scene)
    }

    /// Rows that all have a result, which is the same file.
    pub(crate) async fn large(rows: usize) -> Result<Self, Error> {
        let scene = Self::new("large")?;
        let one = scene.jobs().batch("one");
        let request = CreateAigcVideoTask::new()
            .model_name("Kling")
            .prompt("a lantern")
            .duration(5);
        one.submit("lantern", request).await?;
        scene.run(&one).await?;
        let file = scene.folder().join("lantern.mp4");
        let file = json!({"path": file, "bytes": fs::metadata(&file)?.len(), "sha256": ""});
        let file = [serde_json::from_value(file)?];

        let (ledger, batch) = (&scene.ledger, scene.batch.parse()?);
        let new = NewBatch {
            id: scene.batch.parse()?,
            source: None,
        };
        ledger.create_batch(new).await?;
        ledger
            .bind(&batch, "studio", "mps.tencentcloudapi.com", Caps::default())
            .await?;
        for row in 1..=rows {
            let prompt = format!("clip c{row}: a lantern on the water, mist, the camera drifts");
            let body = json!({"ModelName": "Kling", "Prompt": prompt, "Duration": 5}).to_string();
            let key = format!("row-{row}").parse()?;
            let item = NewItem {
                price: Some(350_000),
                ..NewItem::new(key, CREATE, body, Some(5))
            };
            ledger.import(&batch, vec![item]).await?;
            let claim = ledger.claim(&batch).await?.ok_or("no row")?.token();
            ledger.arm(&claim).await?;
            ledger
                .created(
                    &claim,
                    &format!("2600000007-AigcVideo-{row:032x}"),
                    Answer::default(),
                )
                .await?;
            ledger.done(&claim.row, Finished::default()).await?;
            ledger.fetched(&claim.row, &file).await?;
        }
        Ok(scene)
    }

    /// Rows whose keys, prompts and parameters try to leave their place. They are not sent.
    pub(crate) async fn hostile() -> Result<Self, Error> {
        let scene = Self::new("\"><script>alert('name')<script>")?;
        let jobs = scene.jobs();
        for (index, text) in HOSTILE.into_iter().enumerate() {
            let request = CreateAigcVideoTask::new()
                .model_name("Kling")
                .prompt(text)
                .negative_prompt(text)
                .duration(5);
            let key: String = text.chars().filter(|letter| !letter.is_control()).collect();
            jobs.submit(format!("{index} {key}"), request).await?;
        }
        Ok(scene)
    }

    fn jobs(&self) -> Jobs {
        Jobs::from(self.ledger.clone())
            .batch(self.batch)
            .folder(self.folder.path())
    }

    async fn run(&self, jobs: &Jobs) -> Result<(), Error> {
        let aigc = Aigc::from_builder(self.service.client()?)?;
        let report = jobs.run_until_empty(aigc, never()).await?;
        print(&report.to_string());
        Ok(())
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the gallery beside the results and returns its path.
    pub(crate) async fn write_gallery(&self) -> Result<PathBuf, Error> {
        let path = self.folder().join("gallery.html");
        let gallery = Gallery::new(self.ledger.clone(), self.batch.parse()?);
        gallery.write(&path).await?;
        Ok(path)
    }
}

#[expect(clippy::print_stdout, reason = "the log of a test")]
pub(crate) fn print(log: &str) {
    println!("{log}");
}

/// Key, model, version, prompt, seconds and price.
type Video = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    i64,
    &'static str,
);

const VIDEOS: [Video; 10] = [
    (
        "dawn",
        "Kling",
        "2.6",
        "the harbour at dawn, long shadows, gulls over the pier, slow dolly forward",
        5,
        "0.35",
    ),
    (
        "fox",
        "Kling",
        "2.6",
        "a fox in the snow looks up, breath in the cold air, shallow focus",
        5,
        "0.35",
    ),
    (
        "harbour",
        "Kling",
        "2.6",
        "harbour lights in the rain, reflections, a boat leaves",
        10,
        "0.70",
    ),
    (
        "market",
        "Vidu",
        "q2",
        "a night market, lanterns, steam, people pass in front of the camera",
        5,
        "0.25",
    ),
    (
        "gone",
        "Vidu",
        "q2",
        "an empty street after the last tram",
        5,
        "0.25",
    ),
    (
        "storm",
        "Kling",
        "2.6",
        "waves break over the wall [emulator:fail=the scene cannot be rendered]",
        5,
        "0.35",
    ),
    (
        "refused",
        "Vidu",
        "q2",
        "something that is too much",
        5,
        "0.25",
    ),
    (
        "lighthouse",
        "Kling",
        "2.6",
        "the lighthouse turns, fog, its beam sweeps across the frame",
        5,
        "0.35",
    ),
    (
        "tram",
        "Vidu",
        "q2",
        "inside the last tram: wet windows, city lights out of focus, nobody speaks",
        5,
        "0.25",
    ),
    (
        "roofs",
        "Vidu",
        "q2",
        "snow on the roofs, one window is lit\n\nthe light goes out",
        5,
        "0.25",
    ),
];

const HOSTILE: [&str; 10] = [
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)' x='",
    "{{ 7 * 7 }}{% raw %}<b>",
    "<!-- <svg onload=alert(1)>",
    "\u{202e}gnp.exe\u{2066}",
    "</style></textarea></template><iframe src=javascript:alert(1)>",
    "a'b\"c`d$(touch /tmp/x)\\ &amp;&lt;",
    "javascript:alert(1)//https://evil.example/?q-signature=1",
    "ha\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301} \u{1F9D1}\u{200D}\u{1F680} \u{627}\u{644}\u{644}",
];
