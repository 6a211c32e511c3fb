//! From the attribute and the impl to what takes their place.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::spanned::Spanned;
use syn::{Error, Ident, ImplItem, Item, ItemImpl, Result, Type};

use crate::actor_attribute::ActorAttribute;
use crate::actor_impl::actor_impl;
use crate::handler::Handler;
use crate::runtime_path::runtime_path;
use crate::typed_handle::typed_handle;

pub(crate) fn actor(attribute: TokenStream, item: &TokenStream) -> TokenStream {
    let mut item = match read_impl(item) {
        Ok(item) => item,
        Err(error) => {
            let error = error.to_compile_error();
            return quote!(#item #error);
        }
    };
    // Also when the attribute is wrong, so that the marks do not stay behind as further errors.
    let handlers = take_handlers(&mut item);
    let generated = syn::parse2(attribute).and_then(|attribute| {
        let name = actor_name(&item)?;
        Ok(generate(&attribute, name, &item.self_ty, &handlers?))
    });
    let generated = generated.unwrap_or_else(|error| error.to_compile_error());
    quote!(#item #generated)
}

fn read_impl(item: &TokenStream) -> Result<ItemImpl> {
    let why = "`#[actor]` goes on the `impl` block that has the handlers";
    match syn::parse2(item.clone())? {
        Item::Impl(ItemImpl { trait_: Some((path, _)), .. }) => {
            let why = "`#[actor]` goes on the impl of the actor's own functions, not of a trait";
            Err(Error::new_spanned(path, why))
        }
        Item::Impl(block) => Ok(block),
        Item::Struct(found) => Err(Error::new_spanned(found.ident, why)),
        Item::Enum(found) => Err(Error::new_spanned(found.ident, why)),
        other => Err(Error::new_spanned(other, why)),
    }
}

fn take_handlers(item: &mut ItemImpl) -> Result<Vec<Handler>> {
    let mut handlers: Vec<Handler> = Vec::new();
    let mut errors: Option<Error> = None;
    let mut add = |error: Error| match &mut errors {
        Some(first) => first.combine(error),
        none => *none = Some(error),
    };
    for item in &mut item.items {
        let ImplItem::Fn(function) = item else { continue };
        match Handler::take(function) {
            Ok(None) => {}
            Ok(Some(handler)) => {
                let twice = |other: &&Handler| {
                    other.name == handler.name && other.cfgs.is_empty() && handler.cfgs.is_empty()
                };
                match handlers.iter().find(twice) {
                    Some(other) => add(Error::new(
                        handler.name_span,
                        format!("{:?} is already the name of `{}`", handler.name, other.ident),
                    )),
                    None => handlers.push(handler),
                }
            }
            Err(error) => add(error),
        }
    }
    errors.map_or(Ok(handlers), Err)
}

fn actor_name(item: &ItemImpl) -> Result<&Ident> {
    if let Some(param) = item.generics.params.first() {
        let why = "a kind of actor is one type: generic actors are not supported; write a type \
                   without parameters around this one";
        return Err(Error::new(param.span(), why));
    }
    if let Type::Path(path) = &*item.self_ty
        && let Some(last) = path.path.segments.last()
        && path.qself.is_none()
        && path.path.segments.iter().all(|segment| segment.arguments.is_none())
    {
        return Ok(&last.ident);
    }
    let why = "an actor is a type of its own, without parameters: write a struct around this one";
    Err(Error::new_spanned(&item.self_ty, why))
}

fn generate(
    attribute: &ActorAttribute,
    name: &Ident,
    actor: &Type,
    handlers: &[Handler],
) -> TokenStream {
    let runtime = runtime_path(attribute.runtime.as_ref());
    let default = || format_ident!("{name}Ref", span = Span::call_site());
    let handle = attribute.handle.clone().unwrap_or_else(default);
    let path = actor.to_token_stream();
    let code = actor_impl(&runtime, attribute, actor, handlers);
    let handle = typed_handle(&runtime, &handle, name, &path, handlers);
    quote!(#code #handle)
}
