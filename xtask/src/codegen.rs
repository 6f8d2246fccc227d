//! The phases from a specification to the text of generated files.

use std::collections::BTreeMap;

use crate::{
    check, diagnostic,
    diagnostic::Diagnostic,
    emit, ir, lower,
    model::{self, Sources},
};

/// The text of each generated file, by its path.
pub type Generated = BTreeMap<String, String>;

/// The error of a generator.
#[derive(Debug)]
pub enum GenerateError {
    /// The specification has mistakes.
    Spec(Vec<Diagnostic>),
    /// The generated code is not Rust: a bug of the generator.
    Generator(String),
}

/// Generates the code of a specification.
///
/// # Errors
/// Returns the mistakes of the specification, or a bug of the generator.
pub fn generate(sources: &Sources) -> Result<Generated, GenerateError> {
    code(&api(sources).map_err(GenerateError::Spec)?)
}

/// Generates the code of an API.
///
/// # Errors
/// Returns a bug of the generator.
pub fn code(api: &ir::Api) -> Result<Generated, GenerateError> {
    emitted(&lower::lower(api))
}

/// Generates the families of the facade.
///
/// # Errors
/// Fails on a bug of the generator.
pub fn facade(api: &ir::Api) -> Result<Generated, GenerateError> {
    emitted(&lower::facade(api))
}

/// Generates the subcommands and request options of the command line.
///
/// # Errors
/// Fails on a bug of the generator.
pub fn command_line(api: &ir::Api) -> Result<Generated, GenerateError> {
    emitted(&lower::command_line(api))
}

fn emitted(files: &[lower::File<'_>]) -> Result<Generated, GenerateError> {
    let mut generated = Generated::new();
    for file in files {
        let text = emit::emit(file)
            .map_err(|error| GenerateError::Generator(format!("{}: {error}", file.path)))?;
        generated.insert(file.path.clone(), text);
    }
    Ok(generated)
}

/// Returns the API that a specification describes.
///
/// # Errors
/// Returns every mistake in the specification, including names that would be used twice in Rust.
pub fn api(sources: &Sources) -> Result<ir::Api, Vec<Diagnostic>> {
    let (spec, mut mistakes) = model::parse(sources);
    mistakes.extend(check::check(&spec, sources));
    let api = ir::build(&spec, sources);
    // A name that is wrong in itself often collides as well, which would only repeat the mistake.
    let mut collisions = api.as_ref().map(lower::collisions).unwrap_or_default();
    collisions.retain(|collision| mistakes.iter().all(|known| known.place != collision.place));
    mistakes.extend(collisions);
    match api {
        Some(api) if mistakes.is_empty() => Ok(api),
        _ => Err(diagnostic::sorted(mistakes)),
    }
}
