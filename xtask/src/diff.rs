//! `cargo xtask spec diff`: classifies the changes between two versions of the API.
//!
//! Specifications and published descriptions are both converted to [`item`]s, so that one function
//! compares them and one classifies a difference. The classes are those for users of the generated
//! crate: a change is breaking if their code stops compiling, if it changes which requests are
//! retried, or if it refuses a request that used to pass.

mod class;
mod compare;
mod git;
mod input;
pub mod item;
mod lower_published;
mod lower_spec;
mod options;
mod render;

use std::path::Path;

pub(crate) use self::git::git as git_output;
pub use self::{
    class::Class,
    compare::{Change, Delta, compare},
    options::{Format, Options},
};
use crate::failure::Failure;

/// Compares two folders, files or revisions that the command line names.
///
/// # Errors
/// Returns a failure if one cannot be read, or if they are of different kinds.
pub fn diff(root: &Path, options: &Options) -> Result<Vec<Change>, Failure> {
    let old = input::load(root, &options.old)?;
    let new = input::load(root, &options.new)?;
    if old.kind != new.kind {
        return Err(Failure::new(
            "error: one side is a specification, the other a published description\n\
             help: `cargo xtask spec import --dry-run` compares one with the other",
        ));
    }
    Ok(compare(&old.items, &new.items))
}

/// Returns a sentence part that describes a change.
#[must_use]
pub fn describe(change: &Change) -> String {
    render::what(change)
}

/// Returns the changes as text in a format.
#[must_use]
pub fn render(changes: &[Change], format: Format) -> String {
    match format {
        Format::Text => render::text(changes),
        Format::Markdown => render::markdown(changes),
        Format::Json => render::json(changes),
    }
}
