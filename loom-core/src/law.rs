//! Laws (temporary).
/// Laws.
pub struct Laws<S>(std::marker::PhantomData<fn(S)>);
/// Enforced.
pub enum Enforced { /// a
 Upheld, /// b
 Repaired { /// c
  laws: Vec<&'static str> }, /// d
 Rejected { /// e
  violations: Vec<&'static str> } }
impl<S> Laws<S> {
    /// None.
    #[must_use]
    pub fn none() -> Self { Self(std::marker::PhantomData) }
    /// Empty.
    #[must_use]
    pub fn is_empty(&self) -> bool { true }
    /// Enforce.
    pub fn enforce(&self, _s: &mut S) -> Enforced { Enforced::Upheld }
}
