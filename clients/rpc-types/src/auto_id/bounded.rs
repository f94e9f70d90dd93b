//! Lists and texts with a largest length, checked before anything is made of them.

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, SeqAccess, Visitor},
};
use std::{fmt, marker::PhantomData};

/// At most `MAX` items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct BoundedList<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> Default for BoundedList<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// More items than may travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// Items that may travel.
    pub max: usize,
}

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of more than {}, which is the most", self.max)
    }
}

impl std::error::Error for TooMany {}

impl<T, const MAX: usize> BoundedList<T, MAX> {
    /// The items.
    pub fn into_inner(self) -> Vec<T> {
        self.0
    }

    /// The items, to look at.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

impl<T, const MAX: usize> TryFrom<Vec<T>> for BoundedList<T, MAX> {
    type Error = TooMany;

    fn try_from(items: Vec<T>) -> Result<Self, TooMany> {
        if items.len() <= MAX {
            Ok(Self(items))
        } else {
            Err(TooMany { max: MAX })
        }
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for BoundedList<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}

/// Stops reading at the first item too many.
struct ListVisitor<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for ListVisitor<T, MAX> {
    type Value = BoundedList<T, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MAX}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            if items.len() >= MAX {
                return Err(A::Error::custom(TooMany { max: MAX }));
            }
            items.push(item);
        }
        Ok(BoundedList(items))
    }
}

/// A text of at most `MAX` bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct BoundedText<const MAX: usize>(String);

/// A text longer than may travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextTooLong {
    /// Bytes that may travel.
    pub max: usize,
    /// Bytes that there are.
    pub actual: usize,
}

impl fmt::Display for TextTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { max, actual } = self;
        write!(f, "a text of {actual} bytes: at most {max} are read")
    }
}

impl std::error::Error for TextTooLong {}

impl<const MAX: usize> BoundedText<MAX> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<String> for BoundedText<MAX> {
    type Error = TextTooLong;

    fn try_from(text: String) -> Result<Self, TextTooLong> {
        if text.len() <= MAX {
            Ok(Self(text))
        } else {
            Err(TextTooLong {
                max: MAX,
                actual: text.len(),
            })
        }
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for BoundedText<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .try_into()
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_bounded() {
        type Two = BoundedList<u8, 2>;
        let two: Two = serde_json::from_str("[1,2]").unwrap();
        assert_eq!(serde_json::to_string(&two).unwrap(), "[1,2]");
        assert_eq!(two.into_inner(), [1, 2]);
        assert!(serde_json::from_str::<Two>("[1,2,3]").is_err());
        assert_eq!(Two::try_from(vec![0; 3]), Err(TooMany { max: 2 }));
    }

    #[test]
    fn texts_are_bounded() {
        type Two = BoundedText<2>;
        let two: Two = serde_json::from_str(r#""ab""#).unwrap();
        assert_eq!(two.as_str(), "ab");
        assert_eq!(serde_json::to_string(&two).unwrap(), r#""ab""#);
        let error = serde_json::from_str::<Two>(r#""abc""#).unwrap_err();
        assert!(error.to_string().contains("at most 2"), "{error}");
    }
}
