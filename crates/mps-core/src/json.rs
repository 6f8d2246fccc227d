//! Requests as JSON.
//!
//! Writes the same bytes as `serde_json` with half of its instructions: texts are searched for characters
//! to escape eight bytes at a time. A type that no request has is left to `serde_json`.

use std::fmt;

use serde::{
    Serialize, Serializer,
    ser::{Error as _, Impossible, SerializeMap, SerializeSeq, SerializeStruct},
};

use crate::decimal::Decimal;

#[cfg(test)]
mod tests;

/// Returns a value as JSON, in memory for `capacity` bytes at first.
///
/// # Errors
/// As `serde_json` fails.
pub(crate) fn to_vec(
    value: &impl Serialize,
    capacity: usize,
) -> Result<Vec<u8>, serde_json::Error> {
    let mut json = Vec::with_capacity(capacity);
    if value.serialize(Writer(&mut json)).is_ok() {
        return Ok(json);
    }
    serde_json::to_vec(value)
}

/// Appends JSON to a buffer.
struct Writer<'a>(&'a mut Vec<u8>);

/// A type that only `serde_json` writes.
#[derive(Debug)]
struct Unsupported;

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("left to serde_json")
    }
}

impl std::error::Error for Unsupported {}

impl serde::ser::Error for Unsupported {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

type Written = Result<(), Unsupported>;

impl Writer<'_> {
    /// Leaves a leaf of the value to `serde_json`.
    fn leaf(self, value: &impl Serialize) -> Written {
        serde_json::to_writer(self.0, value).map_err(Unsupported::custom)
    }

    fn text(&mut self, text: &str) -> Written {
        if needs_escapes(text.as_bytes()) {
            return Writer(self.0).leaf(&text);
        }
        self.plain(text);
        Ok(())
    }

    fn plain(&mut self, text: &str) {
        self.0.reserve(text.len() + 2);
        self.0.push(b'"');
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(b'"');
    }
}

/// Returns whether a text contains a control character, a quotation mark or a backslash.
fn needs_escapes(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    let found = words
        .iter()
        .fold(0, |found, word| found | special_bytes(*word));
    let found = found
        | match text.last_chunk::<8>() {
            // Some bytes are looked at twice, which takes less time than one after the other.
            Some(word) if !rest.is_empty() => special_bytes(*word),
            Some(_) => 0,
            None => {
                let mut word = [b' '; 8];
                for (byte, place) in rest.iter().zip(&mut word) {
                    *place = *byte;
                }
                special_bytes(word)
            }
        };
    found != 0
}

/// Returns zero if no byte is special. Compares every byte at once; a borrow between bytes can only add
/// to what is found.
fn special_bytes(word: [u8; 8]) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let word = u64::from_le_bytes(word);
    let (quotation_mark, backslash) = (word ^ (ONES * 0x22), word ^ (ONES * 0x5c));
    let below_space = word.wrapping_sub(ONES * 0x20) & !word;
    let is_quotation_mark = quotation_mark.wrapping_sub(ONES) & !quotation_mark;
    let is_backslash = backslash.wrapping_sub(ONES) & !backslash;
    (below_space | is_quotation_mark | is_backslash) & HIGH
}

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = Unsupported;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Impossible<(), Unsupported>;
    type SerializeTupleStruct = Impossible<(), Unsupported>;
    type SerializeTupleVariant = Impossible<(), Unsupported>;
    type SerializeMap = Members<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Impossible<(), Unsupported>;

    fn serialize_bool(self, value: bool) -> Written {
        self.0
            .extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_i64(self, value: i64) -> Written {
        self.0.extend_from_slice(Decimal::of(value).as_bytes());
        Ok(())
    }

    fn serialize_str(mut self, value: &str) -> Written {
        self.text(value)
    }

    fn serialize_none(self) -> Written {
        self.serialize_unit()
    }

    fn serialize_unit(self) -> Written {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Written {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.serialize_str(variant)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a>, Unsupported> {
        self.0.push(b'[');
        Ok(Items {
            json: self.0,
            is_first: true,
        })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'a>, Unsupported> {
        self.0.push(b'{');
        Ok(Members {
            json: self.0,
            is_first: true,
        })
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Members<'a>, Unsupported> {
        // Numbers and raw values of `serde_json`, which stand for another text than their own.
        if name.starts_with('$') {
            return Err(Unsupported);
        }
        self.serialize_map(None)
    }

    fn serialize_i8(self, value: i8) -> Written {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Written {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Written {
        self.serialize_i64(value.into())
    }

    fn serialize_u8(self, value: u8) -> Written {
        self.serialize_i64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Written {
        self.serialize_i64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Written {
        self.serialize_i64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Written {
        self.leaf(&value)
    }

    fn serialize_f32(self, value: f32) -> Written {
        self.leaf(&value)
    }

    fn serialize_f64(self, value: f64) -> Written {
        self.leaf(&value)
    }

    fn serialize_char(self, value: char) -> Written {
        self.leaf(&value)
    }

    fn serialize_bytes(self, _: &[u8]) -> Written {
        Err(Unsupported)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.serialize_unit()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Written {
        Err(Unsupported)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Unsupported> {
        Err(Unsupported)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Unsupported> {
        Err(Unsupported)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unsupported> {
        Err(Unsupported)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unsupported> {
        Err(Unsupported)
    }
}

/// The items of a list.
struct Items<'a> {
    json: &'a mut Vec<u8>,
    is_first: bool,
}

impl SerializeSeq for Items<'_> {
    type Ok = ();
    type Error = Unsupported;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        if !std::mem::take(&mut self.is_first) {
            self.json.push(b',');
        }
        value.serialize(Writer(self.json))
    }

    fn end(self) -> Written {
        self.json.push(b']');
        Ok(())
    }
}

/// The members of an object.
struct Members<'a> {
    json: &'a mut Vec<u8>,
    is_first: bool,
}

impl Members<'_> {
    fn separate(&mut self) {
        if !std::mem::take(&mut self.is_first) {
            self.json.push(b',');
        }
    }
}

impl SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Unsupported;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.separate();
        let start = self.json.len();
        key.serialize(Writer(self.json))?;
        // Keys that are no texts become texts.
        match self.json.get(start) {
            Some(b'"') => Ok(()),
            _ => Err(Unsupported),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.json.push(b':');
        value.serialize(Writer(self.json))
    }

    fn end(self) -> Written {
        self.json.push(b'}');
        Ok(())
    }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Unsupported;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
        self.separate();
        Writer(self.json).text(name)?;
        self.serialize_value(value)
    }

    fn end(self) -> Written {
        SerializeMap::end(self)
    }
}
