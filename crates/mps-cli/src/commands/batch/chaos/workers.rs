//! The processes that run the batch: this program, started again with `batch run`.

use std::{
    env,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use mps_aigc::models::CreateAigcVideoTask;
use mps_emulator::Emulator;
use mps_jobs::ledger::{BatchId, Key};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{internal, unwritable};
use crate::{exit::Exit, failure::Failure};

/// The most processes that may end by trouble, such as a ledger that is locked for long.
const MOST_TROUBLES: u32 = 5;

/// The place of a run: manifest, ledger, files, and the emulator.
pub(super) struct Place {
    folder: PathBuf,
    batch: BatchId,
    ledger: String,
    endpoint: String,
    keys: [String; 2],
    rows: Vec<Row>,
}

/// A row of the manifest.
pub(super) struct Row {
    pub(super) key: Key,
    /// The request's SHA-256, as the emulator's bill has it.
    pub(super) request: String,
}

impl Place {
    /// Writes the manifest.
    pub(super) fn prepare(
        folder: &Path,
        emulator: &Emulator,
        ledger: Option<String>,
        rows: u32,
    ) -> Result<Self, Failure> {
        let name = format!("chaos-{}", Key::random());
        let place = Self {
            folder: folder.to_owned(),
            batch: name.parse()?,
            ledger: match ledger {
                Some(url) => with_seal(&url, &folder.join("seal")),
                None => folder.join("ledger.db").display().to_string(),
            },
            endpoint: emulator.endpoint().to_owned(),
            keys: [emulator.secret_id(), emulator.secret_key()].map(ToOwned::to_owned),
            rows: (1..=rows).map(Row::new).collect::<Result<_, _>>()?,
        };
        let manifest = place.manifest();
        let written = File::create(&manifest).and_then(|file| {
            let mut file = std::io::BufWriter::new(file);
            let defaults = json!({"defaults": {"ModelName": "Kling", "Duration": 5}});
            writeln!(file, "{defaults}")?;
            for (number, row) in (1_u32..).zip(&place.rows) {
                let line = json!({
                    "id": row.key, "out": format!("{}.mp4", row.key), "Prompt": prompt(number),
                });
                writeln!(file, "{line}")?;
            }
            file.flush()
        });
        written.map_err(|error| unwritable(&manifest, &error))?;
        fs::create_dir(place.logs()).map_err(|error| unwritable(&place.logs(), &error))?;
        Ok(place)
    }

    pub(super) fn batch(&self) -> &BatchId {
        &self.batch
    }

    pub(super) fn ledger(&self) -> &str {
        &self.ledger
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    fn manifest(&self) -> PathBuf {
        self.folder.join("manifest.jsonl")
    }

    fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }

    /// Returns the command of a process. Nothing of the user's environment, config file, state folder
    /// or account reaches it.
    fn command(&self, number: u32) -> Result<Command, Failure> {
        let program = env::current_exe();
        let program = program.map_err(|error| internal("this program is not found", &error))?;
        let log = self.logs().join(format!("{number}.log"));
        let log = File::create(&log).map_err(|error| unwritable(&log, &error))?;
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", &self.folder)
            .env("XDG_STATE_HOME", self.folder.join("state"))
            .env("XDG_CONFIG_HOME", self.folder.join("config"))
            .env("TMPDIR", &self.folder)
            .env("TENCENTCLOUD_SECRET_ID", &self.keys[0])
            .env("TENCENTCLOUD_SECRET_KEY", &self.keys[1])
            // In the environment, since a URL may have a password.
            .env("MPS_LEDGER", &self.ledger)
            .args(["--endpoint", &self.endpoint, "--output", "json"])
            .args(["batch", "run", "--name", self.batch.as_str(), "--out"])
            .arg(self.folder.join("files"))
            .arg("--")
            .arg(self.manifest())
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        Ok(command)
    }
}

/// Returns the URL of a server's ledger with the folder of the seal, which would otherwise be in the
/// user's state folder.
fn with_seal(url: &str, folder: &Path) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    let folder = folder.to_string_lossy();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(byte);
    let folder: String = folder
        .bytes()
        .map(|byte| match byte {
            byte if is_plain(&byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    format!("{url}{separator}seal={folder}")
}

fn prompt(number: u32) -> String {
    format!("clip {number}")
}

impl Row {
    fn new(number: u32) -> Result<Self, Failure> {
        let request = CreateAigcVideoTask::new()
            .model_name("Kling")
            .duration(5)
            .prompt(prompt(number));
        let request = serde_json::to_vec(&request);
        let request = request.map_err(|error| Failure::internal(error.to_string()))?;
        Ok(Self {
            key: number.to_string().parse()?,
            request: hex::encode(Sha256::digest(request)),
        })
    }
}

/// The running processes. Those that are left are killed when it is dropped.
pub(super) struct Workers {
    running: Vec<Worker>,
    started: u32,
    troubles: u32,
    random: fastrand::Rng,
}

struct Worker {
    process: Child,
    number: u32,
}

impl Workers {
    pub(super) fn start(place: &Place, processes: u32, seed: u64) -> Result<Self, Failure> {
        let mut workers = Self {
            running: Vec::new(),
            started: 0,
            troubles: 0,
            random: fastrand::Rng::with_seed(seed),
        };
        for _ in 0..processes {
            workers.add(place)?;
        }
        Ok(workers)
    }

    fn add(&mut self, place: &Place) -> Result<(), Failure> {
        self.started += 1;
        let number = self.started;
        let process = place.command(number)?.spawn();
        let process = process.map_err(|error| internal("a process does not start", &error))?;
        self.running.push(Worker { process, number });
        Ok(())
    }

    /// Returns the random time until the next look.
    pub(super) fn pause(&mut self) -> Duration {
        Duration::from_millis(self.random.u64(5..60))
    }

    /// Kills one process in whatever it does, and starts another one.
    pub(super) fn kill_one(&mut self, place: &Place) -> Result<(), Failure> {
        if self.running.is_empty() {
            return Ok(());
        }
        let which = self.random.usize(..self.running.len());
        drop(self.running.swap_remove(which));
        self.add(place)
    }

    /// Looks for processes that have ended by themselves. Returns `true` when none is left.
    ///
    /// # Errors
    /// Returns an error when one ended in another way than a batch ends, or too many by trouble.
    pub(super) fn tend(&mut self, place: &Place) -> Result<bool, Failure> {
        let mut left = Vec::new();
        let mut again = 0;
        for mut worker in std::mem::take(&mut self.running) {
            let ended = worker.process.try_wait();
            let ended = ended.map_err(|error| internal("a process is lost", &error))?;
            match ended.map(|status| status.code()) {
                None => left.push(worker),
                // All fetched, or some rows in doubt.
                Some(Some(0 | 11)) => {}
                Some(Some(code))
                    if code == Exit::Trouble as i32 && self.troubles < MOST_TROUBLES =>
                {
                    self.troubles += 1;
                    again += 1;
                }
                Some(code) => return Err(ended_wrongly(place, &worker, code)),
            }
        }
        self.running = left;
        for _ in 0..again {
            self.add(place)?;
        }
        Ok(self.running.is_empty())
    }
}

fn ended_wrongly(place: &Place, worker: &Worker, code: Option<i32>) -> Failure {
    let log = place.logs().join(format!("{}.log", worker.number));
    let log = fs::read_to_string(log).unwrap_or_default();
    let error = log.lines().last().and_then(|line| {
        let error: Value = serde_json::from_str(line).ok()?;
        Some(error.get("message")?.as_str()?.to_owned())
    });
    let code = code.map_or_else(|| "a signal".to_owned(), |code| code.to_string());
    let what = format!("process {} ended with {code}", worker.number);
    internal(&what, &error.unwrap_or_default())
}

impl Drop for Worker {
    #[expect(clippy::disallowed_methods, reason = "a killed process ends")]
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.process.kill();
        let _ended = self.process.wait();
    }
}
