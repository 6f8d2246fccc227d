//! Templates of the serialization of a struct and of its deserialization.

use proc_macro2::TokenStream;
use quote::quote;

use super::common::{ident, index};
use crate::lower::{Cardinality, Field, Struct};

pub(super) fn emit(structure: &Struct) -> [TokenStream; 3] {
    [
        serialize(structure),
        deserialize(structure),
        read(structure),
    ]
}

fn serialize(structure: &Struct) -> TokenStream {
    let name = ident(&structure.name);
    let members = structure.fields.iter().map(|field| {
        let (wire, name) = (&field.wire, ident(&field.name));
        match field.cardinality {
            Cardinality::Plain => quote!(object.plain(#wire, &self.#name)?;),
            Cardinality::Optional => quote!(object.optional(#wire, self.#name.as_ref())?;),
            Cardinality::List => quote!(object.list(#wire, &self.#name)?;),
        }
    });
    let object = if structure.fields.is_empty() {
        quote!(object)
    } else {
        quote!(mut object)
    };
    quote! {
        impl Serialize for #name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let #object = ser::object(serializer)?;
                #(#members)*
                object.end(&self.extra)
            }
        }
    }
}

fn deserialize(structure: &Struct) -> TokenStream {
    let name = ident(&structure.name);
    quote! {
        impl<'de> Deserialize<'de> for #name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                de::object(deserializer)
            }
        }
    }
}

fn read(structure: &Struct) -> TokenStream {
    let name = ident(&structure.name);
    let is_response = !structure.in_request;
    let fields = structure.fields.iter().enumerate();
    let fields: Vec<_> = fields
        .map(|(nth, field)| (index(nth), store(field)))
        .collect();
    let (index, members, body) = match fields.as_slice() {
        [] => (quote!(_), quote!(_), None),
        [(nth, store)] => {
            let only = quote!(if index == #nth { #store; });
            (quote!(index), quote!(members), Some(only))
        }
        fields => {
            let arms = fields.iter().map(|(nth, store)| quote!(#nth => #store,));
            let all = quote!(match index { #(#arms)* _ => {} });
            (quote!(index), quote!(members), Some(all))
        }
    };
    quote! {
        impl de::ReadMembers for #name {
            const INFO: &'static StructInfo = Self::SCHEMA;
            const IS_RESPONSE: bool = #is_response;

            fn read_member<'de, A: MapAccess<'de>>(
                &mut self,
                #index: usize,
                #members: &mut A,
            ) -> Result<(), A::Error> {
                #body
                Ok(())
            }

            fn extra_mut(&mut self) -> &mut Map<String, Value> {
                &mut self.extra
            }
        }
    }
}

/// Returns the assignment of a member's value to its field.
fn store(field: &Field) -> TokenStream {
    let name = ident(&field.name);
    match field.cardinality {
        Cardinality::Plain => quote!(self.#name = de::or_default(members)?),
        Cardinality::Optional => quote!(self.#name = members.next_value()?),
        Cardinality::List => quote!(self.#name = de::list(members)?),
    }
}
