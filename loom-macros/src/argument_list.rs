//! Arguments as JSON: `null` for none, the value for one, an array for several.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Ident, Pat, PatType, Type};

/// The most elements of a tuple that serde knows.
pub(crate) const ARGUMENTS_MAX: usize = 16;

/// The arguments of a handler.
pub(crate) struct ArgumentList {
    pub(crate) names: Vec<Ident>,
    pub(crate) types: Vec<Type>,
}

impl ArgumentList {
    pub(crate) fn new(arguments: &[&PatType]) -> Self {
        let name = |(at, argument): (usize, &&PatType)| match &*argument.pat {
            Pat::Ident(pattern) => pattern.ident.clone(),
            _ => format_ident!("argument_{}", at + 1),
        };
        Self {
            names: arguments.iter().enumerate().map(name).collect(),
            types: arguments.iter().map(|argument| (*argument.ty).clone()).collect(),
        }
    }

    /// An expression of what is sent.
    pub(crate) fn written(&self) -> TokenStream {
        match self.names.as_slice() {
            [] => quote!(&()),
            [one] => quote!(&#one),
            names => quote!(&(#(#names),*)),
        }
    }

    /// Names for the values within generated code.
    pub(crate) fn places(&self) -> Vec<Ident> {
        (0..self.names.len()).map(|at| format_ident!("__argument_{at}")).collect()
    }

    /// A pattern of the places, and a `Result` of what was sent.
    pub(crate) fn read(&self, runtime: &TokenStream) -> (TokenStream, TokenStream) {
        let places = self.places();
        match self.types.as_slice() {
            [] => (quote!(()), quote!(#runtime::typed::no_arguments(method, args))),
            [one] => {
                let read = quote_spanned! {one.span()=>
                    #runtime::dispatch::arguments::<#one>(method, args)
                };
                (quote!(#(#places)*), read)
            }
            types => {
                let names: Vec<_> =
                    self.names.iter().map(|name| name.unraw().to_string()).collect();
                let names = names.join(", ");
                let read = quote_spanned! {types[0].span()=>
                    #runtime::typed::arguments::<(#(#types),*)>(method, args, #names)
                };
                (quote!((#(#places),*)), read)
            }
        }
    }
}
