//! The implementation of `Action` for a request struct.

use proc_macro2::TokenStream;
use quote::quote;

use super::common::{ident, integer, option};
use crate::lower::{Action, Billed};

pub(super) fn emit(action: &Action) -> TokenStream {
    let wire = &action.name;
    let name = ident(&action.name);
    let response = ident(&action.response);
    let version = &action.version;
    let effect = ident(&action.effect);
    let rate_limit = integer(action.rate_limit.into());
    let poll = option(action.poll.as_deref());
    let capabilities = action.capabilities.as_deref().map_or_else(
        || quote!(None),
        |constant| {
            let constant = ident(constant);
            quote!(Some(&#constant))
        },
    );
    let billed = action.billed.as_ref().map(billable_seconds);
    let errors = &action.errors;
    let doc_url = &action.doc_url;
    let described = action.described;
    quote! {
        impl Action for #name {
            type Response = #response;
            const INFO: &'static ActionInfo = &ActionInfo {
                name: #wire,
                version: #version,
                effect: Effect::#effect,
                rate_limit: #rate_limit,
                poll: #poll,
                capabilities: #capabilities,
                errors: &[#(#errors),*],
                doc_url: #doc_url,
                described: #described,
                request: Self::SCHEMA,
                response: #response::SCHEMA,
            };
            #billed
        }
    }
}

fn billable_seconds(billed: &Billed) -> TokenStream {
    let body = match billed {
        Billed::ByModel => quote!(self.capability_query().billable_seconds()),
        Billed::Member {
            field,
            inner,
            default,
        } => {
            let field = ident(field);
            let named = match inner {
                None => quote!(self.#field),
                Some((inner, is_optional)) => {
                    let inner = ident(inner);
                    if *is_optional {
                        quote!(self.#field.as_ref().and_then(|inner| inner.#inner))
                    } else {
                        quote!(self.#field.#inner)
                    }
                }
            };
            let assumed = default.map_or_else(
                || quote!(None),
                |seconds| {
                    let seconds = integer(seconds);
                    quote!(Some(#seconds))
                },
            );
            quote!(billing::seconds(#named, #assumed))
        }
    };
    quote! {
        fn billable_seconds(&self) -> Option<u64> {
            #body
        }
    }
}
