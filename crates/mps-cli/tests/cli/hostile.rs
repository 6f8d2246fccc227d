//! A service on this machine that answers with hostile text.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
    thread,
};

use serde_json::{Value, json};

use crate::support::mps;

/// The smallest PNG file: one pixel.
const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\
    \0\0\0\nIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82";

/// The texts of its answers.
#[derive(Clone)]
pub(crate) struct Texts {
    pub(crate) task_id: String,
    pub(crate) status: String,
    pub(crate) message: String,
    /// Result URLs; each path is below this server.
    pub(crate) urls: Vec<String>,
    pub(crate) request_id: String,
    /// The content of every result.
    pub(crate) content: Vec<u8>,
    /// Refuse every request with this code.
    pub(crate) code: Option<String>,
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            task_id: "1".to_owned(),
            status: "DONE".to_owned(),
            message: "ok".to_owned(),
            urls: vec!["/a.png".to_owned()],
            request_id: "r".to_owned(),
            content: PNG.to_vec(),
            code: None,
        }
    }
}

/// A server until the end of the test process.
pub(crate) struct Hostile {
    pub(crate) endpoint: String,
    pub(crate) folder: tempfile::TempDir,
}

impl Hostile {
    pub(crate) fn answering(texts: Texts) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let base = endpoint.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (texts, base) = (texts.clone(), base.clone());
                thread::spawn(move || serve(&stream, &texts, &base));
            }
        });
        Self {
            endpoint,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn mps(&self, arguments: &[&str]) -> Command {
        let mut command = mps(self.folder.path());
        command
            .args(["--endpoint", &self.endpoint])
            .args(arguments)
            .env("TENCENTCLOUD_SECRET_ID", "AKIDhostile")
            .env("TENCENTCLOUD_SECRET_KEY", "no-real-key")
            // The same task is created several times.
            .env("MPS_LEDGER", "off");
        command
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Answers one request and closes the connection.
fn serve(stream: &TcpStream, texts: &Texts, base: &str) {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        lines.push(line.to_ascii_lowercase());
    }
    let header = |name: &str| {
        let found = lines.iter().find_map(|line| line.strip_prefix(name));
        found.map(|value| value.trim().to_owned())
    };
    let length = header("content-length:").and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    let _hung_up = reader.read_exact(&mut body);
    let (kind, content) = match header("x-tc-action:") {
        Some(action) => (
            "application/json",
            answer(&action, texts, base).to_string().into_bytes(),
        ),
        None => ("image/png", texts.content.clone()),
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        content.len()
    );
    let mut stream = stream;
    let _hung_up = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(&content));
}

fn answer(action: &str, texts: &Texts, base: &str) -> Value {
    let mut response = json!({"RequestId": texts.request_id});
    if let Some(code) = &texts.code {
        response["Error"] = json!({"Code": code, "Message": texts.message});
        return json!({"Response": response});
    }
    let urls: Vec<_> = texts
        .urls
        .iter()
        .map(|url| format!("{base}{url}"))
        .collect();
    if !action.starts_with("describe") {
        response["TaskId"] = json!(texts.task_id);
    } else if action == "describeaigctaskstatus" {
        response["TaskStatus"] = json!(texts.status);
        response["Stage"] = json!(texts.message);
        response["TaskResultMsg"] = json!(texts.message);
        response["OutputUrl"] = json!(urls.first());
    } else {
        response["Status"] = json!(texts.status);
        response["Message"] = json!(texts.message);
        response["VideoUrls"] = json!(urls);
        response["ImageUrls"] = json!(urls);
        let items: Vec<_> = urls.iter().map(|url| json!({"Url": url})).collect();
        response["AudioInfos"] = json!(items);
        if action == "describeaigcaudiotask" {
            response.as_object_mut().unwrap().remove("VideoUrls");
        }
    }
    json!({"Response": response})
}
