//! A generated hostile host, processes that are killed at any byte, and changed partial files: only
//! the whole file of one entity is ever published, at a name that was free.

mod answers;
mod host;

use std::{
    cell::Cell, collections::VecDeque, future::poll_fn, path::Path, sync::atomic::Ordering,
    task::Poll,
};

use proptest::{prelude::*, test_runner::TestRunner};

use self::{
    answers::{Answer, answers},
    host::{Host, MortalClock, entities},
};
use super::*;

const CASES: u32 = 512;
const PART: &str = ".a.mp4.mps-part";
const INFO: &str = ".a.mp4.mps-info";

/// A change of the files that a killed process has left.
#[derive(Clone, Copy, Debug)]
enum Tampering {
    None,
    FlippedByte(&'static str, usize),
    Cut(&'static str, usize),
    Longer(&'static str),
    Removed(&'static str),
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let file = || prop::sample::select(vec![PART, INFO]);
    prop_oneof![
        4 => Just(Tampering::None),
        1 => (file(), any::<usize>()).prop_map(|(file, at)| Tampering::FlippedByte(file, at)),
        1 => (file(), any::<usize>()).prop_map(|(file, at)| Tampering::Cut(file, at)),
        1 => file().prop_map(Tampering::Longer),
        1 => file().prop_map(Tampering::Removed),
    ]
}

impl Tampering {
    fn apply(self, folder: &Path) {
        let change = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
            if let Ok(mut content) = std::fs::read(folder.join(name)) {
                change(&mut content);
                std::fs::write(folder.join(name), content).unwrap();
            }
        };
        match self {
            Self::None => {}
            Self::FlippedByte(name, at) => change(name, &|content| {
                if !content.is_empty() {
                    let at = at % content.len();
                    content[at] ^= 1;
                }
            }),
            Self::Cut(name, at) => {
                change(name, &|content| content.truncate(at % (content.len() + 1)));
            }
            Self::Longer(name) => change(name, &|content| content.extend(b"more")),
            Self::Removed(name) => drop(std::fs::remove_file(folder.join(name))),
        }
    }
}

/// The outcome of a number of processes that download one after another.
struct Outcome {
    published: Option<Vec<u8>>,
    kills: usize,
    resumed: bool,
}

/// Runs processes until one is not killed; before each but the first, files are changed.
async fn run(kind: usize, answers: Vec<Answer>, tampering: &[Tampering]) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let answers = Arc::new(Mutex::new(VecDeque::from(answers)));
    let path = folder.path().join("a.mp4");
    let (mut kills, mut resumed) = (0, false);
    loop {
        let clock = MortalClock {
            clock: TestClock::new(0).auto_advance(),
            is_killed: Arc::default(),
        };
        let is_killed = clock.is_killed.clone();
        let host = Host {
            entities: entities(kind),
            answers: answers.clone(),
            clock: clock.clone(),
        };
        let client = Client::builder()
            .credentials(Credentials::new("id", "key"))
            .transport(host)
            .clock(Arc::new(clock))
            .build()
            .unwrap();
        let sources = [source(&client, Arc::new(NewUrls::default()))];
        let options = DownloadOptions::new();
        let process = async {
            let destination = Destination::reserve(&path).await.unwrap();
            save_all(&sources, &destination, &options).await.ok()
        };
        let mut process = Box::pin(process);
        let saved = poll_fn(|cx| match process.as_mut().poll(cx) {
            Poll::Ready(saved) => Poll::Ready(Some(saved)),
            Poll::Pending if is_killed.load(Ordering::Relaxed) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        });
        let saved = saved.await;
        drop(process);
        let names = |folder: &Path| {
            let entries = std::fs::read_dir(folder).unwrap();
            entries
                .map(|entry| entry.unwrap().file_name())
                .collect::<Vec<_>>()
        };
        let Some(saved) = saved else {
            assert!(!path.exists());
            resumed |= folder.path().join(PART).exists();
            tampering[kills % tampering.len()].apply(folder.path());
            kills += 1;
            continue;
        };
        let published = saved.map(|files| {
            let content = std::fs::read(&files[0].path).unwrap();
            assert_eq!(files[0].path, path);
            assert_eq!(files[0].bytes, content.len() as u64);
            assert_eq!(names(folder.path()), ["a.mp4"], "nothing else is left");
            content
        });
        assert_eq!(path.exists(), published.is_some());
        return Outcome {
            published,
            kills,
            resumed,
        };
    }
}

#[test]
fn a_published_file_is_all_of_one_entity() {
    let (saved, after_kill, resumed) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let config = ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let changes = prop::collection::vec(tampering(), 1..4);
    let input = (0..4_usize, answers(), changes);
    let result = TestRunner::new(config).run(&input, |(kind, answers, changes)| {
        let outcome = runtime.block_on(run(kind, answers, &changes));
        if let Some(content) = outcome.published {
            saved.set(saved.get() + 1);
            after_kill.set(after_kill.get() + u32::from(outcome.kills > 0));
            resumed.set(resumed.get() + u32::from(outcome.resumed));
            prop_assert!(entities(kind).contains(&content), "{content:?}");
        }
        Ok(())
    });
    result.unwrap();
    // The host is neither always honest nor always useless, and kills are survived.
    assert!((CASES / 10..CASES).contains(&saved.get()), "{saved:?}");
    assert!(after_kill.get() >= CASES / 20, "{after_kill:?}");
    assert!(resumed.get() >= CASES / 20, "{resumed:?}");
}
