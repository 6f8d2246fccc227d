//! Hundreds of emulators at once, since every test has its own.

use std::collections::HashSet;

use mps_emulator::Emulator;
use serde_json::json;
use tokio::net::TcpStream;

use crate::{
    call::{CREATE, DESCRIBE, HOST, cat},
    server::{exchange, signed_now},
};

#[tokio::test]
async fn two_hundred_emulators_run_side_by_side() {
    let mut emulators = Vec::new();
    for _ in 0..200 {
        let builder = Emulator::builder().allow_host(HOST);
        emulators.push(builder.start().await.unwrap());
    }
    let mut tasks = HashSet::new();
    for emulator in &emulators {
        let mut stream = TcpStream::connect(emulator.address()).await.unwrap();
        let created = exchange(&mut stream, &signed_now(emulator, CREATE, &cat())).await;
        let task = json!({ "TaskId": created["TaskId"] });
        let told = exchange(&mut stream, &signed_now(emulator, DESCRIBE, &task)).await;
        assert!(told["Status"].is_string(), "{created} {told}");
        tasks.insert(created["TaskId"].as_str().unwrap().to_owned());
    }
    assert_eq!(tasks.len(), 200);
    for emulator in emulators {
        assert_eq!((emulator.bill().creates, emulator.tasks().len()), (1, 1));
        emulator.stop().await.unwrap();
    }
}
