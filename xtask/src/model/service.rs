//! The service as a whole, from `service.toml`.

use super::{Located, or_default, reader::Reader};

const CLASSES: &[&str] = &[
    "throttling",
    "clock-skew",
    "token",
    "auth",
    "quota",
    "account",
    "content",
    "input",
    "not-found",
    "client",
    "server",
    "dry-run",
];
const EXECUTED: &[&str] = &["no", "maybe", "yes"];

/// The service as a whole.
#[derive(Debug)]
pub struct Service {
    /// Name in hosts and in signatures.
    pub name: Located<String>,
    /// Version of the API.
    pub version: String,
    /// The clouds that offer it, the default one first.
    pub sites: Vec<Site>,
    /// Regions with a host of their own.
    pub regions: Regions,
    /// Its error codes.
    pub errors: Vec<ErrorCode>,
}

/// A separate cloud with accounts of its own.
#[derive(Debug)]
pub struct Site {
    /// Short name.
    pub name: Located<String>,
    /// Description.
    pub doc: String,
    /// Host that needs no region; the default.
    pub host: Located<String>,
    /// Domain after the service's name in that host.
    pub root_domain: String,
    /// Domain after the region in the host of a region.
    pub regional_domain: String,
    /// Package on `PyPI` that ships the description of the site.
    pub package: Option<String>,
}

/// Regions with a host of their own.
#[derive(Debug)]
pub struct Regions {
    /// Source of the list.
    pub source: String,
    /// Their names.
    pub names: Vec<Located<String>>,
}

/// An error code, or the part of several before a dot.
#[derive(Debug)]
pub struct ErrorCode {
    /// The code.
    pub code: Located<String>,
    /// Class of the error.
    pub class: &'static str,
    /// True if the action ran: `no`, `maybe` or `yes`.
    pub executed: &'static str,
    /// Description of the error.
    pub meaning: String,
    /// Advice to the caller, an imperative.
    pub hint: String,
    /// Part of the message that marks a limit on running tasks instead of one on requests.
    pub concurrency_text: Option<String>,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Service> {
    let name = reader.text("name");
    let version = reader.text("version");
    let sites = reader.tables("site", "a site", read_site);
    reader.need("regions");
    let regions = reader.table("regions", "the list of regions", read_regions);
    let errors = reader.tables("error", "an error code", read_error);
    Some(Service {
        name: name?,
        version: or_default(version),
        sites,
        regions: regions?,
        errors,
    })
}

fn read_site(reader: &mut Reader<'_>) -> Option<Site> {
    let name = reader.text("name");
    let doc = reader.text("doc");
    let host = reader.text("host");
    let root_domain = reader.text("root_domain");
    let regional_domain = reader.text("regional_domain");
    let package = reader.optional_text("package");
    Some(Site {
        name: name?,
        doc: or_default(doc),
        host: host?,
        root_domain: or_default(root_domain),
        regional_domain: or_default(regional_domain),
        package: package.map(|package| package.value),
    })
}

fn read_regions(reader: &mut Reader<'_>) -> Regions {
    let source = reader.text("source");
    let names = reader.texts("names");
    Regions {
        source: or_default(source),
        names,
    }
}

fn read_error(reader: &mut Reader<'_>) -> Option<ErrorCode> {
    let code = reader.text("code");
    let class = reader.word("class", CLASSES);
    let executed = reader.word("executed", EXECUTED);
    let meaning = reader.text("meaning");
    let hint = reader.text("hint");
    let concurrency_text = reader.optional_text("concurrency_text");
    Some(ErrorCode {
        code: code?,
        class: or_default(class),
        executed: or_default(executed),
        meaning: or_default(meaning),
        hint: or_default(hint),
        concurrency_text: concurrency_text.map(|text| text.value),
    })
}
