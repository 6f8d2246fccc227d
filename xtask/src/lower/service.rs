//! The facts about the service as Rust has them.

use heck::ToUpperCamelCase;

use crate::ir;

/// The facts about the service.
#[derive(Debug)]
pub struct Service {
    /// Name in hosts and in signatures.
    pub name: String,
    /// Version of the API.
    pub version: String,
    /// The clouds that offer it: name, host, root domain, regional domain.
    pub sites: Vec<[String; 4]>,
    /// Documentation of the list of regions, line by line.
    pub regions_doc: Vec<String>,
    /// Regions with a host of their own.
    pub regions: Vec<String>,
    /// Its error codes.
    pub errors: Vec<ErrorCode>,
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

fn site(site: &ir::Site) -> [String; 4] {
    [
        &site.name,
        &site.host,
        &site.root_domain,
        &site.regional_domain,
    ]
    .map(Clone::clone)
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
