//! Formulas: their operators, text, programs and evaluation over columns.
