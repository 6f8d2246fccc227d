//! Delivery to a writer and as a stream.

use futures_util::TryStreamExt as _;

use super::*;

async fn written(case: &Case) -> (Vec<u8>, Result<Delivered, Error>) {
    let mut content = Vec::new();
    let options = DownloadOptions::new();
    let delivered = write_to(case.source(), &options, &mut content).await;
    (content, delivered)
}

fn rest() -> Reply {
    Reply::answer(206, "video/mp4", &FILE[4..])
        .header("content-range", "bytes 4-9/10")
        .header("etag", "\"v1\"")
}

#[tokio::test]
async fn a_writer_gets_the_content_once_although_the_transfer_breaks_off() {
    for second in [rest(), whole()] {
        let case = case([cut_after_four(), second]);
        let (content, delivered) = written(&case).await;
        assert_eq!(content, FILE);
        let delivered = delivered.unwrap();
        assert_eq!(delivered.bytes, 10);
        assert_eq!(
            delivered.sha256,
            "bbd07cd2ad1e97a98a20b5059dc883fe29ec2038e9dfd1df9cbb87c2054bbd14"
        );
    }
}

#[tokio::test]
async fn a_writer_gets_no_byte_of_an_error_page() {
    let page = || Reply::answer(200, "video/mp4", "{\"error\":1}");
    let case = case([page(), page(), page()]);
    let (content, delivered) = written(&case).await;
    assert!(content.is_empty());
    assert_eq!(delivered.unwrap_err().kind(), ErrorKind::WrongContent);
}

#[tokio::test]
async fn content_that_changes_after_its_begin_was_delivered_is_an_error() {
    let long: Vec<u8> = [FILE, &[1; 3_000]].concat();
    let answer = |tag: &str, sent: usize| {
        Reply::answer(200, "video/mp4", long[..sent].to_vec())
            .header("content-length", &long.len().to_string())
            .header("etag", tag)
            .then_cut()
    };
    let case = case([answer("\"v1\"", 2_000), answer("\"v2\"", 3_000)]);
    let (content, delivered) = written(&case).await;
    assert_eq!(content, long[..2_000]);
    let error = delivered.unwrap_err();
    let message = "the file changed at its host; discard the 2000 bytes that were delivered";
    assert_eq!(error.to_string(), message);
}

#[tokio::test]
async fn a_wrong_checksum_says_to_discard_what_was_delivered() {
    let case = case([whole().header("x-cos-hash-crc64ecma", "1")]);
    let (content, delivered) = written(&case).await;
    assert_eq!(content, FILE);
    let error = delivered.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongContent);
    assert!(
        error.to_string().contains("discard the 10 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn a_stream_yields_the_content_or_ends_with_an_error() {
    let good = case([cut_after_four(), rest()]);
    let content = stream(good.source(), DownloadOptions::new());
    let pieces: Vec<_> = content.try_collect().await.unwrap();
    assert_eq!(pieces.concat(), FILE);

    let open = case([Reply::answer(200, "video/mp4", FILE)]);
    let content = stream(open.source(), DownloadOptions::new());
    let pieces: Result<Vec<_>, _> = content.try_collect().await;
    let error = pieces.unwrap_err();
    assert!(error.to_string().contains("no length"), "{error}");
    assert_eq!(error.task_id(), Some("7"));
}

/// Fails to compile if a future cannot move between threads.
fn assert_send<T: Send>(value: T) -> T {
    value
}

#[tokio::test]
async fn downloads_can_be_spawned() {
    let case = case([whole(), whole()]);
    let (source, options) = (case.source(), DownloadOptions::new());
    let mut content = Vec::new();
    assert_send(write_to(source.clone(), &options, &mut content))
        .await
        .unwrap();
    drop(assert_send(stream(source.clone(), options.clone())));
    let destination = Destination::reserve(case.path()).await.unwrap();
    assert_send(save_all(&[source], &destination, &options))
        .await
        .unwrap();
}
