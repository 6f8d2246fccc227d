//! Attributes: which of them belong to the public API, and documentation.

use quote::ToTokens as _;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, parse_quote, punctuated::Punctuated};

use crate::text;

/// Attributes that change what a caller can do or is warned about.
const PUBLIC: [&str; 5] = [
    "default",
    "deprecated",
    "must_use",
    "non_exhaustive",
    "repr",
];

/// Returns `true` for code that only tests compile.
pub(crate) fn is_test(attributes: &[Attribute]) -> bool {
    cfgs(attributes).iter().any(|cfg| cfg == "#[cfg(test)]")
}

/// Returns `true` for items that are public for technical reasons only, which semantic versioning does
/// not cover.
pub(crate) fn is_hidden(attributes: &[Attribute]) -> bool {
    let mut attributes = attributes.iter();
    attributes.any(|attribute| text::attribute(attribute) == "#[doc(hidden)]")
}

/// Returns the conditions under which an item is compiled, as attributes.
pub(crate) fn cfgs(attributes: &[Attribute]) -> Vec<String> {
    let is_cfg = |attribute: &&Attribute| attribute.path().is_ident("cfg");
    attributes
        .iter()
        .filter(is_cfg)
        .map(text::attribute)
        .collect()
}

/// Returns the attributes that belong to the public API, without conditions: derived traits in
/// alphabetical order, then those of [`PUBLIC`] without their texts.
pub(crate) fn public(attributes: &[Attribute]) -> Vec<Attribute> {
    let mut shown = Vec::new();
    let derived = derived(attributes);
    if !derived.is_empty() {
        let derived = derived
            .iter()
            .map(|name| syn::parse_str::<syn::Path>(name).unwrap());
        shown.push(parse_quote!(#[derive(#(#derived),*)]));
    }
    for attribute in attributes {
        let path = attribute.path();
        if PUBLIC.iter().any(|name| path.is_ident(name)) {
            shown.push(match &attribute.meta {
                // The reason is prose; the mark is what counts.
                Meta::NameValue(_) => parse_quote!(#[#path]),
                _ => attribute.clone(),
            });
        }
    }
    shown
}

/// Returns the names of the derived traits, sorted.
pub(crate) fn derived(attributes: &[Attribute]) -> Vec<String> {
    let mut derived = Vec::new();
    for attribute in attributes {
        if attribute.path().is_ident("derive") {
            let paths = attribute
                .parse_args_with(Punctuated::<syn::Path, syn::Token![,]>::parse_terminated)
                .unwrap();
            derived.extend(paths.iter().map(text::ty));
        }
    }
    derived.sort();
    derived
}

/// Returns the documentation of an item.
pub(crate) fn documentation(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes {
        if let Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("doc")
        {
            match &pair.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(line),
                    ..
                }) => text.push_str(&line.value()),
                // `include_str!` and the like: as it is written.
                other => text.push_str(&other.to_token_stream().to_string()),
            }
            text.push('\n');
        }
    }
    text
}
