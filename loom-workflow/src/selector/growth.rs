//! How much larger than what it looks at the answer of a selector can be.

use jmespath::ast::Ast;

/// A bound of the factor. What is chained multiplies, what stands side by side adds: `[@, @]`
/// twice is four times as much, and thirty times would be more than any memory holds.
pub(super) fn of(ast: &Ast) -> u64 {
    match ast {
        Ast::Subexpr { lhs, rhs, .. } | Ast::Projection { lhs, rhs, .. } => {
            of(lhs).saturating_mul(of(rhs))
        }
        Ast::Condition { then, .. } => of(then),
        Ast::And { lhs, rhs, .. } | Ast::Or { lhs, rhs, .. } => of(lhs).max(of(rhs)),
        Ast::Expref { ast: node, .. }
        | Ast::Flatten { node, .. }
        | Ast::ObjectValues { node, .. } => of(node),
        // `map` and `join` do one argument for each element of the other.
        Ast::Function { name, args, .. } if matches!(name.as_str(), "map" | "join") => {
            args.iter().map(of).fold(1, u64::saturating_mul)
        }
        Ast::Function { args, .. } => sum(args.iter()),
        Ast::MultiList { elements, .. } => sum(elements.iter()),
        Ast::MultiHash { elements, .. } => sum(elements.iter().map(|it| &it.value)),
        Ast::Comparison { .. }
        | Ast::Not { .. }
        | Ast::Identity { .. }
        | Ast::Field { .. }
        | Ast::Index { .. }
        | Ast::Literal { .. }
        | Ast::Slice { .. } => 1,
    }
}

fn sum<'a>(parts: impl Iterator<Item = &'a Ast>) -> u64 {
    parts.map(of).fold(0, u64::saturating_add).max(1)
}
