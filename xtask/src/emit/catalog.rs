//! Templates of modules and of the lists that look up actions and structs at run time.

use proc_macro2::TokenStream;
use quote::quote;

use super::common::ident;
use crate::lower::{Catalog, Exports, Module};

pub(super) fn emit(catalog: &Catalog) -> Vec<TokenStream> {
    vec![actions(catalog), structs(catalog), visit(catalog)]
}

fn actions(catalog: &Catalog) -> TokenStream {
    let names = catalog.actions.iter().map(|name| ident(name));
    quote! {
        /// Every action, sorted by name.
        pub static ACTIONS: &[&ActionInfo] = &[#(#names::INFO),*];
    }
}

fn structs(catalog: &Catalog) -> TokenStream {
    let names = catalog.structs.iter().map(|name| ident(name));
    quote! {
        /// The shape of every struct, sorted by name.
        pub static STRUCTS: &[&StructInfo] = &[#(#names::SCHEMA),*];
    }
}

fn visit(catalog: &Catalog) -> TokenStream {
    let arms = catalog.actions.iter().map(|wire| {
        let name = ident(wire);
        quote!(#wire => Some(visitor.visit::<#name>()),)
    });
    quote! {
        /// Runs a visitor with the request type of the action with this name.
        ///
        /// Returns `None` if there is no such action.
        pub fn visit_action<V: ActionVisitor>(name: &str, visitor: V) -> Option<V::Output> {
            match name {
                #(#arms)*
                _ => None,
            }
        }
    }
}

pub(super) fn modules(modules: &[Module]) -> Vec<TokenStream> {
    let declared = modules.iter().map(|module| {
        let name = ident(&module.name);
        let visibility = match module.exports {
            Exports::Nothing => quote!(pub(crate)),
            Exports::Public => quote! {
                /// Names of models and versions as constants, a module for each capability table.
                pub
            },
            Exports::Names(_) | Exports::Everything => TokenStream::new(),
        };
        quote!(#visibility mod #name;)
    });
    let given = modules.iter().filter_map(|module| {
        let name = ident(&module.name);
        match &module.exports {
            Exports::Nothing | Exports::Public => None,
            Exports::Everything => Some(quote!(pub use #name::*;)),
            Exports::Names(names) => {
                let names = names.iter().map(|name| ident(name));
                Some(quote!(pub use #name::{#(#names),*};))
            }
        }
    });
    vec![quote!(#(#declared)*), quote!(#(#given)*)]
}
