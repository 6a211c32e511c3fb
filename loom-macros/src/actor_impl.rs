//! The implementation of `Actor`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use crate::actor_attribute::ActorAttribute;
use crate::handler::{Handler, Output, Role};

/// `impl Actor for Wallet { … }`.
pub(crate) fn actor_impl(
    runtime: &TokenStream,
    attribute: &ActorAttribute,
    actor: &Type,
    handlers: &[Handler],
) -> TokenStream {
    let ActorAttribute { kind, versions, laws, .. } = attribute;
    let version = versions.current;
    let migrate = versions.method(runtime);
    let specs = handlers.iter().map(|handler| {
        let Handler { name, cfgs, role, .. } = handler;
        let role = role.variant(runtime);
        quote!(#(#cfgs)* #runtime::HandlerSpec { name: #name, role: #role })
    });
    let is_query = |handler: &&Handler| handler.role == Role::Query;
    let queries = handlers.iter().filter(is_query).map(|query| query_arm(runtime, query));
    let exclusive = handlers.iter().filter(|handler| !is_query(handler));
    let exclusive = exclusive.map(|handler| handle_arm(runtime, handler));
    let laws = laws.iter().map(|path| {
        quote_spanned! {path.span()=>
            fn laws() -> #runtime::core::Laws<Self> {
                #path()
            }
        }
    });
    quote! {
        #[automatically_derived]
        #[allow(deprecated, clippy::all, clippy::pedantic)]
        impl #runtime::Actor for #actor {
            const KIND: &'static str = #kind;
            const VERSION: u32 = #version;

            fn handlers() -> &'static [#runtime::HandlerSpec] {
                &[#(#specs),*]
            }

            fn handle<'a>(
                &'a mut self,
                cx: &'a mut #runtime::Context<'_>,
                method: &'a str,
                args: &'a #runtime::core::Payload,
            ) -> #runtime::typed::Handling<'a> {
                match method {
                    #(#exclusive)*
                    _ => #runtime::typed::at_once(#runtime::typed::no_handler::<Self>(method)),
                }
            }

            fn query(&self, method: &str, args: &#runtime::core::Payload) -> #runtime::core::Outcome {
                match method {
                    #(#queries)*
                    _ => #runtime::typed::no_query::<Self>(method),
                }
            }

            #(#laws)*
            #migrate
        }
    }
}

fn handle_arm(runtime: &TokenStream, handler: &Handler) -> TokenStream {
    let Handler { ident, name, cfgs, arguments, output, .. } = handler;
    let places = arguments.places();
    let (pattern, read) = arguments.read(runtime);
    let ran = quote_spanned! {ident.span()=> Self::#ident(self, cx, #(#places),*).await };
    let outcome = outcome(runtime, output, &ran);
    // The compiler reports a future that is not `Send` where the handler is named.
    let handling = quote_spanned! {ident.span()=>
        ::std::boxed::Box::pin(async move { #outcome })
    };
    quote! {
        #(#cfgs)*
        #name => match #read {
            ::std::result::Result::Ok(#pattern) => #handling,
            ::std::result::Result::Err(outcome) => #runtime::typed::at_once(outcome),
        },
    }
}

fn query_arm(runtime: &TokenStream, handler: &Handler) -> TokenStream {
    let Handler { ident, name, cfgs, arguments, output, .. } = handler;
    let places = arguments.places();
    let (pattern, read) = arguments.read(runtime);
    let ran = quote_spanned! {ident.span()=> Self::#ident(self, #(#places),*) };
    let outcome = outcome(runtime, output, &ran);
    quote! {
        #(#cfgs)*
        #name => match #read {
            ::std::result::Result::Ok(#pattern) => #outcome,
            ::std::result::Result::Err(outcome) => outcome,
        },
    }
}

fn outcome(runtime: &TokenStream, output: &Output, ran: &TokenStream) -> TokenStream {
    match output {
        Output::Value(ty) => quote_spanned! {ty.span()=> #runtime::dispatch::returned(&#ran) },
        Output::Result(ty) => quote_spanned! {ty.span()=> #runtime::dispatch::ended(&#ran) },
    }
}
