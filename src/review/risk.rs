//! One risk, and the kinds of risks.

use std::fmt;

use engine::Address;

/// A kind of risk, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The work of others is destroyed: a deletion or replacement of a guarded type (R12).
    Destroys,
    /// More people can see or use something.
    Opens,
    /// Who may sign in, or who may do what.
    Access,
    /// Callers of an API can fail.
    Breaks,
    /// Something is no longer linked, or not for a while.
    Cuts,
}

impl Kind {
    /// All kinds, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Destroys, Self::Opens, Self::Access, Self::Breaks, Self::Cuts];

    /// The heading of the risks of this kind.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Self::Destroys => "Destroys what other people work with",
            Self::Opens => "Becomes public",
            Self::Access => "Changes who may sign in, or who may do what",
            Self::Breaks => "Breaks the callers of APIs",
            Self::Cuts => "Cuts links",
        }
    }

    /// The word for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Destroys => "destroys",
            Self::Opens => "opens",
            Self::Access => "access",
            Self::Breaks => "breaks",
            Self::Cuts => "cuts",
        }
    }
}

/// A change that a reviewer must see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// Its kind.
    pub kind: Kind,
    /// The resource.
    pub address: Address,
    /// The effects of the change.
    pub effects: Vec<Effect>,
}

/// An effect of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// A sentence of koctl, without its end. Empty if the values say it.
    pub text: &'static str,
    /// The values that it is about, which come from others. Empty if there are none.
    pub values: String,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.text, self.values.as_str()) {
            (text, "") => f.write_str(text),
            ("", values) => f.write_str(values),
            (text, values) => write!(f, "{text} ({values})"),
        }
    }
}
