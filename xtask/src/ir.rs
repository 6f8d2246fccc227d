//! The API, free of files and of any programming language.
//!
//! Built from a specification that [`check`](crate::check) found nothing wrong with. Everything
//! that is defined by name is in the order of its name; members and values keep the order of
//! the documentation, which people know them in.

mod build;
mod capability;
mod rules;
mod task_family;

use serde_json::Value;

pub use build::build;
pub use capability::{Cell, Column, Family, Model, Row};
pub use rules::Rule;
pub use task_family::{OptionUse, TaskCreate, TaskFamily};

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
    /// What models can do, for each family.
    pub families: Vec<Family>,
    /// Families of tasks, in the order of the specification.
    pub task_families: Vec<TaskFamily>,
    /// The rules that findings can name, in the order of the documentation.
    pub rules: Vec<RuleInfo>,
}

/// A rule that a finding can name.
#[derive(Debug)]
pub struct RuleInfo {
    /// Its stable id.
    pub id: String,
    /// What it is stated of: `member`, `object` or `model`.
    pub about: &'static str,
    /// `error`, `warning`, or `either` where it depends on the fact.
    pub severity: &'static str,
    /// The column of the capability tables it checks.
    pub column: Option<String>,
    /// What a finding of it means.
    pub meaning: String,
}

/// The service as a whole.
#[derive(Debug)]
pub struct Service {
    /// File it comes from, below the specification.
    pub origin: String,
    /// Name in hosts and in signatures.
    pub name: String,
    /// Version of the API.
    pub version: String,
    /// The clouds that offer it, the default one first.
    pub sites: Vec<Site>,
    /// Regions with a host of their own.
    pub regions: Vec<String>,
    /// Where the list of regions comes from.
    pub regions_source: String,
    /// What its error codes mean.
    pub errors: Vec<ErrorCode>,
}

/// A cloud of its own.
#[derive(Debug)]
pub struct Site {
    /// Short name.
    pub name: String,
    /// What it is.
    pub doc: String,
    /// The host that needs no region.
    pub host: String,
    /// What follows the service's name in that host.
    pub root_domain: String,
    /// What follows the region in the host of a region.
    pub regional_domain: String,
}

/// An error code.
#[derive(Debug)]
pub struct ErrorCode {
    /// The code, or the part of several before a dot.
    pub code: String,
    /// What kind of trouble it is, in kebab case.
    pub class: &'static str,
    /// `no`, `maybe` or `yes`.
    pub executed: &'static str,
    /// What happened.
    pub meaning: String,
    /// Advice to the caller, an imperative.
    pub hint: String,
    /// Part of the message by which a limit on running tasks is told from one on requests.
    pub concurrency_text: Option<String>,
}

/// An action.
#[derive(Debug)]
pub struct Action {
    /// Name on the wire.
    pub name: String,
    /// Where it is defined.
    pub at: Span,
    /// File it comes from, below the specification.
    pub origin: String,
    /// What it does, in one sentence.
    pub summary: String,
    /// What else to know about it.
    pub doc: Option<String>,
    /// `read`, `paid-create` or `control`.
    pub effect: &'static str,
    /// Most request starts in any one second, for one account.
    pub rate_limit: u32,
    /// The action that tells how a task is doing.
    pub poll: Option<String>,
    /// The family whose capability table its requests are checked against.
    pub capabilities: Option<String>,
    /// The path of the request member with the seconds of video that are billed.
    pub billed_seconds: Option<MemberPath>,
    /// Page of the documentation.
    pub doc_url: String,
    /// Error codes the documentation lists for it.
    pub errors: Vec<String>,
    /// Since when it exists: site and day.
    pub since: Since,
    /// Where its facts come from.
    pub source: String,
    /// Members of the request.
    pub request: Vec<Member>,
    /// Members of the answer.
    pub response: Vec<Member>,
    /// The request of its first example.
    pub example: Option<Value>,
}

/// Since when something exists: site and day.
pub type Since = Vec<(String, String)>;

fn since(since: &model::Since) -> Since {
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
    /// Name in the documentation.
    pub name: String,
    /// Where it is defined.
    pub at: Span,
    /// File it comes from, below the specification.
    pub origin: String,
    /// What it stands for.
    pub doc: String,
    /// Since when it exists.
    pub since: Since,
    /// Where its facts come from.
    pub source: String,
    /// Where it is used.
    pub role: Role,
    /// Its members.
    pub members: Vec<Member>,
}

/// Where something is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// In a request, and perhaps in answers too.
    Request,
    /// In answers only.
    Response,
}

/// A set of values on which programs branch.
#[derive(Debug)]
pub struct Enum {
    /// Its name.
    pub name: String,
    /// Where it is defined.
    pub at: Span,
    /// File it comes from, below the specification.
    pub origin: String,
    /// What it tells.
    pub doc: String,
    /// Where its facts come from.
    pub source: String,
    /// Where it is used.
    pub role: Role,
    /// The values that are known.
    pub values: Vec<EnumValue>,
}

/// One value of a set.
#[derive(Debug)]
pub struct EnumValue {
    /// Where it is defined.
    pub at: Span,
    /// The value on the wire.
    pub value: String,
    /// What it means.
    pub doc: String,
    /// `pending`, `succeeded` or `failed`, if the set tells how a task is doing.
    pub phase: Option<&'static str>,
}

/// A member of a message or struct.
#[derive(Debug)]
pub struct Member {
    /// Where it is defined.
    pub at: Span,
    /// Name on the wire.
    pub name: String,
    /// What it holds.
    pub ty: Type,
    /// What it is for.
    pub doc: String,
    /// Has to be given.
    pub required: bool,
    /// Kept out of logs and messages.
    pub sensitive: bool,
    /// What can be broken.
    pub rules: Vec<Rule>,
    /// Column of the capability tables before which its plain bounds give way.
    pub capability: Option<String>,
    /// Unit of a number.
    pub unit: Option<String>,
    /// What the service assumes if it is missing.
    pub default: Option<Scalar>,
    /// A value that makes sense.
    pub example: Option<Scalar>,
    /// Since when it exists.
    pub since: Since,
    /// Since when it exists no more.
    pub until: Option<String>,
    /// Where its facts come from.
    pub source: String,
}

/// What a member holds.
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
    /// Any number of values.
    List(Box<Type>),
}
