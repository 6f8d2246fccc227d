//! `mps version`: this program, and the description of the service that it was generated from.

use mps_aigc::models::{capabilities, service};
use serde::Serialize;

use crate::{context::Context, failure::Failure};

/// `mps.version/1`.
#[derive(Serialize)]
struct VersionResult {
    schema: &'static str,
    version: &'static str,
    /// The commit, if the build named one.
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'static str>,
    api_version: &'static str,
    /// The description of the service that the tables were read from.
    spec: &'static str,
    features: Vec<&'static str>,
    os: &'static str,
    arch: &'static str,
}

/// The optional features of a build, and whether this one has them.
const FEATURES: [(&str, bool); 8] = [
    ("emulator-tls", cfg!(feature = "emulator-tls")),
    ("gallery", cfg!(feature = "gallery")),
    ("mcp", cfg!(feature = "mcp")),
    ("media", cfg!(feature = "media")),
    ("postgres", cfg!(feature = "postgres")),
    ("redis", cfg!(feature = "redis")),
    ("shell", cfg!(feature = "shell")),
    ("tls", cfg!(feature = "tls")),
];

pub(crate) fn run(context: &Context) -> Result<(), Failure> {
    let features = FEATURES.iter().filter(|(_, is_built)| *is_built);
    let result = VersionResult {
        schema: "mps.version/1",
        version: env!("CARGO_PKG_VERSION"),
        // Set by the build of a release.
        commit: option_env!("MPS_COMMIT").filter(|commit| !commit.is_empty()),
        api_version: service::VERSION,
        spec: capabilities::video().source,
        features: features.map(|(name, _)| *name).collect(),
        os: std::env::consts::OS,
        arch: std::env::consts::ARCH,
    };
    context.output.listing(&human(&result), &result)
}

fn human(result: &VersionResult) -> String {
    let commit = result.commit.map(|commit| format!(" ({commit})"));
    let features = match result.features.as_slice() {
        [] => "none".to_owned(),
        features => features.join(", "),
    };
    format!(
        "mps {}{}\napi      {} {}\nspec     {}\nfeatures {features}\nplatform {} {}",
        result.version,
        commit.unwrap_or_default(),
        service::NAME,
        result.api_version,
        result.spec,
        result.os,
        result.arch,
    )
}
