//! CSV bytes to columns.
