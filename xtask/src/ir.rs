//! The intermediate representation of the API, independent of files and programming languages.
//!
//! It is built from a specification without mistakes (see [`check`](crate::check)). Named
//! definitions are sorted by name; members and values keep the order of the documentation.

mod build;
mod capability;
mod rules;
mod task_family;
mod task_results;

use serde_json::Value;

pub use build::build;
pub use capability::{Cell, Column, Family, Model, Row};
pub use rules::Rule;
pub use task_family::{OptionUse, TaskCreate, TaskFamily};
pub use task_results::{Confirmation, ResultKind, TaskResult};

use crate::{
    diagnostic::Span,
    model::{self, MemberPath, Scalar},
};

/// A whole API.
#[derive(Debug)]
pub struct Api {
    /// The service as a whole.
    pub service: Service,
    /// Its actions.
    pub actions: Vec<Action>,
    /// The structs that messages share.
    pub structs: Vec<Struct>,
    /// The sets of values on which programs branch.
    pub enums: Vec<Enum>,
    /// The columns of the capability tables, in their order.
    pub columns: Vec<Column>,
    /// Capability tables, one for each family.
    pub families: Vec<Family>,
    /// Families of tasks, in the order of the specification.
    pub task_families: Vec<TaskFamily>,
    /// The rules that findings can name, in the order of the documentation.
    pub rules: Vec<RuleInfo>,
}

/// A rule that a finding can name.
#[derive(Debug)]
pub struct RuleInfo {
    /// Stable id.
    pub id: String,
    /// Scope of the rule: `member`, `object` or `model`.
    pub about: &'static str,
    /// `error`, `warning`, or `either` if it depends on the fact.
    pub severity: &'static str,
    /// Column of the capability tables that it checks.
    pub column: Option<String>,
    /// Description of a finding with this rule.
    pub meaning: String,
}

/// The service as a whole.
#[derive(Debug)]
pub struct Service {
    /// Path of its file below the specification.
    pub origin: String,
    /// Name in hosts and in signatures.
    pub name: String,
    /// Version of the API.
    pub version: String,
    /// The clouds that offer it, the default one first.
    pub sites: Vec<Site>,
    /// Regions with a host of their own.
    pub regions: Vec<String>,
    /// Source of the list of regions.
    pub regions_source: String,
    /// Its error codes.
    pub errors: Vec<ErrorCode>,
}

/// A separate cloud.
#[derive(Debug)]
pub struct Site {
    /// Short name.
    pub name: String,
    /// Description.
    pub doc: String,
    /// Host that needs no region; the default.
    pub host: String,
    /// Domain after the service's name in that host.
    pub root_domain: String,
    /// Domain after the region in the host of a region.
    pub regional_domain: String,
}

/// An error code.
#[derive(Debug)]
pub struct ErrorCode {
    /// The code, or the part of several before a dot.
    pub code: String,
    /// Class of the error, in kebab case.
    pub class: &'static str,
    /// `no`, `maybe` or `yes`.
    pub executed: &'static str,
    /// Description of the error.
    pub meaning: String,
    /// Advice to the caller, an imperative.
    pub hint: String,
    /// Part of the message that marks a limit on running tasks instead of one on requests.
    pub concurrency_text: Option<String>,
}

/// An action.
#[derive(Debug)]
pub struct Action {
    /// Name as it is sent.
    pub name: String,
    /// True if only the structure is specified.
    pub structure_only: bool,
    /// Place of its definition.
    pub at: Span,
    /// Path of its file below the specification.
    pub origin: String,
    /// Description in one sentence.
    pub summary: String,
    /// Further description.
    pub doc: Option<String>,
    /// `read`, `paid-create` or `control`.
    pub effect: &'static str,
    /// Maximum number of request starts in any one second, for one account.
    pub rate_limit: u32,
    /// Action that describes a task.
    pub poll: Option<String>,
    /// Family of the capability table that its requests are checked against.
    pub capabilities: Option<String>,
    /// The path of the request member with the seconds of video that are billed.
    pub billed_seconds: Option<MemberPath>,
    /// Page of the documentation.
    pub doc_url: String,
    /// Error codes that the documentation lists for it.
    pub errors: Vec<String>,
    /// Site and day of its release.
    pub since: Since,
    /// Source of its facts.
    pub source: String,
    /// Members of the request.
    pub request: Vec<Member>,
    /// Members of the response.
    pub response: Vec<Member>,
    /// Request of its first example.
    pub example: Option<Value>,
}

/// Sites and days of a release.
pub type Since = Vec<(String, String)>;

fn since(since: &[(model::Located<String>, model::Date)]) -> Since {
    let mut days: Since = since
        .iter()
        .map(|(site, day)| (site.value.clone(), day.0.clone()))
        .collect();
    days.sort();
    days
}

/// A struct that messages share.
#[derive(Debug)]
pub struct Struct {
    /// Name in Rust: that of the documentation, unless `renames.toml` has another one.
    pub name: String,
    /// True if only the structure is specified.
    pub structure_only: bool,
    /// Place of its definition.
    pub at: Span,
    /// Path of its file below the specification.
    pub origin: String,
    /// Description.
    pub doc: String,
    /// Sites and days of its release.
    pub since: Since,
    /// Source of its facts.
    pub source: String,
    /// Use in messages.
    pub role: Role,
    /// Its members.
    pub members: Vec<Member>,
}

/// The use of a struct or enum in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// In a request, and perhaps in responses.
    Request,
    /// In responses only.
    Response,
}

/// A set of values on which programs branch.
#[derive(Debug)]
pub struct Enum {
    /// Name.
    pub name: String,
    /// Place of its definition.
    pub at: Span,
    /// Path of its file below the specification.
    pub origin: String,
    /// Description.
    pub doc: String,
    /// Source of its facts.
    pub source: String,
    /// Use in messages.
    pub role: Role,
    /// The known values.
    pub values: Vec<EnumValue>,
}

/// One value of a set.
#[derive(Debug)]
pub struct EnumValue {
    /// Place of its definition.
    pub at: Span,
    /// Value as it is sent.
    pub value: String,
    /// Description.
    pub doc: String,
    /// `pending`, `succeeded` or `failed`, if the set is the status of a task.
    pub phase: Option<&'static str>,
}

/// A member of a message or struct.
#[derive(Debug)]
pub struct Member {
    /// Place of its definition.
    pub at: Span,
    /// Name as it is sent.
    pub name: String,
    /// Type of its value.
    pub ty: Type,
    /// Description.
    pub doc: String,
    /// True if every request must have it.
    pub required: bool,
    /// True if logs and messages leave out its value.
    pub sensitive: bool,
    /// Preflight rules.
    pub rules: Vec<Rule>,
    /// Column of the capability tables that overrides its overridable rules.
    pub capability: Option<String>,
    /// Unit of a number.
    pub unit: Option<String>,
    /// Value that the service assumes by default.
    pub default: Option<Scalar>,
    /// Example value.
    pub example: Option<Scalar>,
    /// Values that the published texts name.
    pub values: Vec<String>,
    /// True if its struct leads back to the one it is in, so that it needs an allocation.
    pub boxed: bool,
    /// Sites and days of its release.
    pub since: Since,
    /// Day of its withdrawal.
    pub until: Option<String>,
    /// Source of its facts.
    pub source: String,
}

/// The type of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A number that may have a fraction.
    Float,
    /// True or false.
    Boolean,
    /// The struct of this name.
    Struct(String),
    /// The enum of this name.
    Enum(String),
    /// A list of values.
    List(Box<Type>),
}
