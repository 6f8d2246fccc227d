//! A client of `mps mcp`, for its tests.

use std::{
    io::{BufReader, ErrorKind, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    bounded::{self, Lines},
    support::{Emulator, Run, eventually_or, signal, spawn},
};

/// An agent's client with its server.
pub(crate) struct Agent {
    pub(crate) server: Child,
    pub(crate) stdin: Option<ChildStdin>,
    stdout: Option<BufReader<ChildStdout>>,
    stderr: Option<Lines>,
    number: u64,
}

impl Agent {
    pub(crate) fn start(emulator: &Emulator, max_seconds: &str) -> Self {
        let out = ["--out", "clips"];
        let arguments = [&["mcp", "--max-seconds", max_seconds], &out[..]].concat();
        Self::of(&mut emulator.recorded(&arguments))
    }

    pub(crate) fn of(command: &mut Command) -> Self {
        let mut server = spawn(command.stdin(Stdio::piped()));
        let mut agent = Self {
            stdin: server.stdin.take(),
            stdout: server.stdout.take().map(BufReader::new),
            stderr: server.stderr.take().map(Lines::of),
            server,
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
        let line = self.read_line();
        assert!(line.is_some(), "the server has ended: {:?}", self.rest());
        let message: Value = serde_json::from_str(&line.unwrap()).unwrap();
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
        message
    }

    /// Reads a line; `None` at the end of stdout.
    fn read_line(&mut self) -> Option<String> {
        match bounded::read_line(self.stdout.take().unwrap()) {
            Ok((line, stdout)) => {
                self.stdout = Some(stdout);
                Some(line)
            }
            Err(error) => {
                let is_end = error.kind() == ErrorKind::UnexpectedEof;
                if !is_end {
                    self.server.kill().unwrap();
                }
                assert!(is_end, "{error}: {:?}", self.rest());
                None
            }
        }
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
        let arguments = json!({"key": key, "seconds": 10});
        self.wait_until("wait", &arguments, |state| state != "created")
    }

    pub(crate) fn wait_until_created(&mut self, key: &str) -> Value {
        let is_created = |state: &str| !["intent", "sending"].contains(&state);
        self.wait_until("status", &json!({"key": key}), is_created)
    }

    fn wait_until(&mut self, tool: &str, arguments: &Value, is_so: impl Fn(&str) -> bool) -> Value {
        eventually_or(|| {
            let task = self.done(tool, arguments);
            let is_so = is_so(task["state"].as_str().unwrap());
            if is_so {
                Ok(task)
            } else {
                Err(task.to_string())
            }
        })
    }

    pub(crate) fn close_stdout(&mut self) {
        drop(self.stdout.take());
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(&self.server, name);
    }

    /// Closes stdin, and returns the rest of the output with the exit code.
    pub(crate) fn close(mut self) -> Run {
        drop(self.stdin.take());
        self.end()
    }

    pub(crate) fn end(mut self) -> Run {
        let stdout = std::iter::from_fn(|| self.read_line()).collect();
        Run {
            stdout,
            ..self.rest()
        }
    }

    /// Waits for the end of the server; returns the run without stdout.
    fn rest(&mut self) -> Run {
        let stderr = self.stderr.take().unwrap().rest();
        let status = bounded::wait(&mut self.server).unwrap();
        Run {
            exit: status.code().unwrap_or(-1),
            stdout: String::new(),
            stderr,
        }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _gone_already = bounded::kill(&mut self.server);
    }
}

/// A request of 5 s.
pub(crate) fn clip(prompt: &str) -> Value {
    json!({"ModelName": "Kling", "Prompt": prompt, "Duration": 5})
}

pub(crate) fn create(key: &str) -> Value {
    json!({"key": key, "request": clip(key)})
}
