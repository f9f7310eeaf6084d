//! What JavaScript sees: exports of a few lines that call plain Rust. The only file that knows WASM exists.

use crate::error::Error;
use wasm_bindgen::prelude::*;

/// An error as JavaScript gets it: an `Error` whose `name` is the code and which has a `hint`.
impl From<Error> for JsValue {
    fn from(e: Error) -> JsValue {
        let js = js_sys::Error::new(&e.message);
        js.set_name(e.code.name());
        let _ = js_sys::Reflect::set(&js, &"hint".into(), &e.hint.into());
        js.into()
    }
}
