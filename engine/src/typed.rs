//! Attribute names that the compiler checks.
//!
//! [`schema!`](crate::schema!) makes the schema of a type and a constant for each of its attributes from one list. A
//! [`Desired`](crate::Desired) of that type takes only those constants, so that an attribute that the schema does not
//! have does not compile.

use std::fmt;
use std::marker::PhantomData;

use crate::Schema;

/// A resource type that is known at compile time.
pub trait Typed: 'static {
    /// Its schema.
    const SCHEMA: &'static Schema;
}

/// The type is only known at run time, and the names of its attributes are texts.
#[derive(Debug, Clone, Copy)]
pub struct Untyped;

/// The name of an attribute of the type `T`. Only [`schema!`](crate::schema!) makes one.
pub struct AttributeName<T> {
    text: &'static str,
    of_type: PhantomData<fn() -> T>,
}

impl<T> AttributeName<T> {
    #[doc(hidden)]
    #[must_use]
    pub const fn declared(text: &'static str) -> Self {
        Self { text, of_type: PhantomData }
    }

    /// The name as the API has it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        self.text
    }
}

impl<T> Clone for AttributeName<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for AttributeName<T> {}

impl<T> fmt::Debug for AttributeName<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

/// A name of an attribute of the type `T`: a text only if the type is not known at compile time.
pub trait NameOf<T> {
    /// The name as the API has it.
    fn text(&self) -> &str;
}

impl<T> NameOf<T> for AttributeName<T> {
    fn text(&self) -> &str {
        self.text
    }
}

impl<S: AsRef<str> + ?Sized> NameOf<Untyped> for &S {
    fn text(&self) -> &str {
        (*self).as_ref()
    }
}

/// Declares a resource type: a marker for the compiler, the `SCHEMA`, and a constant for the name of each attribute.
///
/// ```
/// engine::schema! {
///     /// A lamp.
///     Lamp = "lamp" {
///         /// Where it stands.
///         ROOM: Attribute::plain("room"),
///         COLOUR: Attribute::plain("colour").nullable(),
///     }
///     natural_key: &[ROOM.text()],
///     ..engine::Schema::PLAIN
/// }
///
/// let lamp = engine::Desired::<Lamp>::of("home", "reading").with(ROOM, "study").with(COLOUR, "warm");
/// assert_eq!(lamp.address.as_str(), "home/lamp/reading");
/// ```
///
/// An attribute of another type, or one that the schema does not have, does not compile:
///
/// ```compile_fail
/// # engine::schema! {
/// #     /// A lamp.
/// #     Lamp = "lamp" { ROOM: Attribute::plain("room") }
/// #     ..engine::Schema::PLAIN
/// # }
/// engine::Desired::<Lamp>::of("home", "reading").with("roon", "study");
/// ```
///
/// Neither does a natural key of anything else:
///
/// ```compile_fail
/// engine::schema! {
///     /// A lamp.
///     Lamp = "lamp" { ROOM: Attribute::plain("room") }
///     natural_key: &["roon"],
///     ..engine::Schema::PLAIN
/// }
/// ```
#[macro_export]
macro_rules! schema {
    (
        $(#[$doc:meta])*
        $marker:ident = $type_name:literal {
            $($(#[$about:meta])* $name:ident: Attribute::$kind:ident($text:literal) $(.$with:ident($($argument:expr)?))*),* $(,)?
        }
        $($rest:tt)*
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $marker;

        impl $crate::typed::Typed for $marker {
            const SCHEMA: &'static $crate::Schema = &SCHEMA;
        }

        $(
            #[doc = concat!("`", $text, "`.")]
            $(#[$about])*
            // Attributes that only the server sets are never named.
            #[allow(dead_code)]
            pub const $name: $crate::typed::AttributeName<$marker> = $crate::typed::AttributeName::declared($text);
        )*

        /// Everything that the engine knows of the type.
        pub static SCHEMA: $crate::Schema = $crate::Schema {
            type_name: $type_name,
            attributes: &[$($crate::Attribute::$kind($text)$(.$with($($argument)?))*),*],
            $($rest)*
        };

        const _: () = SCHEMA.check();
    };
}
