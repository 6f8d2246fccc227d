//! Floors that no client can be below: a finished request, sent by less and less.

use std::{
    cell::RefCell,
    error::Error,
    io::{Read as _, Write as _},
    net::TcpStream,
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Larger than the answer of the server.
const BUFFER: usize = 4_096;

/// Returns host and port of a URL.
pub(crate) fn address(url: &str) -> &str {
    url.trim_start_matches("http://").trim_end_matches('/')
}

/// Returns the bytes of the request.
fn bytes(url: &str, headers: &HeaderMap, body: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut lines = vec![
        "POST / HTTP/1.1".to_owned(),
        format!("host: {}", address(url)),
    ];
    for (name, value) in headers {
        if name != header::HOST && name != header::CONTENT_LENGTH {
            lines.push(format!("{name}: {}", value.to_str()?));
        }
    }
    lines.push(format!("content-length: {}\r\n\r\n", body.len()));
    let mut all = lines.join("\r\n").into_bytes();
    all.extend(body);
    Ok(all)
}

/// Returns whether the bytes are a whole answer, which ends with the envelope.
fn is_whole(answer: &[u8]) -> bool {
    answer.ends_with(b"}}")
}

/// A blocking connection of the standard library.
pub(crate) struct StdTcp {
    stream: RefCell<TcpStream>,
    request: Vec<u8>,
}

impl StdTcp {
    pub(crate) fn new(url: &str, headers: &HeaderMap, body: &[u8]) -> Result<Self, Box<dyn Error>> {
        let stream = TcpStream::connect(address(url))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: RefCell::new(stream),
            request: bytes(url, headers, body)?,
        })
    }

    pub(crate) fn call(&self) -> Option<usize> {
        let mut stream = self.stream.borrow_mut();
        stream.write_all(&self.request).ok()?;
        let mut buffer = [0; BUFFER];
        let mut length = 0;
        while !is_whole(buffer.get(..length)?) {
            match stream.read(buffer.get_mut(length..)?).ok()? {
                0 => return None,
                read => length += read,
            }
        }
        Some(length)
    }
}

/// A connection of tokio.
pub(crate) struct TokioTcp {
    stream: tokio::sync::Mutex<tokio::net::TcpStream>,
    request: Vec<u8>,
}

impl TokioTcp {
    pub(crate) async fn new(
        url: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Self, Box<dyn Error>> {
        let stream = tokio::net::TcpStream::connect(address(url)).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: tokio::sync::Mutex::new(stream),
            request: bytes(url, headers, body)?,
        })
    }

    pub(crate) async fn call(&self) -> Option<usize> {
        let mut stream = self.stream.lock().await;
        stream.write_all(&self.request).await.ok()?;
        let mut buffer = [0; BUFFER];
        let mut length = 0;
        while !is_whole(buffer.get(..length)?) {
            match stream.read(buffer.get_mut(length..)?).await.ok()? {
                0 => return None,
                read => length += read,
            }
        }
        Some(length)
    }
}

/// The parts of the request for hyper.
struct Parts {
    uri: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Parts {
    fn new(uri: &str, url: &str, headers: &HeaderMap, body: &Bytes) -> Self {
        let mut headers = headers.clone();
        if let Ok(host) = address(url).parse() {
            headers.insert(header::HOST, host);
        }
        Self {
            uri: uri.to_owned(),
            headers,
            body: body.clone(),
        }
    }

    fn request(&self) -> Option<Request<Full<Bytes>>> {
        let mut request = Request::builder().method(Method::POST).uri(&self.uri);
        *request.headers_mut()? = self.headers.clone();
        request.body(Full::new(self.body.clone())).ok()
    }
}

/// One HTTP/1 connection of hyper, without a pool.
pub(crate) struct HyperConnection {
    sender: tokio::sync::Mutex<SendRequest<Full<Bytes>>>,
    parts: Parts,
}

impl HyperConnection {
    pub(crate) async fn new(
        url: &str,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Self, Box<dyn Error>> {
        let stream = tokio::net::TcpStream::connect(address(url)).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self {
            sender: tokio::sync::Mutex::new(sender),
            parts: Parts::new("/", url, headers, body),
        })
    }

    pub(crate) async fn call(&self) -> Option<Bytes> {
        let mut sender = self.sender.lock().await;
        sender.ready().await.ok()?;
        let response = sender.send_request(self.parts.request()?).await.ok()?;
        Some(response.into_body().collect().await.ok()?.to_bytes())
    }
}

/// The pooled client of hyper-util, which reqwest is built on.
pub(crate) struct HyperClient {
    client: Client<HttpConnector, Full<Bytes>>,
    parts: Parts,
}

impl HyperClient {
    pub(crate) fn new(url: &str, headers: &HeaderMap, body: &Bytes) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            parts: Parts::new(url, url, headers, body),
        }
    }

    pub(crate) async fn call(&self) -> Option<Bytes> {
        let response = self.client.request(self.parts.request()?).await.ok()?;
        Some(response.into_body().collect().await.ok()?.to_bytes())
    }
}
