//! Templates of `Preflight`: one statement for each member with rules.

use proc_macro2::TokenStream;
use quote::quote;

use super::common::{ident, integer, number};
use crate::lower::{Argument, Check, Condition, Field, Peer, Severity, Struct};

pub(super) fn preflight(structure: &Struct) -> TokenStream {
    let name = ident(&structure.name);
    let members = structure.fields.iter().map(member);
    let (before, after) = model(structure);
    quote! {
        impl Preflight for #name {
            fn inspect(&self, at: &Path<'_>, report: &mut Report) {
                #before
                #(#members)*
                #after
                report.check_extra(at, &self.extra, Self::MEMBERS);
            }
        }
    }
}

/// Returns the statements before and after the members of a request with a capability table.
fn model(structure: &Struct) -> (Option<TokenStream>, Option<TokenStream>) {
    let before = quote! {
        let query = self.capability_query();
        report.choose_model(&query);
    };
    let after = quote!(report.check_model(at, &query););
    (
        structure.queries_capabilities.then_some(before),
        structure.queries_capabilities.then_some(after),
    )
}

fn member(field: &Field) -> TokenStream {
    let name = ident(&field.name);
    let at = place(field);
    let checks = (!field.checks.is_empty()).then(|| {
        let calls = field.checks.iter().map(check);
        quote!(report.check(#at, &self.#name) #(#calls)*;)
    });
    let overridable = field.overridable.as_ref().map(|overridable| {
        let column = ident(&overridable.column);
        let calls = overridable.checks.iter().map(check);
        quote! {
            if !report.model_states(Column::#column) {
                report.check(#at, &self.#name) #(#calls)*;
            }
        }
    });
    let inside = field
        .nested
        .then(|| quote!(report.inspect(#at, &self.#name);));
    quote!(#checks #overridable #inside)
}

fn place(field: &Field) -> TokenStream {
    let wire = &field.wire;
    if field.sensitive {
        quote!(at.sensitive(#wire))
    } else {
        quote!(at.member(#wire))
    }
}

fn check(check: &Check) -> TokenStream {
    match check {
        Check::Rule {
            method,
            argument,
            severity,
            source,
            sites,
            dropped,
        } => {
            let method = ident(method);
            let argument = self::argument(argument).map(|argument| quote!(#argument,));
            let severity = ident(match severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            });
            let sites = (!sites.is_empty()).then(|| {
                let sites = sites.iter().map(|site| ident(site));
                quote!(.on(&[#(Site::#sites),*]))
            });
            let dropped = (!dropped.is_empty()).then(|| {
                let days = dropped
                    .iter()
                    .map(|(site, day)| quote!(Day::new(#site, #day)));
                quote!(.dropped(const { &[#(#days),*] }))
            });
            quote!(.#method(#argument Rule::#severity(#source) #sites #dropped))
        }
        Check::Withdrawn { day, source } => quote!(.withdrawn(#day, #source)),
    }
}

fn argument(argument: &Argument) -> Option<TokenStream> {
    match argument {
        Argument::None => None,
        Argument::Peers(all) => Some(peers(all)),
        Argument::Condition(when) => Some(condition(when)),
        Argument::Number(bound) => Some(number(bound)),
        Argument::Texts(texts) => Some(quote!(&[#(#texts),*])),
        Argument::Numbers(numbers) => {
            let numbers = numbers.iter().map(|number| integer(*number));
            Some(quote!(&[#(#numbers),*]))
        }
    }
}

fn peers(peers: &[Peer]) -> TokenStream {
    let each = peers.iter().map(|peer| {
        let wire = &peer.wire;
        let name = ident(&peer.name);
        quote!((#wire, self.#name.is_set()))
    });
    quote!(&[#(#each),*])
}

/// Returns the arguments for a condition: the other member, its value as text, and the comparison.
fn condition(condition: &Condition) -> TokenStream {
    let wire = &condition.peer.wire;
    let name = ident(&condition.peer.name);
    let text = condition.is.to_string();
    let value = number(&condition.is);
    let unset = condition
        .by_default
        .then(|| quote!(!self.#name.is_set() ||));
    quote!(#wire, #text, #unset self.#name.is(#value))
}
