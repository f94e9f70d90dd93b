//! Enums whose variants have names: one table each, from which everything else follows.

use core::fmt;

/// Defines an enum of units from one table, so that nothing about a variant stands anywhere else:
///
/// ```
/// allod_x509::named_enum! {
///     /// What it is.
///     pub enum Colour {
///         /// Of blood.
///         Red = 1 => "red",
///         /// Of grass.
///         Green = 4 => "green",
///     }
/// }
/// assert_eq!(Colour::ALL.map(Colour::name), ["red", "green"]);
/// assert_eq!((Colour::Green.number(), Colour::from_number(2)), (4, None));
/// ```
///
/// The name is what JSON and texts have. The number is the byte that stands for it in SCALE; without numbers
/// there is no SCALE. The crate that uses this needs `parity-scale-codec` and `scale-info` then, and a feature
/// `serde`.
#[macro_export]
macro_rules! named_enum {
    (
        $(#[$attribute:meta])*
        pub enum $enum:ident {
            $( $(#[$documentation:meta])* $variant:ident = $number:tt => $name:tt, )+
        }
    ) => {
        $crate::named_enum! {
            @define
            $(#[$attribute])*
            #[derive(
                ::parity_scale_codec::Encode,
                ::parity_scale_codec::Decode,
                ::parity_scale_codec::DecodeWithMemTracking,
                ::parity_scale_codec::MaxEncodedLen,
                ::scale_info::TypeInfo,
            )]
            #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
            pub enum $enum {
                $(
                    $(#[$documentation])*
                    #[codec(index = $number)]
                    #[cfg_attr(feature = "serde", serde(rename = $name))]
                    $variant => $name,
                )+
            }
        }

        impl $enum {
            /// The byte that stands for it in SCALE.
            pub const fn number(self) -> u8 {
                match self {
                    $(Self::$variant => $number,)+
                }
            }

            /// The one with this number.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
    (
        $(#[$attribute:meta])*
        pub enum $enum:ident {
            $( $(#[$documentation:meta])* $variant:ident => $name:tt, )+
        }
    ) => {
        $crate::named_enum! {
            @define
            $(#[$attribute])*
            pub enum $enum {
                $( $(#[$documentation])* $variant => $name, )+
            }
        }
    };
    (
        @define
        $(#[$attribute:meta])*
        pub enum $enum:ident {
            $( $(#[$documentation:meta])* $variant:ident => $name:tt, )+
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $enum {
            $( $(#[$documentation])* $variant, )+
        }

        impl $enum {
            /// Every variant, in the order of the table.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// The name, as JSON and texts have it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        impl ::core::fmt::Display for $enum {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

/// The names of a table's variants: `a, b or c`.
pub(crate) struct OneOf<T: 'static>(pub &'static [T]);

impl<T: fmt::Display> fmt::Display for OneOf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            let is_last = index.saturating_add(1) == self.0.len();
            match (index, is_last) {
                (0, _) => {}
                (_, true) => f.write_str(" or ")?,
                (_, false) => f.write_str(", ")?,
            }
            name.fmt(f)?;
        }
        Ok(())
    }
}
