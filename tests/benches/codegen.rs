//! The generator on this repository's specification and on copies many times as large, which shows
//! that its time grows linearly. The target for the first is 100 ms.

use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput};
use xtask::{
    codegen::generate,
    model::{SourceFile, Sources, read},
};

const COPIES: [u64; 3] = [1, 10, 50];

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let mut group = criterion.benchmark_group("codegen");
    for copies in COPIES {
        let sources = Sources::new(multiplied(copies));
        let fault = generate(&sources).err();
        assert!(fault.is_none(), "{copies} copies are not sound: {fault:?}");
        group.throughput(Throughput::Elements(copies));
        group.bench_function(BenchmarkId::from_parameter(copies), |bench| {
            bench.iter(|| generate(&sources));
        });
    }
    group.finish();
    criterion.final_summary();
}

/// Returns the specification with every action and struct repeated `copies` times under new names.
fn multiplied(copies: u64) -> Vec<SourceFile> {
    let (sources, _) = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec"));
    let files: Vec<SourceFile> = sources.iter().map(|(_, file)| file.clone()).collect();
    let names: Vec<String> = files.iter().filter_map(named).collect();
    let mut all = files.clone();
    for copy in 1..copies {
        let of_types = files.iter().filter(|file| named(file).is_some());
        all.extend(of_types.map(|file| renamed(file, &names, copy)));
        let examples = files
            .iter()
            .filter(|file| file.path.starts_with("examples/"));
        all.extend(examples.map(|file| moved(file, copy)));
    }
    all
}

/// Returns the name of the type that a file defines, or `None` for other files.
fn named(file: &SourceFile) -> Option<String> {
    let path = file.path.as_str();
    let about_a_type = path.starts_with("actions/") || path.starts_with("structs/");
    let line = file.text.lines().find(|line| line.starts_with("name = "))?;
    about_a_type.then(|| {
        line.trim_start_matches("name = ")
            .trim_matches('"')
            .to_owned()
    })
}

/// Returns a copy of a file in which every type has a new name. Members keep their names, also those
/// that equal the name of a type.
fn renamed(file: &SourceFile, names: &[String], copy: u64) -> SourceFile {
    let mut text = file.text.clone();
    if let Some(own) = named(file) {
        let name = |name: &str| format!("name = \"{name}\"");
        text = text.replacen(&name(&own), &name(&format!("{own}Copy{copy}")), 1);
    }
    for name in names {
        for (before, after) in [("type = \"", "\""), ("<", ">"), ("poll = \"", "\"")] {
            let old = format!("{before}{name}{after}");
            text = text.replace(&old, &format!("{before}{name}Copy{copy}{after}"));
        }
    }
    let path = file.path.replace(".toml", &format!("_copy{copy}.toml"));
    SourceFile { path, text }
}

/// Returns a copy of an example for the copy of its action.
fn moved(file: &SourceFile, copy: u64) -> SourceFile {
    let mut parts: Vec<&str> = file.path.split('/').collect();
    let folder = parts.get(1).map(|action| format!("{action}Copy{copy}"));
    if let (Some(part), Some(folder)) = (parts.get_mut(1), &folder) {
        *part = folder;
    }
    SourceFile {
        path: parts.join("/"),
        text: file.text.clone(),
    }
}
