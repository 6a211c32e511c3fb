//! Where generated code finds the runtime.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Ident, Path};

/// The path of `loom-runtime`, under the name that the user's manifest gives it.
pub(crate) fn runtime_path(given: Option<&Path>) -> TokenStream {
    if let Some(path) = given {
        return quote!(#path);
    }
    match crate_name("loom-runtime") {
        Ok(FoundCrate::Name(name)) => {
            let name = Ident::new(&name, Span::call_site());
            quote!(::#name)
        }
        // The runtime's own tests, examples and documentation see it under its own name. So
        // does whoever reads the compiler's error when it is no dependency.
        Ok(FoundCrate::Itself) | Err(_) => quote!(::loom_runtime),
    }
}
