//! A client of `mps mcp`, for its tests.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{Emulator, Run};

/// An agent's client with its server.
pub(crate) struct Agent {
    pub(crate) server: Child,
    pub(crate) stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    number: u64,
}

impl Agent {
    pub(crate) fn start(emulator: &Emulator, max_seconds: &str) -> Self {
        let out = ["--out", "clips"];
        let arguments = [&["mcp", "--max-seconds", max_seconds], &out[..]].concat();
        Self::of(&mut emulator.recorded(&arguments))
    }

    pub(crate) fn of(command: &mut Command) -> Self {
        let mut server = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(server.stdout.take().unwrap());
        let mut agent = Self {
            stdin: server.stdin.take(),
            server,
            stdout,
            number: 0,
        };
        let hello = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        });
        assert_eq!(
            agent.request("initialize", &hello)["serverInfo"]["name"],
            "mps"
        );
        agent.notify("notifications/initialized", &json!({}));
        agent
    }

    pub(crate) fn write(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        writeln!(stdin, "{line}").unwrap();
        stdin.flush().unwrap();
    }

    pub(crate) fn notify(&mut self, method: &str, params: &Value) {
        self.write(&json!({"jsonrpc": "2.0", "method": method, "params": params}).to_string());
    }

    /// Sends a request and returns its id.
    pub(crate) fn send(&mut self, method: &str, params: &Value) -> u64 {
        self.number += 1;
        let id = self.number;
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.write(&request.to_string());
        id
    }

    pub(crate) fn send_tool(&mut self, name: &str, arguments: &Value) -> u64 {
        self.send("tools/call", &json!({"name": name, "arguments": arguments}))
    }

    /// Reads a line, which must be a message of the protocol.
    pub(crate) fn read(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let message: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
        message
    }

    pub(crate) fn answer(&mut self, id: u64) -> Value {
        loop {
            let message = self.read();
            if message["id"] == id {
                return message;
            }
        }
    }

    pub(crate) fn request(&mut self, method: &str, params: &Value) -> Value {
        let id = self.send(method, params);
        self.answer(id)["result"].clone()
    }

    pub(crate) fn tool(&mut self, name: &str, arguments: &Value) -> Value {
        let id = self.send_tool(name, arguments);
        self.answer(id)["result"].clone()
    }

    /// Calls a tool that must not fail, and returns its structured content.
    pub(crate) fn done(&mut self, name: &str, arguments: &Value) -> Value {
        let result = self.tool(name, arguments);
        assert_eq!(result["isError"], false, "{result}");
        result["structuredContent"].clone()
    }

    /// Calls a tool that must fail, and returns the kind of its error with its text.
    pub(crate) fn error(&mut self, name: &str, arguments: &Value) -> (Value, String) {
        let result = self.tool(name, arguments);
        assert_eq!(result["isError"], true, "{result}");
        let text = result["content"][0]["text"].as_str().unwrap().to_owned();
        (result["structuredContent"].clone(), text)
    }

    pub(crate) fn wait_until_done(&mut self, key: &str) -> Value {
        loop {
            let task = self.done("wait", &json!({"key": key, "seconds": 10}));
            if task["state"] != "created" {
                return task;
            }
        }
    }

    pub(crate) fn wait_until_created(&mut self, key: &str) -> Value {
        loop {
            let task = self.done("status", &json!({"key": key}));
            if !["intent", "sending"].contains(&task["state"].as_str().unwrap()) {
                return task;
            }
        }
    }

    /// Closes stdout.
    pub(crate) fn take_apart(mut self) -> (Child, ChildStdin) {
        let stdin = self.stdin.take().unwrap();
        let placeholder = Command::new("true").stdout(Stdio::piped()).spawn().unwrap();
        let mut server = std::mem::replace(&mut self.server, placeholder);
        let other = self.server.stdout.take().unwrap();
        drop(std::mem::replace(&mut self.stdout, BufReader::new(other)));
        drop(server.stderr.take());
        (server, stdin)
    }

    pub(crate) fn signal(&self, signal: &str) {
        let server = self.server.id().to_string();
        let sent = Command::new("kill").args([signal, &server]).status();
        assert!(sent.unwrap().success());
    }

    /// Closes stdin, and returns the rest of the output with the exit code.
    pub(crate) fn close(mut self) -> Run {
        drop(self.stdin.take());
        self.end()
    }

    pub(crate) fn end(mut self) -> Run {
        let mut run = Run {
            exit: 0,
            stdout: String::new(),
            stderr: String::new(),
        };
        self.stdout.read_to_string(&mut run.stdout).unwrap();
        let mut stderr = self.server.stderr.take().unwrap();
        stderr.read_to_string(&mut run.stderr).unwrap();
        run.exit = self.server.wait().unwrap().code().unwrap();
        run
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _gone_already = self.server.kill();
        let _gone_already = self.server.wait();
    }
}

/// A request of 5 s.
pub(crate) fn clip(prompt: &str) -> Value {
    json!({"ModelName": "Kling", "Prompt": prompt, "Duration": 5})
}

pub(crate) fn create(key: &str) -> Value {
    json!({"key": key, "request": clip(key)})
}
