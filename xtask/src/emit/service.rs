//! Templates of the tables of the service.

use proc_macro2::TokenStream;
use quote::quote;

use super::common::{docs, ident, option};
use crate::lower::{ErrorCode, Service};

pub(super) fn emit(service: &Service) -> Vec<TokenStream> {
    vec![
        name(service),
        version(service),
        sites(service),
        regions(service),
        errors(service),
    ]
}

fn name(service: &Service) -> TokenStream {
    let name = &service.name;
    quote! {
        /// Name of the service, in hosts and in signatures.
        pub const NAME: &str = #name;
    }
}

fn version(service: &Service) -> TokenStream {
    let version = &service.version;
    quote! {
        /// Version of the API.
        pub const VERSION: &str = #version;
    }
}

fn sites(service: &Service) -> TokenStream {
    let sites = service.sites.iter().map(site);
    quote! {
        /// The clouds that offer the service; the first one is the default.
        pub static SITES: &[Site] = &[#(#sites),*];
    }
}

fn site([name, host, root_domain, regional_domain]: &[String; 4]) -> TokenStream {
    quote!(Site {
        name: #name,
        host: #host,
        root_domain: #root_domain,
        regional_domain: #regional_domain,
    })
}

fn regions(service: &Service) -> TokenStream {
    let names = &service.regions;
    let doc = docs(&service.regions_doc);
    quote! {
        #doc
        pub static REGIONS: &[&str] = &[#(#names),*];
    }
}

fn errors(service: &Service) -> TokenStream {
    let errors = service.errors.iter().map(error);
    quote! {
        /// The error codes with their meaning, sorted by code.
        pub static ERROR_CODES: &[ErrorCode] = &[#(#errors),*];
    }
}

fn error(error: &ErrorCode) -> TokenStream {
    let ErrorCode {
        code,
        meaning,
        hint,
        ..
    } = error;
    let concurrency_text = option(error.concurrency_text.as_deref());
    let class = ident(&error.class);
    let executed = ident(&error.executed);
    quote!(ErrorCode {
        code: #code,
        class: ErrorClass::#class,
        executed: Executed::#executed,
        meaning: #meaning,
        hint: #hint,
        concurrency_text: #concurrency_text,
    })
}
