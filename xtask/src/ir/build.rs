//! Conversion of a checked specification to the intermediate representation.

use std::collections::BTreeSet;

use super::{
    Action, Api, Enum, EnumValue, ErrorCode, Family, Member, Role, RuleInfo, Service, Site, Struct,
    Type, capability, rules::rules, since, task_family,
};
use crate::{
    check::{self, parse_type, reachable},
    model::{self, MemberPath, Sources, Spec},
};

/// Returns the API that a checked specification describes; `None` if it has no service.
#[must_use]
pub fn build(spec: &Spec, sources: &Sources) -> Option<Api> {
    let cx = Context {
        spec,
        sources,
        in_requests: reachable(spec, spec.actions.iter().flat_map(|action| &action.request)),
        sites: spec
            .service
            .iter()
            .flat_map(|service| &service.sites)
            .map(|site| site.name.value.clone())
            .collect(),
    };
    let mut api = Api {
        service: cx.service(spec.service.as_ref()?),
        actions: spec
            .actions
            .iter()
            .map(|action| cx.action(action))
            .collect(),
        structs: spec
            .structs
            .iter()
            .map(|shared| cx.structure(shared))
            .collect(),
        enums: spec.enums.iter().map(|set| cx.set(set)).collect(),
        columns: spec.columns.iter().map(capability::column).collect(),
        families: spec.families.iter().map(|it| cx.family(it)).collect(),
        task_families: task_family::families(&spec.tasks),
        rules: spec.rules.iter().map(rule).collect(),
    };
    api.actions.sort_by(|one, other| one.name.cmp(&other.name));
    api.structs.sort_by(|one, other| one.name.cmp(&other.name));
    api.enums.sort_by(|one, other| one.name.cmp(&other.name));
    api.families.sort_by(|one, other| one.name.cmp(&other.name));
    Some(api)
}

struct Context<'s> {
    spec: &'s Spec,
    sources: &'s Sources,
    in_requests: BTreeSet<String>,
    /// The names of all sites.
    sites: Vec<String>,
}

impl Context<'_> {
    fn service(&self, service: &model::Service) -> Service {
        let mut errors: Vec<ErrorCode> = service.errors.iter().map(error).collect();
        errors.sort_by(|one, other| one.code.cmp(&other.code));
        let names = service.regions.names.iter();
        let mut regions: Vec<String> = names.map(|name| name.value.clone()).collect();
        regions.sort();
        Service {
            origin: self.origin(&service.name),
            name: service.name.value.clone(),
            version: service.version.clone(),
            sites: service.sites.iter().map(site).collect(),
            regions,
            regions_source: service.regions.source.clone(),
            errors,
        }
    }

    fn action(&self, action: &model::Action) -> Action {
        let mut errors: Vec<String> = action
            .errors
            .iter()
            .map(|code| code.value.clone())
            .collect();
        errors.sort();
        Action {
            name: action.name.value.clone(),
            structure_only: action.structure_only,
            at: action.name.span.clone(),
            origin: self.origin(&action.name),
            summary: action.summary.clone(),
            doc: action.doc.clone(),
            effect: action.effect,
            rate_limit: action.rate_limit.value,
            poll: action.poll.as_ref().map(|poll| poll.value.clone()),
            capabilities: action.capabilities.as_ref().map(|name| name.value.clone()),
            billed_seconds: action
                .billed_seconds
                .as_ref()
                .map(|path| MemberPath::parse(&path.value)),
            doc_url: action.doc_url.clone(),
            errors,
            since: since(&action.since),
            source: action.source.clone(),
            request: self.members(&action.request, &action.source),
            response: self.members(&action.response, &action.source),
            example: self.example(action),
        }
    }

    fn example(&self, action: &model::Action) -> Option<serde_json::Value> {
        let example = action.examples.first()?;
        let path = check::example_path(&action.name.value, &example.request.value);
        let mut files = self.sources.iter();
        let (_, file) = files.find(|(_, file)| file.path == path)?;
        serde_json::from_str(&file.text).ok()
    }

    fn structure(&self, shared: &model::Struct) -> Struct {
        Struct {
            name: self.rust_name(&shared.name.value),
            structure_only: shared.structure_only,
            at: shared.name.span.clone(),
            origin: self.origin(&shared.name),
            doc: shared.doc.clone(),
            since: since(&shared.since),
            source: shared.source.clone(),
            role: self.role(&shared.name.value),
            members: self.boxed(&shared.name.value, &shared.members, &shared.source),
        }
    }

    /// Returns the members of a struct; those that lead back to it are boxed.
    fn boxed(&self, owner: &str, members: &[model::Member], source: &str) -> Vec<Member> {
        let mut lowered = self.members(members, source);
        for (member, lowered) in members.iter().zip(&mut lowered) {
            lowered.boxed = check::leads_back(self.spec, member, owner);
        }
        lowered
    }

    /// Returns the name of a struct in Rust.
    fn rust_name(&self, name: &str) -> String {
        let renamed = self
            .spec
            .renames
            .iter()
            .find(|(from, _)| from.value == name);
        renamed.map_or(name, |(_, to)| &to.value).to_owned()
    }

    fn set(&self, set: &model::Enum) -> Enum {
        Enum {
            name: set.name.value.clone(),
            at: set.name.span.clone(),
            origin: self.origin(&set.name),
            doc: set.doc.clone(),
            source: set.source.clone(),
            role: self.role(&set.name.value),
            values: set.values.iter().map(value).collect(),
        }
    }

    fn family(&self, family: &model::Family) -> Family {
        capability::family(family, &self.spec.columns, self.origin(&family.name))
    }

    fn members(&self, members: &[model::Member], source: &str) -> Vec<Member> {
        members
            .iter()
            .map(|member| self.member(member, source))
            .collect()
    }

    fn member(&self, member: &model::Member, source: &str) -> Member {
        let facts = &member.facts;
        Member {
            at: member.name.span.clone(),
            name: member.name.value.clone(),
            ty: self.ty(parse_type(&member.ty.value)),
            doc: member.doc.clone(),
            required: facts.is_required(),
            sensitive: facts.sensitive,
            rules: rules(facts, &self.sites),
            capability: facts.capability.as_ref().map(|column| column.value.clone()),
            unit: facts.unit.as_ref().map(|unit| unit.value.clone()),
            default: facts.default.as_ref().map(|value| value.value.clone()),
            example: facts.example.as_ref().map(|value| value.value.clone()),
            values: facts.values.clone(),
            boxed: false,
            since: since(&facts.since),
            until: facts.until.as_ref().map(|day| day.value.0.clone()),
            source: facts.source.clone().unwrap_or_else(|| source.to_owned()),
        }
    }

    fn ty(&self, ty: check::Type) -> Type {
        match ty {
            check::Type::Text => Type::Text,
            check::Type::Integer => Type::Integer,
            check::Type::Float => Type::Float,
            check::Type::Boolean => Type::Boolean,
            check::Type::Named(name) if self.is_enum(&name) => Type::Enum(name),
            check::Type::Named(name) => Type::Struct(self.rust_name(&name)),
            check::Type::List(item) => Type::List(Box::new(self.ty(*item))),
        }
    }

    fn is_enum(&self, name: &str) -> bool {
        self.spec.enums.iter().any(|set| set.name.value == name)
    }

    fn role(&self, name: &str) -> Role {
        if self.in_requests.contains(name) {
            Role::Request
        } else {
            Role::Response
        }
    }

    fn origin(&self, name: &model::Located<String>) -> String {
        self.sources.get(name.span.file).path.clone()
    }
}

fn site(site: &model::Site) -> Site {
    Site {
        name: site.name.value.clone(),
        doc: site.doc.clone(),
        host: site.host.value.clone(),
        root_domain: site.root_domain.clone(),
        regional_domain: site.regional_domain.clone(),
    }
}

fn error(error: &model::ErrorCode) -> ErrorCode {
    ErrorCode {
        code: error.code.value.clone(),
        class: error.class,
        executed: error.executed,
        meaning: error.meaning.clone(),
        hint: error.hint.clone(),
        concurrency_text: error.concurrency_text.clone(),
    }
}

fn rule(rule: &model::RuleInfo) -> RuleInfo {
    RuleInfo {
        id: rule.id.value.clone(),
        about: rule.about,
        severity: rule.severity,
        column: rule.column.as_ref().map(|column| column.value.clone()),
        meaning: rule.meaning.clone(),
    }
}

fn value(value: &model::EnumValue) -> EnumValue {
    EnumValue {
        at: value.value.span.clone(),
        value: value.value.value.clone(),
        doc: value.doc.clone(),
        phase: value.phase.as_ref().map(|phase| phase.value),
    }
}
