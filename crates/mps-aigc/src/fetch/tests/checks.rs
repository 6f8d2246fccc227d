//! Checksums that a host states, files that exist already, and limits.

use super::{super::container::samples, *};

/// CRC-64/XZ of [`FILE`].
fn crc() -> String {
    let mut digest = crc64fast::Digest::new();
    digest.write(FILE);
    digest.sum64().to_string()
}

fn with_crc(crc: &str) -> Reply {
    whole().header("x-cos-hash-crc64ecma", crc)
}

#[tokio::test]
async fn a_file_with_another_checksum_is_fetched_again_and_never_published() {
    let once = case([with_crc("1"), with_crc(&crc())]);
    let saved = once.run().await.unwrap();
    assert_eq!(std::fs::read(&saved.path).unwrap(), FILE);
    let requests = once.transport.requests();
    assert!(!requests[1].headers().contains_key("range"));

    let always = case((0..3).map(|_| with_crc("1")));
    let error = always.run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongContent);
    assert!(error.to_string().contains("CRC-64"), "{error}");
    assert!(always.files().is_empty());
}

#[tokio::test]
async fn a_tag_that_is_an_md5_is_checked_at_the_vendors_storage_only() {
    let tagged = || {
        Reply::answer(200, "video/mp4", FILE)
            .header("content-length", "10")
            .header("etag", "\"0123456789abcdef0123456789abcdef\"")
    };
    let elsewhere = case([tagged()]);
    elsewhere.run().await.unwrap();

    let vendor = case((0..3).map(|_| tagged()));
    let source = Source {
        url: "https://b-1.cos.ap-guangzhou.myqcloud.com/0.mp4".into(),
        ..vendor.source()
    };
    let destination = Destination::reserve(vendor.path()).await.unwrap();
    let options = DownloadOptions::new();
    let error = vendor.save(source, &destination, &options).await;
    let error = error.unwrap_err();
    assert!(error.to_string().contains("MD5"), "{error}");
}

#[tokio::test]
async fn another_kind_of_media_than_the_url_names_is_refused() {
    let png = samples::png();
    let answer = || {
        let length = png.len().to_string();
        Reply::answer(200, "video/mp4", png.clone()).header("content-length", &length)
    };
    let case = case((0..3).map(|_| answer()));
    let error = case.run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongContent);
    let message = "the host sent an image where the URL names a video";
    assert_eq!(error.to_string(), message);
}

#[tokio::test]
async fn a_whole_file_that_exists_is_accepted_without_fetching() {
    let options = DownloadOptions::new().existing(ExistingFile::AcceptIdentical);
    for (content, reply, is_accepted) in [
        (FILE, with_crc(&crc()), true),
        (FILE, with_crc("1"), false),
        (FILE, whole(), false),
        (&FILE[..9], with_crc(&crc()), false),
    ] {
        let case = case([reply]);
        std::fs::write(case.path(), content).unwrap();
        match case.run_with(&options).await {
            Ok(saved) => {
                assert!(is_accepted);
                assert_eq!((saved.path, saved.bytes), (case.path(), 10));
            }
            Err(error) => {
                assert!(!is_accepted, "{error}");
                assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
            }
        }
        assert_eq!(std::fs::read(case.path()).unwrap(), content);
        assert_eq!(case.files(), ["a.mp4"]);
    }
    let missing = case([with_crc(&crc())]);
    missing.run_with(&options).await.unwrap();
}

#[tokio::test]
async fn a_result_that_is_too_large_is_not_fetched() {
    let options = DownloadOptions::new().max_bytes(9);
    let announced = whole();
    let unannounced = Reply::answer(200, "video/mp4", FILE).header("transfer-encoding", "chunked");
    for reply in [announced, unannounced] {
        let case = case([reply, whole()]);
        let error = case.run_with(&options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
        assert_eq!(case.transport.requests().len(), 1);
        assert!(case.files().is_empty());
    }
}

#[tokio::test]
async fn a_download_ends_with_its_deadline() {
    let case = case((0..9).map(|_| Reply::silence()));
    let options = DownloadOptions::new().deadline(Duration::from_secs(300));
    let error = case.run_with(&options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Download);
    assert_eq!(error.to_string(), "the download did not end within 300s");
    let elapsed = case.client.clock().monotonic();
    assert!(elapsed <= Duration::from_secs(300), "{elapsed:?}");
}

#[tokio::test]
async fn names_follow_the_template_and_the_kind() {
    let mp4 = samples::mp4();
    let case = case([Reply::answer(200, "video/mp4", mp4)]);
    let template = case.folder.path().join("{task_id}-{index}.{ext}");
    let destination = Destination::reserve(&template).await.unwrap();
    let source = Source {
        url: "https://bucket.example/0".into(),
        ..case.source()
    };
    let saved = case
        .save(source, &destination, &DownloadOptions::new())
        .await;
    let saved = saved.unwrap();
    assert_eq!(saved.path, case.folder.path().join("7-1.mp4"));
    assert_eq!((saved.kind, saved.instead_of), (MediaKind::Video, None));
}
