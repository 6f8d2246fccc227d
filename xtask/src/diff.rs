//! `cargo xtask spec diff`: what a change of the API means for those who build on it.
//!
//! Specifications and published descriptions are lowered to the same small [`item`], so there
//! is one comparison and one place that weighs a difference. Weighing is for users of the
//! generated crate: breaking is what stops their code from compiling, changes what it may send
//! twice, or refuses a request that used to pass.

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

pub use self::{
    class::Class,
    compare::{Change, What, compare},
    options::{Format, Options},
};
use crate::failure::Failure;

/// Compares what two words of the command line name: folders, files or revisions.
pub fn diff(root: &Path, options: &Options) -> Result<Vec<Change>, Failure> {
    let old = input::load(root, &options.old)?;
    let new = input::load(root, &options.new)?;
    if old.kind != new.kind {
        return Err(Failure::new(
            "error: one of the two is a specification, the other a published description\n\
             help: `cargo xtask spec import --dry-run` compares one with the other",
        ));
    }
    Ok(compare(&old.items, &new.items))
}

/// Changes in the asked format.
#[must_use]
pub fn render(changes: &[Change], format: Format) -> String {
    match format {
        Format::Text => render::text(changes),
        Format::Markdown => render::markdown(changes),
        Format::Json => render::json(changes),
    }
}
