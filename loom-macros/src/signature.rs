//! What the signature of a handler has to be.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Error, FnArg, GenericParam, PatType, ReceiverKind, Result, ReturnType, Signature, Type};

use crate::argument_list::ARGUMENTS_MAX;

/// Checks an exclusive handler or a timer, and gives its arguments.
pub(crate) fn exclusive(signature: &Signature) -> Result<Vec<&PatType>> {
    let name = &signature.ident;
    if signature.asyncness.is_none() {
        let why = format!("`{name}` is a handler, and those are `async fn`");
        return Err(Error::new_spanned(signature.fn_token, why));
    }
    match signature.receiver().map(|receiver| &receiver.kind) {
        Some(ReceiverKind::Reference(_, _, Some(_))) => {}
        Some(ReceiverKind::Reference(_, _, None)) => {
            let why = format!(
                "`{name}` is a handler, and those take `&mut self`; a function that only reads \
                 the state is `#[query] fn {name}(&self)`, and one that is no handler is marked \
                 `#[private]`"
            );
            return Err(Error::new_spanned(signature.receiver(), why));
        }
        Some(_) => {
            let why = format!(
                "`{name}` is a handler, and those take `&mut self`: the actor outlives its turns; \
                 mark a function that is no handler `#[private]`"
            );
            return Err(Error::new_spanned(signature.receiver(), why));
        }
        None => {
            let why = format!("`{name}` is a handler, and those take `&mut self`");
            return Err(Error::new_spanned(name, why));
        }
    }
    let mut inputs = signature.inputs.iter().skip(1);
    let cx = inputs.next();
    if !cx.is_some_and(|input| is_context(input, true)) {
        let why = format!(
            "`{name}` is a handler, and those take `cx: &mut Context<'_>` after `&mut self`; mark \
             a function that is no handler `#[private]`"
        );
        return Err(match cx {
            Some(other) => Error::new_spanned(other, why),
            None => Error::new_spanned(name, why),
        });
    }
    arguments(signature, inputs)
}

/// Checks a query, and gives its arguments.
pub(crate) fn query(signature: &Signature) -> Result<Vec<&PatType>> {
    let name = &signature.ident;
    if let Some(token) = signature.asyncness {
        let why = format!("`{name}` is a query: it reads a state in memory, without `async`");
        return Err(Error::new_spanned(token, why));
    }
    match signature.receiver().map(|receiver| &receiver.kind) {
        Some(ReceiverKind::Reference(_, _, None)) => {}
        Some(_) => {
            let why = format!(
                "`{name}` is a query, and those take `&self`; what changes the state is an \
                 `async fn` without `#[query]`"
            );
            return Err(Error::new_spanned(signature.receiver(), why));
        }
        None => {
            let why = format!("`{name}` is a query, and those take `&self`");
            return Err(Error::new_spanned(name, why));
        }
    }
    let inputs = signature.inputs.iter().skip(1);
    if let Some(cx) = inputs.clone().find(|input| is_context(input, false)) {
        let why = format!(
            "`{name}` is a query, and those have no context: nothing that they ask for would be \
             committed"
        );
        return Err(Error::new_spanned(cx, why));
    }
    arguments(signature, inputs)
}

fn arguments<'a>(
    signature: &'a Signature,
    inputs: impl Iterator<Item = &'a FnArg>,
) -> Result<Vec<&'a PatType>> {
    let name = &signature.ident;
    let generic = |param: &&GenericParam| !matches!(param, GenericParam::Lifetime(_));
    if let Some(param) = signature.generics.params.iter().find(generic) {
        let why =
            format!("`{name}` is a handler: it runs for what is stored, so its types are fixed");
        return Err(Error::new_spanned(param, why));
    }
    let mut arguments = Vec::new();
    for input in inputs {
        let FnArg::Typed(argument) = input else { continue };
        owned(&argument.ty, "arguments are read from JSON: take an owned type, such as `String`")?;
        arguments.push(argument);
    }
    if arguments.len() > ARGUMENTS_MAX {
        let why = format!("a handler has at most {ARGUMENTS_MAX} arguments; put them in a struct");
        return Err(Error::new_spanned(arguments[ARGUMENTS_MAX], why));
    }
    if let ReturnType::Type(_, ty) = &signature.output {
        owned(ty, "the value crosses to the caller as JSON: return an owned type")?;
    }
    Ok(arguments)
}

fn is_context(input: &FnArg, exclusive: bool) -> bool {
    let FnArg::Typed(input) = input else { return false };
    let Type::Reference(reference) = &*input.ty else { return false };
    let Type::Path(path) = &*reference.elem else { return false };
    let named = path.path.segments.last().is_some_and(|last| last.ident == "Context");
    named && (!exclusive || reference.mutability.is_some())
}

fn owned(ty: &Type, why: &str) -> Result<()> {
    if let Type::ImplTrait(_) = ty {
        return Err(Error::new_spanned(ty, "a handler's types are written out, without `impl`"));
    }
    if is_borrowed(ty.to_token_stream()) { Err(Error::new_spanned(ty, why)) } else { Ok(()) }
}

/// Whether a reference or a lifetime is anywhere in a type.
fn is_borrowed(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Punct(punct) => matches!(punct.as_char(), '&' | '\''),
        TokenTree::Group(group) => is_borrowed(group.stream()),
        _ => false,
    })
}
