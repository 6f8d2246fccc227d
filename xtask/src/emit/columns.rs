//! The columns of the capability tables and the row that has a field for each.

use proc_macro2::TokenStream;
use quote::quote;

use super::common::{docs, ident};
use crate::{lower::Column, model::ColumnType};

pub(super) fn emit(columns: &[Column]) -> Vec<TokenStream> {
    vec![
        column(columns),
        column_methods(columns),
        row(columns),
        row_methods(columns),
    ]
}

fn column(columns: &[Column]) -> TokenStream {
    let variants = columns.iter().map(|column| {
        let name = ident(&column.variant);
        let doc = docs(&column.doc);
        quote!(#doc #name,)
    });
    quote! {
        /// A column of the capability tables: a fact that a table can state about a model.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Column {
            #(#variants)*
        }
    }
}

fn column_methods(columns: &[Column]) -> TokenStream {
    let variants: Vec<_> = columns
        .iter()
        .map(|column| ident(&column.variant))
        .collect();
    let keys = columns.iter().map(|column| &column.key);
    quote! {
        impl Column {
            /// Every column, in the order of the tables.
            pub const ALL: &'static [Self] = &[#(Self::#variants),*];

            /// Returns the key of the column in a serialized row, such as `first_frame`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    #(Self::#variants => #keys,)*
                }
            }
        }
    }
}

fn row(columns: &[Column]) -> TokenStream {
    let fields = columns.iter().map(|column| {
        let name = ident(&column.field);
        let ty = rust(column.ty);
        quote! {
            #[serde(skip_serializing_if = "Option::is_none")]
            pub(crate) #name: Option<#ty>,
        }
    });
    quote! {
        /// The facts about one version of a model.
        ///
        /// Serializes as an object with a member for each fact that a document states.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
        #[non_exhaustive]
        pub struct Row {
            /// Name of the family.
            pub family: &'static str,
            /// Name of the model.
            pub model: &'static str,
            /// Name of the version; `None` if no document names one.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub version: Option<&'static str>,
            /// Day of its release on each site.
            #[serde(serialize_with = "by_site", skip_serializing_if = "<[Day]>::is_empty")]
            pub since: &'static [Day],
            /// Day of its withdrawal on each site.
            #[serde(serialize_with = "by_site", skip_serializing_if = "<[Day]>::is_empty")]
            pub until: &'static [Day],
            /// Source of its facts.
            pub source: &'static str,
            /// Sources of single facts, where they differ.
            #[serde(skip)]
            pub(crate) sources: &'static [(Column, &'static str)],
            /// Columns whose breach is only a warning.
            #[serde(skip)]
            pub(crate) warn_only: &'static [Column],
            /// The rows of sites that have facts of their own.
            #[serde(skip)]
            pub(crate) by_site: &'static [(Site, &'static Row)],
            #(#fields)*
        }
    }
}

fn row_methods(columns: &[Column]) -> TokenStream {
    let fields: Vec<_> = columns.iter().map(|column| ident(&column.field)).collect();
    let variants = columns.iter().map(|column| ident(&column.variant));
    let accessors = columns.iter().map(accessor);
    quote! {
        impl Row {
            pub(crate) const fn new(
                family: &'static str,
                model: &'static str,
                version: Option<&'static str>,
                source: &'static str,
            ) -> Self {
                Self {
                    family,
                    model,
                    version,
                    source,
                    since: &[],
                    until: &[],
                    sources: &[],
                    warn_only: &[],
                    by_site: &[],
                    #(#fields: None,)*
                }
            }

            /// Returns whether any document states the fact of a column.
            #[must_use]
            pub const fn states(&self, column: Column) -> bool {
                match column {
                    #(Column::#variants => self.#fields.is_some(),)*
                }
            }

            #(#accessors)*
        }
    }
}

fn accessor(column: &Column) -> TokenStream {
    let name = ident(&column.field);
    let doc = docs(&column.accessor_doc);
    let ty = rust(column.ty);
    quote! {
        #doc
        #[must_use]
        pub const fn #name(&self) -> Option<#ty> {
            self.#name
        }
    }
}

fn rust(ty: ColumnType) -> TokenStream {
    match ty {
        ColumnType::Flag => quote!(bool),
        ColumnType::Text => quote!(&'static str),
        ColumnType::Number => quote!(i64),
        ColumnType::Texts => quote!(&'static [&'static str]),
        ColumnType::Numbers => quote!(&'static [i64]),
        ColumnType::Modes => quote!(&'static [Mode]),
        ColumnType::Durations => quote!(Durations),
        ColumnType::Group(group) => {
            let name = ident(group.rust);
            quote!(#name)
        }
    }
}
