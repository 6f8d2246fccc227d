//! Local media: files in place of URLs, uploaded once to a bucket, which the emulator plays.

use std::fs;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::support::{Emulator, Run};

const COS: &str = "bucket=mine-1250000000,region=ap-guangzhou,path=my films";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot really";

mod bucket;
mod files;
mod options;

/// Returns the name that the object of a content has.
fn object(content: &[u8], extension: &str) -> String {
    format!("{}.{extension}", hex::encode(Sha256::digest(content)))
}

fn write(emulator: &Emulator, name: &str, content: &[u8]) {
    fs::write(emulator.folder.path().join(name), content).unwrap();
}

/// Creates a video of a file, with more options.
fn create(emulator: &Emulator, image: &str, more: &[&str]) -> Run {
    let arguments = ["video", "create", "--prompt", "a cat", "--image", image];
    emulator.record(&[&arguments, more].concat())
}

/// The requests to the object storage: method, status, and the name of the object.
fn storage(emulator: &Emulator) -> Vec<(String, u64, String)> {
    let log = emulator.control("requests");
    let downloads = log["downloads"].as_array().unwrap().clone();
    let text = |record: &Value, name: &str| record[name].as_str().unwrap_or_default().to_owned();
    let entry = |record: &Value| {
        let path = text(record, "path");
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        (
            text(record, "method"),
            record["status"].as_u64().unwrap_or_default(),
            name,
        )
    };
    downloads.iter().map(entry).collect()
}

fn uploads(emulator: &Emulator) -> usize {
    let puts = storage(emulator).into_iter();
    puts.filter(|(method, status, _)| method == "PUT" && *status == 200)
        .count()
}

/// Checks that no output has a part of a signature of the storage.
fn assert_no_signature(run: &Run) {
    for text in [&run.stdout, &run.stderr] {
        assert!(!text.contains("q-sign") && !text.contains("q-ak"), "{text}");
    }
}
