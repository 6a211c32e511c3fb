//! What a selector looks at, so that nothing else is handed to it.

use std::collections::BTreeMap;

use jmespath::ast::Ast;

/// The parts of a value at which a selector looks.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Wants {
    /// All of it.
    pub(crate) all: bool,
    pub(crate) fields: BTreeMap<String, Wants>,
    pub(crate) items: BTreeMap<usize, Wants>,
}

#[derive(Clone)]
enum Step {
    Field(String),
    Item(usize),
}

impl Wants {
    pub(super) fn of(ast: &Ast) -> Self {
        let mut wants = Self::default();
        wants.walk(ast, &[]);
        wants
    }

    fn at(&mut self, path: &[Step]) -> &mut Self {
        path.iter().fold(self, |wants, step| match step {
            Step::Field(name) => wants.fields.entry(name.clone()).or_default(),
            Step::Item(index) => wants.items.entry(*index).or_default(),
        })
    }

    /// Notes what `ast` looks at when the current node is the one at `base`.
    fn walk(&mut self, ast: &Ast, base: &[Step]) {
        if let Some(path) = path(ast) {
            self.at(&[base, &path].concat()).all = true;
            return;
        }
        match ast {
            Ast::Subexpr { lhs, rhs, .. } => match path(lhs) {
                Some(path) => self.walk(rhs, &[base, &path].concat()),
                None => self.walk(lhs, base),
            },
            // What stands behind a projection looks at its elements, all of which are there.
            Ast::Projection { lhs, .. } => self.walk(lhs, base),
            Ast::Index { .. } | Ast::Slice { .. } => self.at(base).all = true,
            Ast::Expref { .. } => {}
            _ => {
                self.at(base);
                for part in super::parts(ast) {
                    self.walk(part, base);
                }
            }
        }
    }
}

/// The way to one part, if nothing else is in the expression.
fn path(ast: &Ast) -> Option<Vec<Step>> {
    match ast {
        Ast::Identity { .. } => Some(Vec::new()),
        Ast::Field { name, .. } => Some(vec![Step::Field(name.clone())]),
        Ast::Index { idx, .. } => Some(vec![Step::Item(usize::try_from(*idx).ok()?)]),
        Ast::Subexpr { lhs, rhs, .. } => Some([path(lhs)?, path(rhs)?].concat()),
        _ => None,
    }
}
