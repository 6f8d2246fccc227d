//! A generated hostile host: only the whole file of one entity is ever published.

use std::{cell::Cell, collections::VecDeque, sync::Mutex};

use mps_core::{
    BoxFuture,
    sync::lock,
    transport::{RequestBody, ResponseBody, Transport},
};
use proptest::{prelude::*, test_runner::TestRunner};

use super::{super::container::samples, *};

const CASES: u32 = 512;

/// One answer of the host.
#[derive(Clone, Debug)]
struct Answer {
    body: Body,
    /// Index of the entity that is sent.
    entity: usize,
    tag: Tag,
    length: Length,
    /// The sent share of the body, in percent.
    sent: usize,
    /// `true` if a body that is cut ends like a whole one.
    is_silent_cut: bool,
    is_encoded: bool,
    /// Added to the begin and to the total of a part.
    begin_error: usize,
    total_error: usize,
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

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let body = prop_oneof![
        4 => Just(Body::Whole),
        4 => Just(Body::Part),
        1 => prop::sample::select(vec!["", "{\"error\":1}", "<Error/>", "sorry"]).prop_map(Body::Wrong),
        1 => prop::sample::select(vec![416, 429, 500, 503]).prop_map(Body::Status),
    ];
    let tag = prop_oneof![4 => Just(Tag::Strong), 1 => Just(Tag::Weak), 1 => Just(Tag::Missing)];
    let length = prop_oneof![
        6 => Just(Length::Right),
        1 => Just(Length::TooLong),
        1 => Just(Length::Missing),
        1 => Just(Length::Chunked),
    ];
    let sent = prop_oneof![1 => Just(100_usize), 2 => 0..100_usize];
    let off_by = || prop_oneof![5 => Just(0_usize), 1 => 1..3_usize];
    let entity = prop_oneof![4 => Just(0_usize), 1 => Just(1_usize)];
    let answer = (
        (body, entity, tag, length),
        (sent, any::<bool>(), prop::bool::weighted(0.1)),
        (off_by(), off_by()),
    );
    let answer = answer.prop_map(
        |(
            (body, entity, tag, length),
            (sent, is_silent_cut, is_encoded),
            (begin_error, total_error),
        )| Answer {
            body,
            entity,
            tag,
            length,
            sent,
            is_silent_cut,
            is_encoded,
            begin_error,
            total_error,
        },
    );
    prop::collection::vec(answer, 1..=6)
}

/// Two entities of one length that differ in every part.
fn entities(kind: usize) -> [Vec<u8>; 2] {
    let first = match kind {
        0 => samples::mp4(),
        1 => samples::png(),
        2 => samples::glb(),
        _ => b"\0\x01a file of unknown kind".to_vec(),
    };
    let mut second = first.clone();
    let last = second.len() - 3;
    for byte in &mut second[last..] {
        *byte ^= 1;
    }
    [first, second]
}

#[derive(Debug)]
struct Host {
    entities: [Vec<u8>; 2],
    answers: Mutex<VecDeque<Answer>>,
}

impl Host {
    fn reply(&self, answer: &Answer, range: Option<usize>) -> Reply {
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
        let is_cut = answer.sent < 100 && !content.is_empty();
        let sent = content.len() * answer.sent / 100;
        let mut reply = Reply::answer(status, "video/mp4", content[..sent].to_vec());
        if status == 206 {
            let (end, total) = (entity.len() - 1, entity.len() + answer.total_error);
            let range = format!("bytes {}-{end}/{total}", entity.len() - content.len());
            reply = reply.header("content-range", &range);
        }
        let tag = format!("\"v{}\"", answer.entity);
        reply = match answer.tag {
            Tag::Strong => reply.header("etag", &tag),
            Tag::Weak => reply.header("etag", &format!("W/{tag}")),
            Tag::Missing => reply,
        };
        reply = match answer.length {
            Length::Right => reply.header("content-length", &content.len().to_string()),
            Length::TooLong => reply.header("content-length", &(content.len() + 1).to_string()),
            Length::Chunked => reply.header("transfer-encoding", "chunked"),
            Length::Missing => reply,
        };
        if answer.is_encoded {
            reply = reply.header("content-encoding", "gzip");
        }
        // A transport sees where the chunks of a body end early.
        let is_silent = answer.is_silent_cut && answer.length != Length::Chunked;
        if is_cut && !is_silent {
            reply = reply.then_cut();
        }
        reply
    }
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
        let script = ScriptedTransport::new(answer.map(|answer| self.reply(&answer, range)));
        Box::pin(async move { script.send(request).await })
    }
}

/// Downloads from the host, and returns the published file, if any.
fn published(kind: usize, answers: Vec<Answer>) -> Option<Vec<u8>> {
    let host = Host {
        entities: entities(kind),
        answers: Mutex::new(answers.into()),
    };
    let client = Client::builder()
        .credentials(Credentials::new("id", "key"))
        .transport(host)
        .clock(Arc::new(TestClock::new(0).auto_advance()))
        .build()
        .unwrap();
    let case = Case {
        transport: ScriptedTransport::new([]),
        client,
        folder: tempfile::tempdir().unwrap(),
        urls: vec![URL.to_owned()],
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let saved = runtime.block_on(case.run()).ok();
    let content = saved.map(|saved| std::fs::read(saved.path).unwrap());
    assert_eq!(case.files().len(), usize::from(content.is_some()));
    content
}

#[test]
fn a_published_file_is_all_of_one_entity() {
    let saved = Cell::new(0);
    let config = ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let result = TestRunner::new(config).run(&(0..4_usize, answers()), |(kind, answers)| {
        if let Some(content) = published(kind, answers) {
            saved.set(saved.get() + 1);
            prop_assert!(entities(kind).contains(&content), "{content:?}");
        }
        Ok(())
    });
    result.unwrap();
    // The host is neither always honest nor always useless.
    assert!((CASES / 10..CASES).contains(&saved.get()), "{saved:?}");
}
