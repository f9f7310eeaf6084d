//! What a kernel answers instead of a result: a code, a message that names the place, and a hint.

use std::fmt;

/// The error classes of `design.md`, "Errors and exit codes"; the names cross to TypeScript as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// A flag, parameter, formula or configuration value that the user can correct (exit 2).
    Usage,
    /// Input data that cannot be what it should be (exit 3).
    Input,
    /// A limit of this machine or build (exit 5).
    Resource,
    /// A promise of our own that did not hold (exit 1).
    Kernel,
}

impl Code {
    /// The name under which TypeScript knows the class.
    pub fn name(self) -> &'static str {
        match self {
            Code::Usage => "E_USAGE",
            Code::Input => "E_INPUT",
            Code::Resource => "E_RESOURCE",
            Code::Kernel => "E_KERNEL",
        }
    }
}

/// `message` is lower case, `where: expected X, got Y`; `hint` is one imperative sentence or empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub code: Code,
    pub message: String,
    pub hint: String,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Error { code, message: message.into(), hint: String::new() }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }

    pub fn input(message: impl Into<String>) -> Self {
        Self::new(Code::Input, message)
    }

    /// The same error with the sentence that tells the user what to try.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.message)
    }
}

impl std::error::Error for Error {}
