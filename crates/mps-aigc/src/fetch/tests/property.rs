//! A generated hostile host, processes that are killed at any byte, and changed partial files: only
//! the whole file of one entity is ever published, at a name that was free.

use std::{
    cell::Cell,
    collections::VecDeque,
    future::poll_fn,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    task::Poll,
    time::SystemTime,
};

use bytes::Bytes;
use mps_core::{
    clock::Clock,
    transport::{Chunks, RequestBody, ResponseBody, TransportError, TransportErrorKind},
};
use proptest::{prelude::*, test_runner::TestRunner};

use super::{super::container::samples, *};

const CASES: u32 = 512;
const PART: &str = ".a.mp4.mps-part";
const INFO: &str = ".a.mp4.mps-info";

/// One answer of the host.
#[derive(Clone, Debug)]
struct Answer {
    body: Body,
    /// Index of the entity that is sent.
    entity: usize,
    tag: Tag,
    length: Length,
    crc: Crc,
    /// The sent share of the body, in percent.
    sent: usize,
    end: End,
    is_encoded: bool,
    /// Added to the begin and to the total of a part.
    begin_error: usize,
    total_error: usize,
    /// Seconds between two pieces.
    pause: u64,
}

#[derive(Clone, Copy, Debug)]
enum Body {
    Whole,
    Part,
    Wrong(&'static str),
    Status(u16),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Tag {
    Strong,
    Weak,
    Missing,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Length {
    Right,
    TooLong,
    Missing,
    Chunked,
}

#[derive(Clone, Copy, Debug)]
enum Crc {
    Right,
    Wrong,
    Missing,
}

/// The end of a body that is cut.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Error,
    /// As that of a whole body.
    Silent,
    /// The process is killed.
    Killed,
}

/// A change of the files that a killed process has left.
#[derive(Clone, Copy, Debug)]
enum Tampering {
    None,
    FlippedByte(&'static str, usize),
    Cut(&'static str, usize),
    Longer(&'static str),
    Removed(&'static str),
}

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let body = prop_oneof![
        4 => Just(Body::Whole),
        6 => Just(Body::Part),
        1 => prop::sample::select(vec!["", "{\"error\":1}", "<Error/>", "sorry"]).prop_map(Body::Wrong),
        1 => prop::sample::select(vec![403, 404, 416, 429, 500, 503]).prop_map(Body::Status),
    ];
    let tag = prop_oneof![6 => Just(Tag::Strong), 1 => Just(Tag::Weak), 1 => Just(Tag::Missing)];
    let length = prop_oneof![
        6 => Just(Length::Right),
        1 => Just(Length::TooLong),
        1 => Just(Length::Missing),
        1 => Just(Length::Chunked),
    ];
    let crc = prop_oneof![3 => Just(Crc::Missing), 3 => Just(Crc::Right), 1 => Just(Crc::Wrong)];
    let sent = prop_oneof![1 => Just(100_usize), 2 => 0..100_usize];
    let end = prop_oneof![1 => Just(End::Error), 1 => Just(End::Silent), 2 => Just(End::Killed)];
    let off_by = || prop_oneof![7 => Just(0_usize), 1 => 1..3_usize];
    let entity = prop_oneof![5 => Just(0_usize), 1 => Just(1_usize)];
    let pause = prop_oneof![6 => Just(0_u64), 1 => 1..100_u64];
    let answer = (
        (body, entity, tag, length, crc),
        (sent, end, prop::bool::weighted(0.1)),
        (off_by(), off_by(), pause),
    );
    let answer = answer.prop_map(
        |(
            (body, entity, tag, length, crc),
            (sent, end, is_encoded),
            (begin_error, total_error, pause),
        )| Answer {
            body,
            entity,
            tag,
            length,
            crc,
            sent,
            end,
            is_encoded,
            begin_error,
            total_error,
            pause,
        },
    );
    let answers = prop::collection::vec(answer, 1..=6);
    // Half of the hosts begin with a part before a kill, and half of them end with the rest.
    let part = (30..99_usize).prop_map(|sent| Answer {
        sent,
        ..honest(Body::Whole)
    });
    let rest = Just(honest(Body::Part));
    (prop::option::of(part), answers, prop::option::of(rest)).prop_map(|(part, answers, rest)| {
        let mut all: Vec<_> = part.into_iter().collect();
        all.extend(answers);
        all.extend(rest);
        all
    })
}

fn honest(body: Body) -> Answer {
    Answer {
        body,
        entity: 0,
        tag: Tag::Strong,
        length: Length::Right,
        crc: Crc::Right,
        sent: 100,
        end: End::Killed,
        is_encoded: false,
        begin_error: 0,
        total_error: 0,
        pause: 0,
    }
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

/// Two entities of one length that differ in every part.
fn entities(kind: usize) -> [Vec<u8>; 2] {
    let first = match kind {
        0 => samples::mp4(),
        1 => samples::long_mp4(5_000),
        2 => samples::long_mp4(1_100),
        _ => [&b"\0\x01a file of unknown kind"[..], &[3; 4_000]].concat(),
    };
    let mut second = first.clone();
    let last = second.len() - 3;
    let middle = second.len() / 2;
    for at in [middle, last, last + 1, last + 2] {
        second[at] ^= 1;
    }
    [first, second]
}

/// A clock on which nothing ends after the process was killed.
#[derive(Clone, Debug)]
struct MortalClock {
    clock: TestClock,
    is_killed: Arc<AtomicBool>,
}

impl Clock for MortalClock {
    fn wall(&self) -> SystemTime {
        self.clock.wall()
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if self.is_killed.load(Ordering::Relaxed) {
            return Box::pin(std::future::pending());
        }
        self.clock.sleep(duration)
    }
}

#[derive(Debug)]
struct Host {
    entities: [Vec<u8>; 2],
    answers: Arc<Mutex<VecDeque<Answer>>>,
    clock: MortalClock,
}

struct Pieces {
    pieces: VecDeque<Bytes>,
    end: Option<End>,
    pause: u64,
    clock: MortalClock,
}

impl Chunks for Pieces {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, TransportError>> {
        Box::pin(async {
            if self.pause > 0 {
                self.clock.clock.advance(Duration::from_secs(self.pause));
            }
            let piece = self.pieces.pop_front();
            match (piece, self.end) {
                (Some(piece), _) => Ok(Some(piece)),
                (None, None | Some(End::Silent)) => Ok(None),
                (None, Some(End::Error)) => Err(TransportError::new(
                    TransportErrorKind::Interrupted,
                    "generated",
                )),
                (None, Some(End::Killed)) => {
                    self.clock.is_killed.store(true, Ordering::Relaxed);
                    std::future::pending().await
                }
            }
        })
    }
}

impl Host {
    fn response(&self, answer: &Answer, range: Option<usize>) -> http::Response<ResponseBody> {
        let entity = &self.entities[answer.entity];
        let (status, content) = match answer.body {
            Body::Whole => (200, &entity[..]),
            Body::Part => {
                let begin = (range.unwrap_or(0) + answer.begin_error).min(entity.len() - 1);
                (206, &entity[begin..])
            }
            Body::Wrong(content) => (200, content.as_bytes()),
            Body::Status(status) => (status, &b"no"[..]),
        };
        let mut response = http::Response::builder().status(status);
        if status == 206 {
            let (end, total) = (entity.len() - 1, entity.len() + answer.total_error);
            let begin = entity.len() - content.len();
            response = response.header("content-range", format!("bytes {begin}-{end}/{total}"));
        }
        let tag = format!("\"v{}\"", answer.entity);
        response = match answer.tag {
            Tag::Strong => response.header("etag", tag),
            Tag::Weak => response.header("etag", format!("W/{tag}")),
            Tag::Missing => response,
        };
        response = match answer.length {
            Length::Right => response.header("content-length", content.len()),
            Length::TooLong => response.header("content-length", content.len() + 1),
            Length::Chunked => response.header("transfer-encoding", "chunked"),
            Length::Missing => response,
        };
        response = match answer.crc {
            Crc::Right => response.header("x-cos-hash-crc64ecma", crc64(entity)),
            Crc::Wrong => response.header("x-cos-hash-crc64ecma", crc64(entity) ^ 1),
            Crc::Missing => response,
        };
        if answer.is_encoded {
            response = response.header("content-encoding", "gzip");
        }
        let is_cut = answer.sent < 100 && !content.is_empty();
        let sent = &content[..content.len() * answer.sent / 100];
        // A transport sees where the chunks of a body end early.
        let end = match answer.end {
            End::Silent if answer.length == Length::Chunked => End::Error,
            end => end,
        };
        let pieces = sent.chunks(700).map(Bytes::copy_from_slice).collect();
        let body = Pieces {
            pieces,
            end: is_cut.then_some(end),
            pause: answer.pause,
            clock: self.clock.clone(),
        };
        response.body(ResponseBody::new(body)).unwrap()
    }
}

fn crc64(content: &[u8]) -> u64 {
    let mut digest = crc64fast::Digest::new();
    digest.write(content);
    digest.sum64()
}

impl Transport for Host {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let range = request.headers().get("range").map(|range| {
            let range = range.to_str().unwrap().strip_prefix("bytes=").unwrap();
            range.strip_suffix('-').unwrap().parse().unwrap()
        });
        let answer = lock(&self.answers).pop_front();
        let response = answer.map(|answer| self.response(&answer, range));
        let refused = || TransportError::new(TransportErrorKind::Connect, "generated");
        Box::pin(async move { response.ok_or_else(refused) })
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
