//! Downloads that another process continues.

use std::{fs, path::Path};

use super::{super::container::samples, *};

const PART: &str = ".a.mp4.mps-part";
const INFO: &str = ".a.mp4.mps-info";
const KEPT: usize = 2_000;

fn file() -> Vec<u8> {
    samples::long_mp4(3_000)
}

fn head(status: u16, body: &[u8], tag: &str) -> Reply {
    Reply::answer(status, "video/mp4", body.to_vec()).header("etag", tag)
}

fn whole_file() -> Reply {
    let file = file();
    head(200, &file, "\"v1\"").header("content-length", &file.len().to_string())
}

fn rest_from(begin: usize) -> Reply {
    let file = file();
    let range = format!("bytes {begin}-{}/{}", file.len() - 1, file.len());
    head(206, &file[begin..], "\"v1\"").header("content-range", &range)
}

/// Breaks off after [`KEPT`] bytes, and cannot be reached again.
fn broken() -> Vec<Reply> {
    let file = file();
    let cut = head(200, &file[..KEPT], "\"v1\"")
        .header("content-length", &file.len().to_string())
        .then_cut();
    let mut replies = vec![cut];
    replies.extend((0..ATTEMPTS).map(|_| Reply::connect_error()));
    replies
}

/// A download that was given up after [`KEPT`] bytes.
async fn interrupted() -> Case {
    let case = case(broken());
    let error = case.run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Download);
    assert_eq!(case.files(), [INFO, PART]);
    case
}

/// Runs the next process with these answers. Returns the ranges that it requested.
async fn next(case: &mut Case, replies: Vec<Reply>) -> Vec<Option<String>> {
    case.answer(replies);
    let saved = case.run().await.unwrap();
    assert_eq!(fs::read(&saved.path).unwrap(), file());
    assert_eq!(saved.sha256, sha256(&file()));
    assert_eq!(case.files(), ["a.mp4"]);
    let requests = case.transport.requests();
    let ranges = requests.iter().map(|it| it.headers().get("range").cloned());
    let text = |range: http::HeaderValue| range.to_str().unwrap().to_owned();
    ranges.map(|range| range.map(text)).collect()
}

fn sha256(content: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(content))
}

fn from(begin: usize) -> Vec<Option<String>> {
    vec![Some(format!("bytes={begin}-"))]
}

#[tokio::test]
async fn another_process_continues_where_the_last_one_ended() {
    let mut case = interrupted().await;
    let ranges = next(&mut case, vec![rest_from(KEPT)]).await;
    assert_eq!(ranges, from(KEPT));
    let request = &case.transport.requests()[0];
    assert_eq!(request.headers()["if-range"], "\"v1\"");
}

#[tokio::test]
async fn a_reservation_that_is_given_up_keeps_what_was_received() {
    let mut case = interrupted().await;
    drop(Destination::reserve(case.path()).await.unwrap());
    assert_eq!(next(&mut case, vec![rest_from(KEPT)]).await, from(KEPT));
}

#[tokio::test]
async fn a_host_with_other_content_sends_all_of_it() {
    let mut case = interrupted().await;
    assert_eq!(next(&mut case, vec![whole_file()]).await, from(KEPT));
}

#[tokio::test]
async fn all_bytes_of_a_killed_process_are_published_without_a_request() {
    let case = case([whole_file()]);
    let destination = Destination::reserve(case.path()).await.unwrap();
    let options = DownloadOptions::new();
    let mut transfer = transfer::Transfer::new(case.source(), options.clone());
    let targets = destination.targets(&[case.source()]).await.unwrap();
    let Some(crate::destination::Target::New(place)) = targets.into_iter().next() else {
        panic!("the name is free")
    };
    let (mut partial, _) = partial::Partial::open(place, &case.source()).unwrap();
    loop {
        match transfer.next().await.unwrap() {
            transfer::Step::StartOver => {
                partial
                    .start_over(&case.source(), transfer.entity())
                    .unwrap();
            }
            transfer::Step::Data(bytes) => partial.append(&[bytes]).unwrap(),
            transfer::Step::End => break,
        }
    }
    drop((partial, destination));
    let mut case = case;
    assert_eq!(next(&mut case, vec![]).await, []);
}

#[tokio::test]
async fn what_another_task_or_result_has_left_is_not_used() {
    for change in [
        |source: Source| Source {
            task_id: "8".into(),
            ..source
        },
        |source: Source| Source { index: 1, ..source },
        |source: Source| Source {
            url: "https://bucket.example/1.mp4".into(),
            ..source
        },
    ] {
        let mut case = interrupted().await;
        case.answer([whole_file()]);
        let destination = Destination::reserve(case.path()).await.unwrap();
        let source = change(case.source());
        let saved = case
            .save(source, &destination, &DownloadOptions::new())
            .await;
        assert_eq!(fs::read(saved.unwrap().path).unwrap(), file());
        let request = &case.transport.requests()[0];
        assert!(!request.headers().contains_key("range"));
        assert_eq!(case.files(), ["a.mp4"]);
    }
}

#[tokio::test]
async fn a_url_that_is_signed_anew_is_the_same_result() {
    let mut case = interrupted().await;
    case.answer([rest_from(KEPT)]);
    let source = Source {
        url: "https://bucket.example/0.mp4?q-signature=another".into(),
        ..case.source()
    };
    let destination = Destination::reserve(case.path()).await.unwrap();
    let saved = case
        .save(source, &destination, &DownloadOptions::new())
        .await;
    assert_eq!(fs::read(saved.unwrap().path).unwrap(), file());
}

#[tokio::test]
async fn changed_or_foreign_files_are_not_continued() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 6] = [
        ("a changed byte", |folder| {
            let mut part = fs::read(folder.join(PART)).unwrap();
            part[KEPT / 2] ^= 1;
            fs::write(folder.join(PART), part).unwrap();
        }),
        ("a shorter part", |folder| {
            let part = fs::read(folder.join(PART)).unwrap();
            fs::write(folder.join(PART), &part[..KEPT - 1]).unwrap();
        }),
        ("a changed record", |folder| {
            let info = fs::read_to_string(folder.join(INFO)).unwrap();
            fs::write(folder.join(INFO), info.replace("v1", "v2")).unwrap();
        }),
        ("no record", |folder| {
            fs::remove_file(folder.join(INFO)).unwrap();
        }),
        #[cfg(unix)]
        ("a record that is a link", |folder| {
            fs::rename(folder.join(INFO), folder.join("mine")).unwrap();
            std::os::unix::fs::symlink("mine", folder.join(INFO)).unwrap();
        }),
        ("no part", |folder| {
            fs::remove_file(folder.join(PART)).unwrap();
        }),
    ];
    for (name, change) in changes {
        let mut case = interrupted().await;
        change(case.folder.path());
        let mine = fs::read(case.folder.path().join("mine")).ok();
        case.answer([whole_file()]);
        let saved = case.run().await.unwrap();
        assert_eq!(fs::read(saved.path).unwrap(), file(), "{name}");
        let request = &case.transport.requests()[0];
        assert!(!request.headers().contains_key("range"), "{name}");
        let still = fs::read(case.folder.path().join("mine")).ok();
        assert_eq!(mine, still, "{name}");
    }
}

#[tokio::test]
async fn a_longer_part_than_its_record_says_is_cut_to_it() {
    let mut case = interrupted().await;
    let part = case.folder.path().join(PART);
    let mut content = fs::read(&part).unwrap();
    content.extend(b"written after the last checkpoint");
    fs::write(&part, content).unwrap();
    assert_eq!(next(&mut case, vec![rest_from(KEPT)]).await, from(KEPT));
}

#[tokio::test]
async fn nothing_of_wrong_content_is_kept() {
    let wrong = || {
        let file = file();
        let length = (file.len() - 1).to_string();
        head(200, &file[..file.len() - 1], "\"v1\"").header("content-length", &length)
    };
    let case = case([wrong(), wrong(), wrong()]);
    let error = case.run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongContent);
    assert!(case.files().is_empty());
}
