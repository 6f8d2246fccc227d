//! Templates of an open enum and its implementations.

use proc_macro2::TokenStream;
use quote::quote;

use super::common::{docs, ident};
use crate::lower::Enum;

pub(super) fn emit(set: &Enum) -> Vec<TokenStream> {
    let mut items = vec![definition(set), implementation(set)];
    items.extend([
        from_str(set),
        from_string(set),
        display(set),
        serialize(set),
    ]);
    if set.in_request {
        items.push(preflight(set));
    }
    items
}

fn definition(set: &Enum) -> TokenStream {
    let doc = docs(&set.doc);
    let name = ident(&set.name);
    let variants = set.variants.iter().map(|variant| {
        let doc = docs(&variant.doc);
        let name = ident(&variant.name);
        quote!(#doc #name,)
    });
    quote! {
        #doc
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
        #[serde(from = "String")]
        #[non_exhaustive]
        pub enum #name {
            #(#variants)*
            /// A value that this version does not list.
            Unknown(UnknownValue),
        }
    }
}

fn implementation(set: &Enum) -> TokenStream {
    let name = ident(&set.name);
    let values = set.variants.iter().map(|variant| &variant.value);
    let arms = set.variants.iter().map(|variant| {
        let name = ident(&variant.name);
        let value = &variant.value;
        quote!(Self::#name => #value,)
    });
    let phase = set.has_phases.then(|| phase(set));
    quote! {
        impl #name {
            /// The values that this version lists, as they are sent.
            pub const VALUES: &'static [&'static str] = &[#(#values),*];
            /// Returns the value as it is sent.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    #(#arms)*
                    Self::Unknown(value) => value.as_str(),
                }
            }
            #phase
        }
    }
}

fn phase(set: &Enum) -> TokenStream {
    let in_phase = |wanted: &str| {
        let variants = set
            .variants
            .iter()
            .filter(|variant| variant.phase.as_deref() == Some(wanted));
        let names: Vec<_> = variants.map(|variant| ident(&variant.name)).collect();
        let phase = ident(wanted);
        (!names.is_empty()).then(|| quote!(#(Self::#names)|* => TaskPhase::#phase,))
    };
    let arms = ["Succeeded", "Failed"].map(in_phase);
    let pending = set
        .variants
        .iter()
        .filter(|variant| variant.phase.as_deref() == Some("Pending"));
    let pending = pending.map(|variant| ident(&variant.name));
    quote! {
        /// Returns the phase of the task. A value that this version does not list counts as
        /// pending.
        #[must_use]
        pub const fn phase(&self) -> TaskPhase {
            match self {
                #(#arms)*
                #(Self::#pending |)* Self::Unknown(_) => TaskPhase::Pending,
            }
        }
    }
}

fn from_str(set: &Enum) -> TokenStream {
    let name = ident(&set.name);
    let arms = set.variants.iter().map(|variant| {
        let name = ident(&variant.name);
        let value = &variant.value;
        quote!(#value => Self::#name,)
    });
    quote! {
        impl From<&str> for #name {
            fn from(value: &str) -> Self {
                match value {
                    #(#arms)*
                    other => Self::Unknown(UnknownValue::new(other)),
                }
            }
        }
    }
}

fn from_string(set: &Enum) -> TokenStream {
    let name = ident(&set.name);
    quote! {
        impl From<String> for #name {
            fn from(value: String) -> Self {
                Self::from(value.as_str())
            }
        }
    }
}

fn display(set: &Enum) -> TokenStream {
    let name = ident(&set.name);
    quote! {
        impl fmt::Display for #name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    }
}

fn serialize(set: &Enum) -> TokenStream {
    let name = ident(&set.name);
    quote! {
        impl Serialize for #name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    }
}

fn preflight(set: &Enum) -> TokenStream {
    let name = ident(&set.name);
    quote! {
        impl Preflight for #name {
            fn inspect(&self, at: &Path<'_>, report: &mut Report) {
                if let Self::Unknown(value) = self {
                    report.unknown_value(at, value, Self::VALUES);
                }
            }
        }
    }
}
