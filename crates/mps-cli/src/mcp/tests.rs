//! The protocol within this process: every answer has the form that its tool declares.

use std::{path::PathBuf, sync::Arc};

use clap::Parser as _;
use mps_core::clock::SystemClock;
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, ReadHalf, WriteHalf,
};

use super::{Settings, serve, session::Session, tools};
use crate::{Cli, arguments, context::Context, failure::Failure, output::Output, phase::Phase};

/// A client of a server in this process, which uses an emulator.
struct Client {
    input: BufReader<ReadHalf<DuplexStream>>,
    output: WriteHalf<DuplexStream>,
    number: u64,
    server: tokio::task::JoinHandle<Result<(), Failure>>,
    _folder: tempfile::TempDir,
}

impl Client {
    async fn new(max_seconds: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cli = Cli::parse_from(["mps", "-q", "--emulator", "mcp", "--max-seconds", "1"]);
        let output = Output::new(&cli.global, SystemClock::shared());
        let settings = arguments::Settings::default();
        let context = Context::new(cli.global, settings, output, Phase::new());
        let settings = Settings {
            max_seconds,
            folder: PathBuf::from(folder.path()),
            names: "{task_id}.{ext}".to_owned(),
        };
        let session = Arc::new(Session::open(settings, &context).await.unwrap());
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let server = tokio::spawn(async move {
            let (input, output) = tokio::io::split(theirs);
            serve(&session, input, output).await
        });
        let (input, output) = tokio::io::split(ours);
        let mut client = Self {
            input: BufReader::new(input),
            output,
            number: 0,
            server,
            _folder: folder,
        };
        let hello = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        });
        client.request("initialize", hello).await;
        client
    }

    async fn request(&mut self, method: &str, params: Value) -> Value {
        self.number += 1;
        let request =
            json!({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params});
        let line = format!("{request}\n");
        self.output.write_all(line.as_bytes()).await.unwrap();
        loop {
            let mut line = String::new();
            self.input.read_line(&mut line).await.unwrap();
            let message: Value = serde_json::from_str(&line).unwrap();
            if message["id"] == self.number {
                return message["result"].clone();
            }
        }
    }

    async fn tool(&mut self, name: &str, arguments: Value) -> Value {
        let params = json!({"name": name, "arguments": arguments});
        self.request("tools/call", params).await
    }

    /// Closes the connection and waits for the server's end.
    async fn close(mut self) -> Result<(), Failure> {
        self.output.shutdown().await.unwrap();
        let mut rest = String::new();
        self.input.read_line(&mut rest).await.unwrap();
        assert_eq!(rest, "");
        self.server.await.unwrap()
    }
}

#[tokio::test]
async fn each_answer_has_the_form_that_its_tool_declares() {
    let mut client = Client::new(60).await;
    let request = json!({"ModelName": "Kling", "Prompt": "a fox", "Duration": 5});
    let create = json!({"key": "fox", "request": request});
    for (name, arguments) in [
        ("check", json!({"request": request, "schema": true})),
        ("create", create.clone()),
        ("create", create),
        ("status", json!({"key": "fox"})),
        ("wait", json!({"key": "fox", "seconds": 60})),
        ("fetch", json!({"key": "fox"})),
        ("list", json!({"limit": 1})),
    ] {
        let all = tools::all();
        let tool = all.iter().find(|tool| tool.name == name).unwrap();
        let input = Value::Object((*tool.input_schema).clone());
        assert!(
            jsonschema::is_valid(&input, &arguments),
            "{name}: {arguments}"
        );
        let result = client.tool(name, arguments).await;
        assert_eq!(result["isError"], false, "{result}");
        let content = &result["structuredContent"];
        let schema = Value::Object((**tool.output_schema.as_ref().unwrap()).clone());
        let error = jsonschema::validate(&schema, content).err();
        assert!(error.is_none(), "{name}: {error:?}: {content}");
        // For clients that know text only.
        let text = result["content"][1]["text"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), *content);
    }
    assert!(client.close().await.is_ok());
}

#[tokio::test]
async fn a_tool_refuses_arguments_that_its_schema_does_not_have() {
    let mut client = Client::new(60).await;
    for tool in tools::all() {
        let mut arguments = json!({"key": "fox", "request": {}});
        arguments["again"] = json!(true);
        let schema = Value::Object((*tool.input_schema).clone());
        assert!(!jsonschema::is_valid(&schema, &arguments), "{}", tool.name);
        let result = client.tool(&tool.name, arguments).await;
        assert_eq!(result["isError"], true, "{}: {result}", tool.name);
    }
    assert!(client.close().await.is_ok());
}

#[tokio::test]
async fn an_image_counts_as_one_second_of_the_cap() {
    let mut client = Client::new(1).await;
    let image = |key: &str| {
        let request = json!({"ModelName": "Hunyuan", "Prompt": key});
        json!({"key": key, "action": "CreateAigcImageTask", "request": request})
    };
    assert_eq!(client.tool("create", image("1")).await["isError"], false);
    let refused = client.tool("create", image("2")).await;
    assert_eq!(refused["structuredContent"]["kind"], "cap_reached");
    assert!(client.close().await.is_ok());
}
