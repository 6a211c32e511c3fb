//! The settings of `#[actor(…)]`.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, ExprPath, Ident, LitInt, LitStr, Path, Result, Token};

use crate::migrations::{Migrations, Versions};
use crate::word;

/// What `#[actor(…)]` says.
pub(crate) struct ActorAttribute {
    pub(crate) kind: LitStr,
    pub(crate) versions: Versions,
    pub(crate) laws: Option<ExprPath>,
    pub(crate) handle: Option<Ident>,
    pub(crate) runtime: Option<Path>,
}

#[derive(Default)]
struct Given {
    kind: Option<LitStr>,
    version: Option<LitInt>,
    migrations: Option<Migrations>,
    laws: Option<ExprPath>,
    handle: Option<Ident>,
    runtime: Option<Path>,
}

impl Parse for ActorAttribute {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut given = Given::default();
        while !input.is_empty() {
            given.parse_one(input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        given.checked()
    }
}

impl Given {
    fn parse_one(&mut self, input: ParseStream<'_>) -> Result<()> {
        let key = input.call(Ident::parse_any)?;
        match key.to_string().as_str() {
            "kind" => once(&mut self.kind, &key, string(input)?),
            "version" => once(&mut self.version, &key, number(input)?),
            "migrate" => once(&mut self.migrations, &key, Migrations::parse(key.span(), input)?),
            "laws" => once(&mut self.laws, &key, path(input)?),
            "handle" => once(&mut self.handle, &key, path(input)?),
            "crate" => once(&mut self.runtime, &key, path(input)?),
            unknown => {
                let why = format!(
                    "`{unknown}` is no setting of an actor; there are `kind`, `version`, \
                     `migrate`, `laws`, `handle` and `crate`"
                );
                Err(Error::new(key.span(), why))
            }
        }
    }

    fn checked(self) -> Result<ActorAttribute> {
        let Some(kind) = self.kind else {
            let why = "an actor needs a kind, the first part of its id: \
                       write `#[actor(kind = \"wallet\")]`";
            return Err(Error::new(Span::call_site(), why));
        };
        if let Some(rule) = word::broken_rule(&kind.value()) {
            return Err(Error::new(kind.span(), format!("the kind {rule}")));
        }
        let versions = Versions::new(self.version.as_ref(), self.migrations)?;
        Ok(ActorAttribute {
            kind,
            versions,
            laws: self.laws,
            handle: self.handle,
            runtime: self.runtime,
        })
    }
}

fn once<T>(place: &mut Option<T>, key: &Ident, value: T) -> Result<()> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Error::new(key.span(), format!("`{key}` is given twice"))),
    }
}

fn string(input: ParseStream<'_>) -> Result<LitStr> {
    input.parse::<Token![=]>()?;
    let span = input.span();
    input.parse().map_err(|_| Error::new(span, "write the kind in quotes: `kind = \"wallet\"`"))
}

fn number(input: ParseStream<'_>) -> Result<LitInt> {
    input.parse::<Token![=]>()?;
    let span = input.span();
    input.parse().map_err(|_| Error::new(span, "the version is a whole number: `version = 2`"))
}

fn path<T: Parse>(input: ParseStream<'_>) -> Result<T> {
    input.parse::<Token![=]>()?;
    if input.peek(LitStr) {
        return Err(input.error("this is a path: write it without quotes"));
    }
    input.parse()
}
