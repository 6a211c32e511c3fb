//! The typed handle: the handlers as an actor's callers see them.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use crate::handler::{Handler, Output, Role};

/// `pub struct WalletRef { ... }` and its methods.
pub(crate) fn typed_handle(
    runtime: &TokenStream,
    name: &Ident,
    actor: &Ident,
    path: &TokenStream,
    handlers: &[Handler],
) -> TokenStream {
    let about = format!("One [`{actor}`], as seen from outside actors.");
    let about_new = format!("The [`{actor}`] with this key.");
    let public = handlers.iter().filter(|handler| handler.role != Role::Timer);
    let methods: TokenStream = public.map(|handler| method(runtime, handler)).collect();
    let methods = with_self(methods, path);
    quote! {
        #[doc = #about]
        ///
        /// Cheap to make and to clone; the actor need not exist.
        #[derive(Clone, Debug)]
        #[allow(dead_code, unreachable_pub)]
        pub struct #name {
            actor: #runtime::ActorRef,
        }

        #[automatically_derived]
        #[allow(
            dead_code,
            private_interfaces,
            unreachable_pub,
            clippy::all,
            clippy::pedantic,
        )]
        impl #name {
            #[doc = #about_new]
            ///
            /// # Errors
            ///
            /// Says why there can be no such key.
            pub fn new(
                host: &#runtime::Host,
                key: impl ::std::convert::AsRef<str>,
            ) -> ::std::result::Result<Self, #runtime::core::InvalidId> {
                let actor = #runtime::typed::actor::<#path>(host, key.as_ref())?;
                ::std::result::Result::Ok(Self { actor })
            }

            /// The same actor, without its type.
            #[must_use]
            pub fn actor(&self) -> &#runtime::ActorRef {
                &self.actor
            }

            #methods
        }
    }
}

fn method(runtime: &TokenStream, handler: &Handler) -> TokenStream {
    let Handler { ident, name, cfgs, arguments, output, .. } = handler;
    let written = arguments.written();
    let (names, types) = (&arguments.names, &arguments.types);
    let docs = if handler.docs.is_empty() {
        let about = format!("Runs `{name}`.");
        quote!(#[doc = #about])
    } else {
        let docs = &handler.docs;
        quote!(#(#docs)*)
    };
    let (value, error, make) = match output {
        Output::Value(ty) => (quote!(#ty), quote!(#runtime::core::Payload), quote!(infallible)),
        Output::Result(ty) => {
            let (value, error) = Output::of_result(ty, runtime);
            (value, error, quote!(fallible))
        }
    };
    let call = quote! {
        #runtime::Call::<#value, #error>::#make(self.actor.request(#name, #written))
    };
    match handler.role {
        Role::Query => quote! {
            #(#cfgs)*
            #docs
            pub async fn #ident(
                &self,
                #(#names: #types),*
            ) -> ::std::result::Result<#value, #runtime::CallError<#error>> {
                #call.await
            }
        },
        Role::Exclusive | Role::Timer => quote! {
            #(#cfgs)*
            #docs
            pub fn #ident(&self, #(#names: #types),*) -> #runtime::Call<#value, #error> {
                #call
            }
        },
    }
}

/// Says the actor's type where the impl says `Self`, which means the handle there.
fn with_self(tokens: TokenStream, actor: &TokenStream) -> TokenStream {
    let replaced = |token: TokenTree| match token {
        TokenTree::Ident(ident) if ident == "Self" => actor.clone(),
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), with_self(group.stream(), actor));
            inner.set_span(group.span());
            inner.into_token_stream()
        }
        other => other.into_token_stream(),
    };
    tokens.into_iter().flat_map(replaced).collect()
}
