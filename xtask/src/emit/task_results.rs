//! Results of task families: the facts of the models, and the statements by which the facade reads them.

use proc_macro2::TokenStream;
use quote::quote;

use super::common::{ident, option};
use crate::lower::{Read, ResultFacts, ResultRead};

/// The fields of the facts about a family that are about its results.
pub(super) fn facts(facts: &ResultFacts) -> TokenStream {
    let urls = facts.results.iter().map(|result| &result.url);
    let results = facts.results.iter().map(|result| {
        let (url, kind) = (&result.url, ident(&result.kind));
        let size = option(result.size.as_deref());
        let duration = option(result.duration.as_deref());
        quote! {
            ResultSource { url: #url, kind: MediaKind::#kind, size: #size, duration: #duration }
        }
    });
    let kinds = facts.kinds.iter().map(|(member, value, kind)| {
        let kind = ident(kind);
        quote!(ResultKind { member: #member, value: #value, kind: MediaKind::#kind })
    });
    let store = option(facts.store.as_deref());
    let finished = option(facts.finished.as_deref());
    let request = option(facts.request.as_deref());
    let details = option(facts.details.as_deref());
    let confirm = confirmation(facts);
    quote! {
        urls: &[#(#urls),*],
        results: &[#(#results),*],
        kinds: &[#(#kinds),*],
        store: #store,
        finished: #finished,
        request: #request,
        details: #details,
        confirm: #confirm,
    }
}

fn confirmation(facts: &ResultFacts) -> TokenStream {
    let Some(confirm) = &facts.confirm else {
        return quote!(None);
    };
    let action = ident(&confirm.action);
    let (mode, value) = (&confirm.mode, &confirm.value);
    let stages = confirm.stages.iter();
    let stages = stages.map(|(stopped, stage)| quote!((#stopped, #stage)));
    quote! {
        Some(Confirmation {
            action: #action::INFO,
            mode: #mode,
            value: #value,
            stages: &[#(#stages),*],
        })
    }
}

/// The statement that adds the results of one kind.
pub(super) fn add(result: &ResultRead) -> TokenStream {
    let kind = ident(&result.kind);
    let size = result.size.as_ref().map_or_else(|| quote!(None), text);
    let found = found(&result.urls, result.duration.as_deref());
    quote!(read.add(MediaKind::#kind, #size, #found);)
}

/// A text, borrowed.
fn text(read: &Read) -> TokenStream {
    let field = ident(&read.field);
    match &read.inside {
        None => quote!(described.#field.as_deref()),
        Some(inside) => {
            let inside = ident(inside);
            quote!(described.#field.as_ref().and_then(|inside| inside.#inside.as_deref()))
        }
    }
}

/// An iterator over URLs, each with its length.
fn found(urls: &Read, duration: Option<&str>) -> TokenStream {
    let field = ident(&urls.field);
    let Some(inside) = &urls.inside else {
        return quote!(described.#field.into_iter().map(|url| (url, None)));
    };
    let inside = ident(inside);
    match duration {
        Some(duration) => {
            let duration = ident(duration);
            quote! {
                described.#field.into_iter().filter_map(|item| Some((item.#inside?, item.#duration)))
            }
        }
        None if urls.list => quote! {
            described.#field.into_iter().flat_map(|item| item.#inside).map(|url| (url, None))
        },
        None => quote! {
            described.#field.into_iter().filter_map(|item| Some((item.#inside?, None)))
        },
    }
}
