//! The profile file in every state that people and programs leave files in.

use std::{fs, path::Path};

use mps_core::credentials::{ProfileCredentials, ProvideCredentials as _};

use crate::{SECRET, error};

#[tokio::test]
async fn an_unreadable_file_is_an_error_with_path_and_hint() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credentials");
    let provider = ProfileCredentials::new(&file, "default");
    assert!(error(&provider).await.is_absent());

    let write = |content: &[u8]| fs::write(&file, content).unwrap();
    for (content, why) in [
        (
            format!("[default]\nsecret_id = AKIDx\nsecret_k{SECRET}").into_bytes(),
            ":3: neither [section] nor key = value",
        ),
        (
            format!("[default]\nsecret_id = {SECRET}\n").into_bytes(),
            ":1: section [default] has no secret_key",
        ),
        (b"[default]\n\xff\xfe".to_vec(), ":2: not UTF-8 text"),
        (b"\xff\xfe[\0".to_vec(), ": it is UTF-16, not UTF-8"),
        (vec![b'#'; 262_145], ": it is larger than 262144 bytes"),
    ] {
        write(&content);
        let error = error(&provider).await;
        assert_eq!(error.to_string(), format!("{}{why}", file.display()));
        assert!(!error.is_absent() && error.hint().is_some());
    }
    write(b"");
    assert!(error(&provider).await.is_absent());
    write("\u{feff}[default]\r\n\tsecret_id = AKIDx\r\nsecret_key = \"k\"\r\n".as_bytes());
    assert_eq!(provider.provide().await.unwrap().secret_key(), "k");
}

#[tokio::test]
async fn a_directory_or_a_device_in_place_of_the_file_is_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let directory = error(&ProfileCredentials::new(folder.path(), "default")).await;
    assert_eq!(
        directory.to_string(),
        format!("{}: it is a directory, not a file", folder.path().display())
    );
    if cfg!(unix) {
        let endless = error(&ProfileCredentials::new("/dev/zero", "default")).await;
        assert_eq!(endless.to_string(), "/dev/zero: it is not a regular file");
    }
    // A file where a folder should be.
    let file = folder.path().join(".tencentcloud");
    fs::write(&file, "").unwrap();
    let inside = error(&ProfileCredentials::new(
        file.join("credentials"),
        "default",
    ))
    .await;
    assert!(
        !inside.is_absent() && inside.to_string().contains("cannot be read"),
        "{inside}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_of_another_user_is_an_error() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credentials");
    fs::write(&file, "[default]\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    if can_read(&file) {
        return; // The superuser can read anything.
    }
    let error = error(&ProfileCredentials::new(&file, "default")).await;
    assert!(
        !error.is_absent() && error.to_string().contains("cannot be read"),
        "{error}"
    );
}

#[cfg(unix)]
fn can_read(file: &Path) -> bool {
    fs::read(file).is_ok()
}
