//! The generated answers of a host.

use proptest::prelude::*;

/// One answer of the host.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) body: Body,
    /// Index of the entity that is sent.
    pub(super) entity: usize,
    pub(super) tag: Tag,
    pub(super) length: Length,
    pub(super) crc: Crc,
    /// The sent share of the body, in percent.
    pub(super) sent: usize,
    pub(super) end: End,
    pub(super) is_encoded: bool,
    /// Added to the begin and to the total of a part.
    pub(super) begin_error: usize,
    pub(super) total_error: usize,
    /// Seconds between two pieces.
    pub(super) pause: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Body {
    Whole,
    Part,
    Wrong(&'static str),
    Status(u16),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Tag {
    Strong,
    Weak,
    Missing,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Length {
    Right,
    TooLong,
    Missing,
    Chunked,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Crc {
    Right,
    Wrong,
    Missing,
}

/// The end of a body that is cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    Error,
    /// As that of a whole body.
    Silent,
    /// The process is killed.
    Killed,
}

pub(super) fn answers() -> impl Strategy<Value = Vec<Answer>> {
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
