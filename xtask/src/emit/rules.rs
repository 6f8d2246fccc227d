//! Templates of the list of rules.

use proc_macro2::TokenStream;
use quote::quote;

use super::common::{docs, ident};
use crate::lower::RuleInfo;

pub(super) fn emit(rules: &[RuleInfo]) -> Vec<TokenStream> {
    let all = rules.iter().map(|rule| {
        let name = ident(&rule.constant);
        let meaning = &rule.meaning;
        quote!(RuleInfo { id: #name, meaning: #meaning })
    });
    let list = quote! {
        /// Every rule that a finding can name, in the order of the documentation.
        pub static RULES: &[RuleInfo] = &[#(#all),*];
    };
    rules.iter().map(constant).chain([list]).collect()
}

fn constant(rule: &RuleInfo) -> TokenStream {
    let name = ident(&rule.constant);
    let id = &rule.id;
    let doc = docs(std::slice::from_ref(&rule.meaning));
    quote! {
        #doc
        pub const #name: &str = #id;
    }
}
