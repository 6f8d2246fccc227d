//! The line of phases, from a specification to the text of generated files.

use std::collections::BTreeMap;

use crate::{
    check, diagnostic,
    diagnostic::Diagnostic,
    emit, ir, lower,
    model::{self, Sources},
};

/// The text of each generated file by its path.
pub type Generated = BTreeMap<String, String>;

/// Why there is nothing to generate.
#[derive(Debug)]
pub enum Fault {
    /// The specification has mistakes.
    Spec(Vec<Diagnostic>),
    /// The code that was put together is no Rust: a fault of the generator.
    Generator(String),
}

/// Generates the code of a specification.
pub fn generate(sources: &Sources) -> Result<Generated, Fault> {
    code(&api(sources).map_err(Fault::Spec)?)
}

/// Generates the code of an API.
pub fn code(api: &ir::Api) -> Result<Generated, Fault> {
    emitted(&lower::lower(api).map_err(sorted)?)
}

/// Generates the families of the facade.
pub fn facade(api: &ir::Api) -> Result<Generated, Fault> {
    emitted(&lower::facade(api))
}

/// Generates the subcommands and request options of the command line.
pub fn command_line(api: &ir::Api) -> Result<Generated, Fault> {
    emitted(&lower::command_line(api))
}

fn emitted(files: &[lower::File<'_>]) -> Result<Generated, Fault> {
    let mut generated = Generated::new();
    for file in files {
        let text = emit::emit(file)
            .map_err(|fault| Fault::Generator(format!("{}: {fault}", file.path)))?;
        generated.insert(file.path.clone(), text);
    }
    Ok(generated)
}

/// The API a specification describes, or every mistake in it.
pub fn api(sources: &Sources) -> Result<ir::Api, Vec<Diagnostic>> {
    let (spec, mut mistakes) = model::parse(sources);
    mistakes.extend(check::check(&spec, sources));
    let api = ir::build(&spec, sources);
    match api {
        Some(api) if mistakes.is_empty() => Ok(api),
        _ => Err(diagnostic::sorted(mistakes)),
    }
}

fn sorted(mistakes: Vec<Diagnostic>) -> Fault {
    Fault::Spec(diagnostic::sorted(mistakes))
}
