//! Enums whose variants users name by strings: in an option, on a command line, in a file.

/// Implements `Display` and `FromStr` for an enum without fields, by the names of its variants.
macro_rules! named {
    ($type:ident, $what:literal, [$($variant:ident = $name:literal),+ $(,)?]) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(match self {
                    $(Self::$variant => $name,)+
                })
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::error::Error;

            /// # Errors
            /// `InvalidInput` for a string that is not the name of a variant.
            fn from_str(text: &str) -> $crate::error::Result<Self> {
                match text {
                    $($name => Ok(Self::$variant),)+
                    _ => Err($crate::error::Error::invalid(format!(
                        "{text:?} is not a {}: write {}",
                        $what,
                        [$($name),+].map(|name| format!("{name:?}")).join(" or "),
                    ))),
                }
            }
        }
    };
}
pub(crate) use named;
