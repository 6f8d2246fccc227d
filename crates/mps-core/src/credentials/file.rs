//! Small files of any content, read safely.

use std::{
    io::ErrorKind,
    path::Path,
    str::{self, Utf8Error},
};

use tokio::{fs, io::AsyncReadExt as _};
use zeroize::Zeroizing;

use super::CredentialsError;

/// Far more than any file of keys or tokens.
const CAP: u64 = 256 * 1024;

/// Returns the text of the file at `path` without a byte order mark; `None` when there is no such
/// file.
pub(super) async fn read(path: &Path) -> Result<Option<Zeroizing<String>>, CredentialsError> {
    let metadata = match fs::metadata(path).await {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(path, &error)),
    };
    if metadata.is_dir() {
        let message = format!("{}: it is a directory, not a file", path.display());
        return Err(CredentialsError::unusable(message).with_hint("name the file inside it"));
    }
    // A pipe or a device could block the reader for ever.
    if !metadata.is_file() {
        let message = format!("{}: it is not a regular file", path.display());
        return Err(CredentialsError::unusable(message));
    }
    let bytes = bounded(path).await?;
    text(path, &bytes).map(Some)
}

async fn bounded(path: &Path) -> Result<Zeroizing<Vec<u8>>, CredentialsError> {
    let mut bytes = Zeroizing::new(Vec::new());
    let reading = async {
        let file = fs::File::open(path).await?;
        file.take(CAP + 1).read_to_end(&mut bytes).await
    };
    let read = reading.await.map_err(|error| unreadable(path, &error))?;
    if read as u64 > CAP {
        let message = format!("{}: it is larger than {CAP} bytes", path.display());
        return Err(
            CredentialsError::unusable(message).with_hint("is this really a file of credentials?")
        );
    }
    Ok(bytes)
}

fn unreadable(path: &Path, error: &std::io::Error) -> CredentialsError {
    let message = format!("{}: cannot be read: {error}", path.display());
    CredentialsError::unusable(message).with_hint("check its path, owner and mode")
}

fn text(path: &Path, bytes: &[u8]) -> Result<Zeroizing<String>, CredentialsError> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        let message = format!("{}: it is UTF-16, not UTF-8", path.display());
        return Err(CredentialsError::unusable(message).with_hint("save it as UTF-8"));
    }
    let text = str::from_utf8(bytes).map_err(|error| not_utf8(path, bytes, error))?;
    Ok(Zeroizing::new(
        text.trim_start_matches('\u{feff}').to_owned(),
    ))
}

fn not_utf8(path: &Path, bytes: &[u8], error: Utf8Error) -> CredentialsError {
    let before = bytes.get(..error.valid_up_to()).unwrap_or(bytes);
    let line = before.split(|byte| *byte == b'\n').count();
    let message = format!("{}:{line}: not UTF-8 text", path.display());
    CredentialsError::unusable(message).with_hint("save it as UTF-8, or write it again")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> String {
        text(Path::new("f"), bytes).unwrap_err().to_string()
    }

    #[test]
    fn text_in_another_encoding_is_refused_with_its_line() {
        assert_eq!(refused(b"a\nb\n\xff"), "f:3: not UTF-8 text");
        assert_eq!(refused(b"\xff\xfea\0"), "f: it is UTF-16, not UTF-8");
        assert_eq!(
            text(Path::new("f"), b"\xef\xbb\xbfa").unwrap().as_str(),
            "a"
        );
    }
}
