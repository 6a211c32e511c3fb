//! A handler, as far as generated code has to know it.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{
    Attribute, Error, GenericArgument, Ident, ImplItemFn, PathArguments, Result, ReturnType, Type,
    parse_quote,
};

use crate::argument_list::ArgumentList;
use crate::mark::{Mark, What};
use crate::{mark, signature, word};

/// A function of the impl that runs for messages.
pub(crate) struct Handler {
    pub(crate) ident: Ident,
    /// The stored name.
    pub(crate) name: String,
    pub(crate) name_span: Span,
    pub(crate) role: Role,
    pub(crate) arguments: ArgumentList,
    pub(crate) output: Output,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) cfgs: Vec<Attribute>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Role {
    Exclusive,
    Query,
    Timer,
}

/// What a handler gives back.
pub(crate) enum Output {
    Value(Type),
    Result(Type),
}

impl Handler {
    /// Reads a function of the impl, and takes its marks away. `None` if it is no handler.
    pub(crate) fn take(function: &mut ImplItemFn) -> Result<Option<Self>> {
        let mark = mark::take(&mut function.attrs)?;
        let signature = &function.sig;
        let by_itself = signature.asyncness.is_some() && signature.receiver().is_some();
        let (role, name) = match mark {
            Some(Mark { what: What::Query, name }) => (Role::Query, name),
            Some(Mark { what: What::Timer, name }) => (Role::Timer, name),
            Some(Mark { what: What::Handler, name }) => (Role::Exclusive, name),
            None if by_itself => (Role::Exclusive, None),
            Some(Mark { what: What::Private, .. }) | None => return Ok(None),
        };
        let arguments = match role {
            Role::Query => signature::query(signature)?,
            Role::Exclusive | Role::Timer => signature::exclusive(signature)?,
        };
        let ident = signature.ident.clone();
        let (name, name_span) = match name {
            Some(literal) => (literal.value(), literal.span()),
            None => (ident.unraw().to_string(), ident.span()),
        };
        if let Some(rule) = word::broken_rule(&name) {
            let why = format!(
                "the name of a handler is stored in journals, and {name:?} {rule}; \
                 `#[handler(name = \"...\")]` gives a function another name"
            );
            return Err(Error::new(name_span, why));
        }
        let attributes = |of: &str| -> Vec<Attribute> {
            function.attrs.iter().filter(|found| found.path().is_ident(of)).cloned().collect()
        };
        let handler = Self {
            name,
            name_span,
            role,
            arguments: ArgumentList::new(&arguments),
            output: Output::of(&signature.output),
            docs: attributes("doc"),
            cfgs: attributes("cfg"),
            ident,
        };
        handler.check_handle()?;
        // What a handler looks like is for the runtime to say, not for its author.
        function.attrs.push(parse_quote!(
            #[allow(clippy::unused_async, clippy::needless_pass_by_value)]
        ));
        Ok(Some(handler))
    }

    /// Refuses a function that would be on the typed handle twice.
    fn check_handle(&self) -> Result<()> {
        let taken = ["new", "actor"].iter().any(|taken| self.ident == taken);
        if self.role == Role::Timer || !taken {
            return Ok(());
        }
        let why = format!(
            "`{0}` is already a function of the typed handle; call this one something else, and \
             keep the stored name with `#[handler(name = \"{1}\")]`",
            self.ident, self.name
        );
        Err(Error::new(self.ident.span(), why))
    }
}

impl Role {
    pub(crate) fn variant(self, runtime: &TokenStream) -> TokenStream {
        match self {
            Self::Exclusive => quote!(#runtime::HandlerRole::Exclusive),
            Self::Query => quote!(#runtime::HandlerRole::Query),
            Self::Timer => quote!(#runtime::HandlerRole::Timer),
        }
    }
}

impl Output {
    fn of(output: &ReturnType) -> Self {
        match output {
            ReturnType::Default => Self::Value(parse_quote!(())),
            ReturnType::Type(_, ty) if is_result(ty) => Self::Result((**ty).clone()),
            ReturnType::Type(_, ty) => Self::Value((**ty).clone()),
        }
    }

    /// The value and the error of a `Result`.
    pub(crate) fn of_result(ty: &Type, runtime: &TokenStream) -> (TokenStream, TokenStream) {
        if let Type::Path(path) = ty
            && let Some(last) = path.path.segments.last()
            && let PathArguments::AngleBracketed(written) = &last.arguments
            && let [GenericArgument::Type(value), GenericArgument::Type(error)] =
                written.args.iter().collect::<Vec<_>>().as_slice()
        {
            return (quote!(#value), quote!(#error));
        }
        let fallible = quote!(<#ty as #runtime::typed::Fallible>);
        (quote!(#fallible::Value), quote!(#fallible::Error))
    }
}

fn is_result(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "Result")
}
