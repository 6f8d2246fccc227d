//! A service whose result is one large file: it passes calls on to the emulator, and sends no more of
//! the file than a little ahead of what is saved.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use sha2::{Digest as _, Sha256};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use mps_tests::commands::{partial_length, until};

/// Bytes of one write.
const PIECE: usize = 64 * 1024;
/// Bytes that are sent ahead of those in the partial file: what a client may hold in memory and the
/// system in its buffers.
const AHEAD: u64 = 256 * 1024;

/// A large MP4 file in place of every result of an emulator.
pub(crate) struct Host {
    pub(crate) address: String,
    pub(crate) sha256: String,
    pub(crate) size: u64,
    sent: Arc<AtomicU64>,
}

impl Host {
    /// Starts the host of a file of at least `size` bytes, downloaded to `folder`, before an emulator.
    pub(crate) async fn start(emulator: &str, size: usize, folder: PathBuf) -> Self {
        let file: Arc<[u8]> = mp4(size).into();
        let sent = Arc::new(AtomicU64::new(0));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let emulator: Arc<str> = emulator.into();
        let host = Self {
            address: listener.local_addr().unwrap().to_string(),
            sha256: hex::encode(Sha256::digest(&file)),
            size: file.len() as u64,
            sent: sent.clone(),
        };
        let address: Arc<str> = host.address.as_str().into();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (file, folder, sent) = (file.clone(), folder.clone(), sent.clone());
                let (emulator, address) = (emulator.clone(), address.clone());
                tokio::spawn(async move {
                    // Fails when the client was killed.
                    let head = head(&mut stream).await?;
                    if head.starts_with(b"GET /results/") {
                        return serve(stream, &lower(&head), &file, &folder, &sent).await;
                    }
                    pass_on(stream, &head, &emulator, &address).await
                });
            }
        });
        host
    }

    /// Returns the number of bytes of the file that were sent in all.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

/// Passes a call on as it was signed, and replaces the emulator's address in the answer.
async fn pass_on(
    mut stream: TcpStream,
    head: &[u8],
    emulator: &str,
    address: &str,
) -> std::io::Result<()> {
    let mut body = vec![0; content_length(&lower(head))];
    stream.read_exact(&mut body).await?;
    let mut service = TcpStream::connect(emulator).await?;
    service.write_all(&[head, &body].concat()).await?;
    let head = self::head(&mut service).await?;
    let mut body = vec![0; content_length(&lower(&head))];
    service.read_exact(&mut body).await?;
    // Both have a port of five digits, so the length stays.
    let body = String::from_utf8_lossy(&body).replace(emulator, address);
    stream.write_all(&[&head, body.as_bytes()].concat()).await?;
    stream.shutdown().await
}

fn lower(head: &[u8]) -> String {
    String::from_utf8_lossy(head).to_lowercase()
}

fn value<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let line = head.lines().find_map(|line| line.strip_prefix(name));
    line.map(str::trim)
}

fn content_length(head: &str) -> usize {
    let length = value(head, "content-length:");
    length.map_or(0, |length| length.parse().unwrap())
}

async fn serve(
    mut stream: TcpStream,
    head: &str,
    file: &[u8],
    folder: &std::path::Path,
    sent: &AtomicU64,
) -> std::io::Result<()> {
    let start = requested_start(head);
    let range = match start {
        0 => "HTTP/1.1 200 OK\r\n".to_owned(),
        start => {
            let last = file.len() - 1;
            let range = format!("content-range: bytes {start}-{last}/{}", file.len());
            format!("HTTP/1.1 206 Partial Content\r\n{range}\r\n")
        }
    };
    let length = file.len() - start;
    let head = format!(
        "{range}content-type: video/mp4\r\naccept-ranges: bytes\r\netag: \"v1\"\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut at = start;
    for piece in file[start..].chunks(PIECE) {
        stream.write_all(piece).await?;
        sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
        at += piece.len();
        if at < file.len() {
            let wanted = (at as u64).saturating_sub(AHEAD);
            until(|| partial_length(folder) >= wanted || is_closed(&stream)).await;
        }
    }
    stream.shutdown().await
}

fn is_closed(stream: &TcpStream) -> bool {
    // A client that keeps the connection sends nothing more.
    !matches!(stream.try_read(&mut [0]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
}

async fn head(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(head)
}

/// Returns the first byte that a request asks for; all of them unless it names this version.
fn requested_start(head: &str) -> usize {
    let range = value(head, "range:").and_then(|range| range.strip_prefix("bytes="));
    let start = range.and_then(|range| range.strip_suffix('-')?.parse().ok());
    start
        .filter(|_| value(head, "if-range:") == Some("\"v1\""))
        .unwrap_or(0)
}

/// Returns a file with the boxes of an MP4 whose bytes differ by position.
fn mp4(size: usize) -> Vec<u8> {
    let numbers = (0..u64::try_from(size).unwrap() / 8)
        .map(|number| number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let media: Vec<u8> = numbers.flat_map(u64::to_be_bytes).collect();
    [
        mp4_box(b"ftyp", b"isom\0\0\0\0isommp42"),
        mp4_box(b"mdat", &media),
        mp4_box(b"moov", b"index"),
    ]
    .concat()
}

fn mp4_box(name: &[u8], data: &[u8]) -> Vec<u8> {
    let size = u32::try_from(8 + data.len()).unwrap();
    [&size.to_be_bytes()[..], name, data].concat()
}
