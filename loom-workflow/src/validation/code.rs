//! The kinds of findings.

/// Whether a definition is refused for a finding.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// It is refused.
    Error,
    /// It is told to those who ask for everything.
    Lint,
}

macro_rules! codes {
    ($($name:ident: $doc:literal,)*) => {
        /// What kind of thing is wrong.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum FindingCode {
            $(#[doc = $doc] $name,)*
        }

        impl FindingCode {
            /// The name, which does not change.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

codes! {
    NotJson: "The text is no JSON, or is too large or too deep.",
    NotADefinition: "There is no workflow definition in it.",
    Missing: "Something is missing.",
    WrongKind: "A value is of the wrong kind.",
    WrongValue: "A value is none of those that are known.",
    OutOfRange: "A number or a duration is too small or too large.",
    TooMany: "There are more of something than there may be.",
    UnknownActionType: "The type of an action is not known.",
    UnknownTriggerType: "The type of a trigger is not known.",
    UnknownConnector: "Nobody has registered the connector.",
    NotExecutable: "The action is kept and cannot be executed.",
    DuplicateName: "Two actions have the same name.",
    UnknownRunAfter: "An action runs after something that is not beside it.",
    RunAfterCycle: "Actions run after each other in a circle.",
    UnknownStatus: "A status is not known.",
    Syntax: "A string is no expression although it looks like one.",
    UnknownAction: "An expression names an action that does not exist.",
    NotBefore: "An expression names an action that has not run by then.",
    UnknownParameter: "An expression names a parameter that does not exist.",
    UnknownVariable: "An expression or an action names a variable that does not exist.",
    UnknownLoop: "An expression names a loop that is not around it.",
    OutsideLoop: "`item()` stands where there is no element.",
    UnknownFunction: "A function is not known.",
    WrongArgumentCount: "A function takes another number of arguments.",
    VariableInContainer: "A variable is made inside of something.",
    VariableTwice: "A variable is made twice.",
    SelfReference: "A variable is set from itself.",
    WrongVariableKind: "A variable is used as what it is not.",
    ResponseWithoutRequest: "There is a Response and nobody who waits for it.",
    ResponseInLoop: "There is a Response in a loop.",
    TerminateInLoop: "There is a Terminate in a loop.",
    DuplicateCase: "Two cases are for the same value.",
    Contradiction: "Two settings do not go together.",
    BadDuration: "A duration is not in the form of ISO 8601.",
    BadRecurrence: "A recurrence cannot be kept.",
    UnusedVariable: "A variable is made and never asked for.",
    UnusedParameter: "A parameter is never asked for.",
    Unreachable: "An action can never run.",
    IgnoredProperty: "A property means nothing here.",
    SecretInSight: "A secret stands where it is shown.",
}
