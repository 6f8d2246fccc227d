//! What makes a request struct an action.

use proc_macro2::TokenStream;
use quote::quote;

use super::common::{ident, integer, option};
use crate::lower::Action;

pub(super) fn emit(action: &Action) -> TokenStream {
    let wire = &action.name;
    let name = ident(&action.name);
    let response = ident(&action.response);
    let version = &action.version;
    let effect = ident(&action.effect);
    let rate_limit = integer(action.rate_limit.into());
    let poll = option(action.poll.as_deref());
    let errors = &action.errors;
    let doc_url = &action.doc_url;
    quote! {
        impl Action for #name {
            type Response = #response;
            const INFO: &'static ActionInfo = &ActionInfo {
                name: #wire,
                version: #version,
                effect: Effect::#effect,
                rate_limit: #rate_limit,
                poll: #poll,
                errors: &[#(#errors),*],
                doc_url: #doc_url,
                request: Self::SCHEMA,
                response: #response::SCHEMA,
            };
        }
    }
}
