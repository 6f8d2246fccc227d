//! The code of one action and of the action that polls its task.

use std::path::Path;

use xtask::{
    codegen::generate,
    model::{SourceFile, Sources, read},
};

use crate::{Outcome, repeat};

pub(crate) fn run(times: u32) -> Outcome {
    let sources = Sources::new([files("base"), files("action")].concat());
    if generate(&sources).is_err() {
        return Err("the specification is not valid".into());
    }
    repeat(times, || generate(&sources));
    Ok(())
}

/// Returns the files of a fixture of the tests of the generator.
fn files(fixture: &str) -> Vec<SourceFile> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/codegen");
    let (sources, _) = read(&fixtures.join(fixture));
    sources.iter().map(|(_, file)| file.clone()).collect()
}
