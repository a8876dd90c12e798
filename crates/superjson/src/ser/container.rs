//! Arrays and objects: their members as they come, put into V8's order at the end.

use std::ops::Range;

use serde::{
    Serialize,
    ser::{
        SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};

use super::{Annotation, Result, SerializeError, Writer};

/// How a container is written.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Form {
    Array,
    Object,
}

/// An array or object that is being written.
pub(super) struct Container<'w, 'o> {
    writer: &'w mut Writer<'o>,
    form: Form,
    /// Set if the container is the field of an enum's variant, `{"Variant":[…]}`: how long the
    /// path was outside.
    variant: Option<usize>,
    length: usize,
    /// The key whose value comes next, of a map.
    key: String,
    /// Where the members and their annotations begin.
    members: usize,
    annotations: usize,
    /// The members whose keys are array indexes, which V8 puts first.
    indexed: Vec<Indexed>,
}

/// A member whose key is an array index, in the text and among the annotations.
struct Indexed {
    index: u32,
    text: Range<usize>,
    annotations: Range<usize>,
}

/// Whether V8 takes a key for an array index: a whole number below 2^32 - 1 in its shortest form.
fn array_index(key: &str) -> Option<u32> {
    let shortest = key == "0" || key.starts_with(|first: char| matches!(first, '1'..='9'));
    let index = key.parse().ok().filter(|_| shortest)?;
    (index < u32::MAX).then_some(index)
}

impl<'w, 'o> Container<'w, 'o> {
    pub(super) fn open(writer: &'w mut Writer<'o>, form: Form) -> Self {
        writer.out.push(match form {
            Form::Array => b'[',
            Form::Object => b'{',
        });
        Self {
            form,
            variant: None,
            length: 0,
            key: String::new(),
            members: writer.out.len(),
            annotations: writer.annotations.len(),
            indexed: Vec::new(),
            writer,
        }
    }

    /// Opens the fields of an enum's variant.
    pub(super) fn open_variant(
        writer: &'w mut Writer<'o>,
        variant: &'static str,
        form: Form,
    ) -> Result<Self> {
        writer.out.push(b'{');
        writer.key(variant)?;
        let outer = writer.descend(variant);
        let mut container = Self::open(writer, form);
        container.variant = Some(outer);
        Ok(container)
    }

    fn separate(&mut self) {
        if self.length > 0 {
            self.writer.out.push(b',');
        }
        self.length += 1;
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        let index = self.length.to_string();
        self.separate();
        self.writer.inside(&index, value)
    }

    pub(super) fn member<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result {
        self.separate();
        let text = self.writer.out.len();
        let annotations = self.writer.annotations.len();
        self.writer.key(key)?;
        self.writer.inside(key, value)?;
        if let Some(index) = array_index(key) {
            self.indexed.push(Indexed {
                index,
                text: text..self.writer.out.len(),
                annotations: annotations..self.writer.annotations.len(),
            });
        }
        Ok(())
    }

    pub(super) fn close(mut self) {
        if !self.is_in_order() {
            self.put_in_order();
        }
        self.order_annotations();
        self.writer.raw(match self.form {
            Form::Array => "]",
            Form::Object => "}",
        });
        if let Some(outer) = self.variant {
            self.writer.ascend(outer);
            self.writer.raw("}");
        }
    }

    /// Whether the indexes come first and ascend already.
    fn is_in_order(&self) -> bool {
        let first_at = self
            .indexed
            .first()
            .map_or(self.members, |first| first.text.start);
        first_at == self.members
            && self.indexed.windows(2).all(|pair| {
                pair[0].index <= pair[1].index && pair[0].text.end + 1 == pair[1].text.start
            })
    }

    /// Moves the members with indexes to the front, and their annotations with them.
    fn put_in_order(&mut self) {
        let mut indexed = std::mem::take(&mut self.indexed);
        let out = &mut *self.writer.out;
        let (mut named, mut at) = (Vec::new(), self.members);
        for member in &indexed {
            // A gap between two indexes is only the comma.
            named.push(at..member.text.start.saturating_sub(1).max(at));
            at = member.text.end + 1;
        }
        named.push(at.min(out.len())..out.len());
        let annotations = self.writer.annotations.split_off(self.annotations);
        let mut annotations: Vec<_> = annotations.into_iter().map(Some).collect();

        indexed.sort_by_key(|member| member.index);
        let texts: Vec<&[u8]> = (indexed.iter().map(|member| &member.text))
            .chain(&named)
            .map(|text| &out[text.clone()])
            .filter(|text| !text.is_empty())
            .collect();
        let ordered = texts.join(&b',');
        out.truncate(self.members);
        out.extend_from_slice(&ordered);

        let mut ordered: Vec<Annotation> = Vec::with_capacity(annotations.len());
        for member in &indexed {
            let range = member.annotations.clone();
            let range = range.start - self.annotations..range.end - self.annotations;
            ordered.extend(annotations[range].iter_mut().filter_map(Option::take));
        }
        ordered.extend(annotations.into_iter().flatten());
        self.writer.annotations.append(&mut ordered);
    }

    /// The annotations of a container are an object by themselves before superjson puts the
    /// container's own key before theirs: there, too, indexes come first (`1` before `0.at`).
    fn order_annotations(&mut self) {
        let below = match (self.writer.depth, self.writer.path.len()) {
            (0, _) => 0,
            (_, length) => length + 1,
        };
        self.writer.annotations[self.annotations..]
            .sort_by_key(|annotation| array_index(&annotation.path[below..]).is_none());
    }
}

impl SerializeSeq for Container<'_, '_> {
    type Ok = ();
    type Error = SerializeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        self.item(value)
    }

    fn end(self) -> Result {
        self.close();
        Ok(())
    }
}

impl SerializeTuple for Container<'_, '_> {
    type Ok = ();
    type Error = SerializeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        self.item(value)
    }

    fn end(self) -> Result {
        self.close();
        Ok(())
    }
}

impl SerializeTupleStruct for Container<'_, '_> {
    type Ok = ();
    type Error = SerializeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        self.item(value)
    }

    fn end(self) -> Result {
        self.close();
        Ok(())
    }
}

impl SerializeTupleVariant for Container<'_, '_> {
    type Ok = ();
    type Error = SerializeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        self.item(value)
    }

    fn end(self) -> Result {
        self.close();
        Ok(())
    }
}

impl SerializeMap for Container<'_, '_> {
    type Ok = ();
    type Error = SerializeError;

    /// A key is written like any value: a text is taken as it is, numbers and truth values become
    /// texts.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result {
        let mut json = Vec::new();
        key.serialize(&mut Writer::new(&mut json))?;
        self.key = match serde_json::from_slice(&json) {
            Ok(serde_json::Value::String(text)) => text,
            Ok(serde_json::Value::Number(_) | serde_json::Value::Bool(_)) => {
                String::from_utf8_lossy(&json).into_owned()
            }
            _ => return Err(SerializeError::KeyIsNoText),
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        let key = std::mem::take(&mut self.key);
        self.member(&key, value)
    }

    fn end(self) -> Result {
        self.close();
        Ok(())
    }
}

impl SerializeStruct for Container<'_, '_> {
    type Ok = ();
    type Error = SerializeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result {
        self.member(key, value)
    }

    fn end(self) -> Result {
        self.close();
        Ok(())
    }
}

impl SerializeStructVariant for Container<'_, '_> {
    type Ok = ();
    type Error = SerializeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result {
        self.member(key, value)
    }

    fn end(self) -> Result {
        self.close();
        Ok(())
    }
}
