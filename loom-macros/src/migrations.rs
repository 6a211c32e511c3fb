//! The steps that bring a stored state to the version of the code.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, ExprPath, LitInt, Result, Token, parenthesized};

/// What `migrate(1 => path, 2 => path)` says.
pub(crate) struct Migrations {
    span: Span,
    steps: Vec<Step>,
}

struct Step {
    from: u32,
    literal: LitInt,
    path: ExprPath,
}

/// The version of the state, and a step from each older one.
pub(crate) struct Versions {
    pub(crate) current: u32,
    steps: Vec<Step>,
}

impl Migrations {
    /// Parses what follows the word `migrate`.
    pub(crate) fn parse(span: Span, input: ParseStream<'_>) -> Result<Self> {
        if !input.peek(syn::token::Paren) {
            return Err(Error::new(span, "write the migrations as `migrate(1 => Self::step)`"));
        }
        let content;
        parenthesized!(content in input);
        let steps = Punctuated::<Step, Token![,]>::parse_terminated(&content)?;
        Ok(Self { span, steps: steps.into_iter().collect() })
    }
}

impl Parse for Step {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let literal: LitInt = input.parse()?;
        input.parse::<Token![=>]>()?;
        Ok(Self { from: literal.base10_parse()?, literal, path: input.parse()? })
    }
}

impl Versions {
    /// Checks that the steps lead from every older version to the code's own.
    pub(crate) fn new(version: Option<&LitInt>, migrations: Option<Migrations>) -> Result<Self> {
        let current = version.map_or(Ok(1), LitInt::base10_parse)?;
        if let (0, Some(literal)) = (current, version) {
            return Err(Error::new(literal.span(), "versions of a state begin with 1"));
        }
        let span = version.map_or_else(Span::call_site, Spanned::span);
        let (span, mut steps) =
            migrations.map_or((span, Vec::new()), |given| (given.span, given.steps));
        steps.sort_by_key(|step| step.from);

        for step in &steps {
            if step.from == 0 || step.from >= current {
                let why = format!(
                    "nothing migrates from version {}: the state is of version {current}; \
                     `version` says what the last migration leads to",
                    step.from
                );
                return Err(Error::new(step.literal.span(), why));
            }
        }
        for pair in steps.windows(2) {
            if pair[0].from == pair[1].from {
                let why = format!("a second migration from version {}", pair[1].from);
                return Err(Error::new(pair[1].literal.span(), why));
            }
        }
        if let Some(hole) = (1..current).find(|from| steps.iter().all(|step| step.from != *from)) {
            let why = format!(
                "no migration from version {hole} to {}: states of that version may be stored; \
                 add `migrate({hole} => Self::a_function)`",
                hole + 1
            );
            return Err(Error::new(span, why));
        }
        Ok(Self { current, steps })
    }

    /// `Actor::migrate`, if there is anything to migrate.
    pub(crate) fn method(&self, runtime: &TokenStream) -> TokenStream {
        if self.steps.is_empty() {
            return TokenStream::new();
        }
        let arms = self.steps.iter().map(|Step { from, path, .. }| {
            quote_spanned! {path.span()=> #from => #path, }
        });
        quote_spanned! {Span::call_site()=>
            fn migrate(
                from: u32,
                state: #runtime::typed::Value,
            ) -> ::std::result::Result<#runtime::typed::Value, ::std::string::String> {
                let step: #runtime::typed::Migration = match from {
                    #(#arms)*
                    _ => return #runtime::typed::no_migration(from),
                };
                step(state)
            }
        }
    }
}
