//! Templates of the tables of the service.

use proc_macro2::TokenStream;
use quote::quote;

use super::common::{docs, ident, option};
use crate::lower::{ErrorCode, Service, Site};

pub(super) fn emit(service: &Service) -> Vec<TokenStream> {
    vec![
        name(service),
        version(service),
        site(service),
        site_methods(service),
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

fn site(service: &Service) -> TokenStream {
    let variants = service.sites.iter().enumerate().map(|(nth, site)| {
        let doc = docs(&site.doc);
        let default = (nth == 0).then(|| quote!(#[default]));
        let name = ident(&site.variant);
        quote!(#doc #default #name,)
    });
    quote! {
        /// A cloud that offers the service. Accounts, keys and bills belong to one site, and so may
        /// facts.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Site {
            #(#variants)*
        }
    }
}

fn site_methods(service: &Service) -> TokenStream {
    let variants: Vec<_> = service
        .sites
        .iter()
        .map(|site| ident(&site.variant))
        .collect();
    let names = service.sites.iter().map(|site| &site.name);
    quote! {
        impl Site {
            /// Every site, the default one first.
            pub const ALL: &'static [Self] = &[#(Self::#variants),*];

            /// Returns the name of the site.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    #(Self::#variants => #names,)*
                }
            }
        }
    }
}

fn sites(service: &Service) -> TokenStream {
    let sites = service.sites.iter().map(site_info);
    quote! {
        /// The facts about every site, the default one first.
        pub static SITES: &[SiteInfo] = &[#(#sites),*];
    }
}

fn site_info(site: &Site) -> TokenStream {
    let Site {
        name,
        host,
        root_domain,
        regional_domain,
        ..
    } = site;
    quote!(SiteInfo {
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
