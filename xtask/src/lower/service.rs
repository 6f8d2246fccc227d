//! The facts about the service as Rust has them.

use heck::ToUpperCamelCase;

use super::docs;
use crate::ir;

/// The facts about the service.
#[derive(Debug)]
pub struct Service {
    /// Name in hosts and in signatures.
    pub name: String,
    /// Version of the API.
    pub version: String,
    /// The clouds that offer it, the default one first.
    pub sites: Vec<Site>,
    /// Documentation of the list of regions, line by line.
    pub regions_doc: Vec<String>,
    /// Regions with a host of their own.
    pub regions: Vec<String>,
    /// Its error codes.
    pub errors: Vec<ErrorCode>,
}

/// A cloud that offers the service.
#[derive(Debug)]
pub struct Site {
    /// Variant of `Site`.
    pub variant: String,
    /// Documentation of the variant, line by line.
    pub doc: Vec<String>,
    /// Name.
    pub name: String,
    /// Host that needs no region.
    pub host: String,
    /// Domain after the service's name in that host.
    pub root_domain: String,
    /// Domain after the region in the host of a region.
    pub regional_domain: String,
}

/// An entry of the table of error codes.
#[derive(Debug)]
pub struct ErrorCode {
    /// The code.
    pub code: String,
    /// Variant of `ErrorClass`.
    pub class: String,
    /// Variant of `Executed`.
    pub executed: String,
    /// Description of the error.
    pub meaning: String,
    /// Advice to the caller, an imperative.
    pub hint: String,
    /// Part of the message that marks a limit on running tasks instead of one on requests.
    pub concurrency_text: Option<String>,
}

pub(super) fn lower(service: &ir::Service) -> Service {
    Service {
        name: service.name.clone(),
        version: service.version.clone(),
        sites: service.sites.iter().map(site).collect(),
        regions_doc: vec![
            "Regions that have a host of their own.".to_owned(),
            String::new(),
            format!("Source: {}.", service.regions_source),
        ],
        regions: service.regions.clone(),
        errors: service.errors.iter().map(error).collect(),
    }
}

fn site(site: &ir::Site) -> Site {
    Site {
        variant: self::variant(&site.name),
        doc: docs::text(&site.doc),
        name: site.name.clone(),
        host: site.host.clone(),
        root_domain: site.root_domain.clone(),
        regional_domain: site.regional_domain.clone(),
    }
}

/// Returns the variant of `Site` for a site.
pub(super) fn variant(site: &str) -> String {
    site.to_upper_camel_case()
}

fn error(error: &ir::ErrorCode) -> ErrorCode {
    ErrorCode {
        code: error.code.clone(),
        class: error.class.to_upper_camel_case(),
        executed: error.executed.to_upper_camel_case(),
        meaning: error.meaning.clone(),
        hint: error.hint.clone(),
        concurrency_text: error.concurrency_text.clone(),
    }
}
