//! A host of one large result, which sends no more than a little ahead of what is saved.

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

use crate::programs::{partial_length, until};

/// Bytes of one write.
const PIECE: usize = 64 * 1024;
/// Bytes that are sent ahead of those in the partial file: what a client may hold in memory and the
/// system in its buffers.
const AHEAD: u64 = 256 * 1024;

/// A large MP4 file on a host of its own.
pub(crate) struct Host {
    pub(crate) url: String,
    pub(crate) sha256: String,
    pub(crate) size: u64,
    sent: Arc<AtomicU64>,
}

impl Host {
    /// Starts the host of a file of at least `size` bytes, downloaded to `folder`.
    pub(crate) async fn start(size: usize, folder: PathBuf) -> Self {
        let file: Arc<[u8]> = mp4(size).into();
        let sent = Arc::new(AtomicU64::new(0));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = Self {
            url: format!("http://{}/big.mp4", listener.local_addr().unwrap()),
            sha256: hex::encode(Sha256::digest(&file)),
            size: file.len() as u64,
            sent: sent.clone(),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (file, folder, sent) = (file.clone(), folder.clone(), sent.clone());
                tokio::spawn(async move {
                    // Fails when the client was killed.
                    let _ = serve(stream, &file, &folder, &sent).await;
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

async fn serve(
    mut stream: TcpStream,
    file: &[u8],
    folder: &std::path::Path,
    sent: &AtomicU64,
) -> std::io::Result<()> {
    let start = requested_start(&head(&mut stream).await?);
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

async fn head(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).to_lowercase())
}

/// Returns the first byte that a request asks for; all of them unless it names this version.
fn requested_start(head: &str) -> usize {
    let value = |name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(name));
        line.map(str::trim)
    };
    let range = value("range:").and_then(|range| range.strip_prefix("bytes="));
    let start = range.and_then(|range| range.strip_suffix('-')?.parse().ok());
    start
        .filter(|_| value("if-range:") == Some("\"v1\""))
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
