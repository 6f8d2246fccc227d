//! Processor time of a large download, beside that of `curl` and `sha256sum` for the same bytes.
//!
//! `cargo bench -p mps-tests --bench download`; Linux only, with `curl`, `sha256sum` and `python3`. The
//! server is a process of its own, so its time does not count.

use std::{
    error::Error,
    fs::{self, File},
    io::Write as _,
    path::Path,
    process::{Child, Command, Stdio},
};

use mps_aigc::{Aigc, Credentials, Endpoint, Results, TaskResults};
use mps_tests::bounded::{self, Lines};

/// Size of the media data of the file.
const MEDIA: usize = 512 * 1024 * 1024;
const RUNS: usize = 3;
const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/download/server.py");

/// Stops the server when the bench ends.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _best_effort = bounded::kill(&mut self.0);
    }
}

#[expect(clippy::print_stdout, reason = "a bench prints its result")]
fn main() -> Result<(), Box<dyn Error>> {
    if !cfg!(target_os = "linux") {
        println!("skipped: no processor time of other processes");
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("source.mp4");
    write_mp4(&file)?;
    let (_server, url) = serve(&file)?;
    let (mut ours, mut theirs) = (f64::INFINITY, f64::INFINITY);
    for run in 0..RUNS {
        let saved = folder.path().join(format!("{run}.mp4"));
        let before = processor_seconds()?;
        let sha256 = download(&url, &saved)?;
        let own = processor_seconds()?.own - before.own;
        fs::remove_file(&saved)?;

        let before = processor_seconds()?;
        let other = curl_and_hash(&url, &saved)?;
        let children = processor_seconds()?.children - before.children;
        fs::remove_file(&saved)?;
        if sha256 != other {
            return Err("the digests differ".into());
        }
        println!("run {run}: download {own:.2} s, curl and sha256sum {children:.2} s");
        ours = ours.min(own);
        theirs = theirs.min(children);
    }
    println!(
        "CPU for 512 MiB, best of {RUNS}: {ours:.2} s, ratio to curl and sha256sum {:.2} (at most 1.1)",
        ours / theirs
    );
    Ok(())
}

/// Writes a complete MP4 file, as far as its boxes show.
fn write_mp4(path: &Path) -> Result<(), Box<dyn Error>> {
    let mut file = File::create(path)?;
    file.write_all(b"\0\0\0\x0cftypisom")?;
    let size = u32::try_from(MEDIA + 8)?;
    file.write_all(&size.to_be_bytes())?;
    file.write_all(b"mdat")?;
    let mut random = fastrand::Rng::with_seed(1);
    let mut block = vec![0; 1024 * 1024];
    for _ in 0..MEDIA / block.len() {
        random.fill(&mut block);
        file.write_all(&block)?;
    }
    file.write_all(b"\0\0\0\x0dmoovindex")?;
    Ok(())
}

fn serve(file: &Path) -> Result<(Server, String), Box<dyn Error>> {
    let mut server = Command::new("python3");
    let mut server = server
        .arg(SERVER)
        .arg(file)
        .stdout(Stdio::piped())
        .spawn()?;
    let stdout = server.stdout.take().ok_or("no stdout")?;
    let server = Server(server);
    let port = Lines::of(stdout).line()?;
    Ok((server, format!("http://127.0.0.1:{port}/a.mp4")))
}

fn download(url: &str, to: &Path) -> Result<String, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let endpoint = Endpoint::parse(url.trim_end_matches("/a.mp4"))?;
    let builder = Aigc::builder()
        .credentials(Credentials::new("id", "key"))
        .endpoint(endpoint);
    let aigc = Aigc::from_builder(builder)?;
    let results: TaskResults = serde_json::from_value(serde_json::json!({
        "family": "video", "task_id": "1", "files": [{"location": {"url": url}}]
    }))?;
    let results = Results::new(aigc.client().clone(), results);
    let file = runtime.block_on(async { results.first()?.save(to).await })?;
    Ok(file.sha256)
}

fn curl_and_hash(url: &str, to: &Path) -> Result<String, Box<dyn Error>> {
    let mut curl = Command::new("curl");
    let curl = bounded::status(curl.args(["-sS", "-o"]).arg(to).arg(url))?;
    if !curl.success() {
        return Err("curl failed".into());
    }
    let hashed = bounded::output(Command::new("sha256sum").arg(to))?;
    let text = String::from_utf8(hashed.stdout)?;
    let digest = text.split_whitespace().next().ok_or("no digest")?;
    Ok(digest.to_owned())
}

/// Processor time, user and system, of this process and of its children that have ended.
struct Processor {
    own: f64,
    children: f64,
}

fn processor_seconds() -> Result<Processor, Box<dyn Error>> {
    /// Clock ticks a second in `/proc`, which is 100 on every Linux.
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name of the program, in parentheses, can contain blanks.
    let (_, fields) = stat.rsplit_once(')').ok_or("no such field")?;
    let fields: Vec<_> = fields.split_whitespace().collect();
    let ticks = |field: usize| -> Result<f64, Box<dyn Error>> {
        // The state, field 3 of the manual page, is the first one here.
        Ok(fields.get(field - 3).ok_or("no such field")?.parse()?)
    };
    Ok(Processor {
        own: (ticks(14)? + ticks(15)?) / TICKS,
        children: (ticks(16)? + ticks(17)?) / TICKS,
    })
}
