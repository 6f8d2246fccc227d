//! Templates of the constants with the names of models and versions.

use proc_macro2::TokenStream;
use quote::quote;

use super::common::ident;
use crate::lower::{ModelNames, NamedModel};

pub(super) fn emit(tables: &[ModelNames]) -> Vec<TokenStream> {
    tables.iter().map(table).collect()
}

fn table(table: &ModelNames) -> TokenStream {
    let module = ident(&table.module);
    let doc = format!(" Names in the capability table `{}`.", table.module);
    let models = table.models.iter().map(model);
    quote! {
        #[doc = #doc]
        pub mod #module {
            #(#models)*
        }
    }
}

fn model(model: &NamedModel) -> TokenStream {
    let constant = ident(&model.constant);
    let name = &model.name;
    let doc = format!(" The model `{name}`.");
    let versions = (!model.versions.is_empty()).then(|| versions(model));
    quote! {
        #[doc = #doc]
        pub const #constant: &str = #name;
        #versions
    }
}

fn versions(model: &NamedModel) -> TokenStream {
    let module = ident(&model.module);
    let doc = format!(" Versions of the model `{}`.", model.name);
    let versions = model.versions.iter().map(|(constant, name)| {
        let constant = ident(constant);
        let doc = format!(" Version `{name}`.");
        quote! {
            #[doc = #doc]
            pub const #constant: &str = #name;
        }
    });
    quote! {
        #[doc = #doc]
        pub mod #module {
            #(#versions)*
        }
    }
}
