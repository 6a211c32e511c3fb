//! The attributes on functions that `#[actor]` reads and takes away.

use syn::{Attribute, Error, LitStr, Meta, Result};

/// What a function is marked as.
pub(crate) struct Mark {
    pub(crate) what: What,
    /// The stored name, where it is not the function's.
    pub(crate) name: Option<LitStr>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum What {
    Handler,
    Query,
    Timer,
    Private,
}

impl What {
    const ALL: [(&str, Self); 4] = [
        ("handler", Self::Handler),
        ("query", Self::Query),
        ("timer", Self::Timer),
        ("private", Self::Private),
    ];

    fn of(attribute: &Attribute) -> Option<Self> {
        let path = attribute.path();
        Self::ALL.into_iter().find(|(name, _)| path.is_ident(name)).map(|(_, what)| what)
    }
}

/// Takes the marks away from `attributes`, where the compiler would not know them.
pub(crate) fn take(attributes: &mut Vec<Attribute>) -> Result<Option<Mark>> {
    let marks: Vec<_> = attributes.extract_if(.., |found| What::of(found).is_some()).collect();
    let mut marks = marks.into_iter();
    let Some(first) = marks.next() else { return Ok(None) };
    match marks.next() {
        None => read(&first).map(Some),
        Some(second) => {
            let why = "a function is one of `handler`, `query`, `timer` and `private`; \
                       a name goes into its mark: `#[query(name = \"...\")]`";
            Err(Error::new_spanned(second, why))
        }
    }
}

fn read(attribute: &Attribute) -> Result<Mark> {
    let what = What::of(attribute).expect("only marks are taken");
    let mut name = None;
    if !matches!(attribute.meta, Meta::Path(_)) {
        attribute.parse_nested_meta(|meta| {
            if what == What::Private || !meta.path.is_ident("name") {
                return Err(meta.error(if what == What::Private {
                    "a private function has no name for others"
                } else {
                    "only `name = \"...\"` can be said here"
                }));
            }
            name = Some(meta.value()?.parse()?);
            Ok(())
        })?;
    }
    Ok(Mark { what, name })
}
