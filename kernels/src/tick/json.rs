//! JSON as exchanges write it: one value from a line, numbers as their text.

/// A value; numbers and strings keep their bytes, so that decimals stay exact.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(Vec<u8>),
    Text(Vec<u8>),
    List(Vec<Json>),
    Object(Vec<(Vec<u8>, Json)>),
}

/// Deeper nesting is no message of an exchange, and would take the stack.
const DEEPEST: usize = 16;

impl Json {
    /// Reads one value with blanks around it; `None` for everything else.
    pub fn parse(text: &[u8]) -> Option<Json> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(0)?;
        reader.blanks();
        (reader.at == text.len()).then_some(value)
    }

    /// The value of a key; of a repeated one the last.
    pub fn get(&self, key: &str) -> Option<&Json> {
        let Json::Object(pairs) = self else { return None };
        pairs.iter().rev().find(|(name, _)| name == key.as_bytes()).map(|(_, value)| value)
    }

    /// The value of the first of these keys that is there.
    pub fn any(&self, keys: &[&str]) -> Option<&Json> {
        keys.iter().find_map(|key| self.get(key))
    }

    pub fn list(&self) -> Option<&[Json]> {
        if let Json::List(values) = self { Some(values) } else { None }
    }

    /// The text of a number, of a string, of a truth; empty for the rest.
    pub fn text(&self) -> &[u8] {
        match self {
            Json::Number(text) | Json::Text(text) => text,
            Json::Bool(true) => b"true",
            Json::Bool(false) => b"false",
            _ => b"",
        }
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        self.blanks();
        (self.text.get(self.at) == Some(&byte)).then(|| self.at += 1)
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        self.blanks();
        match *self.text.get(self.at)? {
            _ if depth > DEEPEST => None,
            b'{' => self.object(depth),
            b'[' => self.list(depth),
            b'"' => self.string().map(Json::Text),
            b't' => self.word(b"true", Json::Bool(true)),
            b'f' => self.word(b"false", Json::Bool(false)),
            b'n' => self.word(b"null", Json::Null),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &[u8], value: Json) -> Option<Json> {
        self.text[self.at..].starts_with(word).then(|| {
            self.at += word.len();
            value
        })
    }

    fn number(&mut self) -> Option<Json> {
        let rest = &self.text[self.at..];
        let length = rest.iter().position(|c| !b"0123456789+-.eE".contains(c)).unwrap_or(rest.len());
        self.at += length;
        (length > 0).then(|| Json::Number(rest[..length].to_vec()))
    }

    fn list(&mut self, depth: usize) -> Option<Json> {
        self.at += 1;
        let mut values = Vec::new();
        if self.take(b']').is_some() {
            return Some(Json::List(values));
        }
        loop {
            values.push(self.value(depth + 1)?);
            if self.take(b',').is_none() {
                return self.take(b']').map(|()| Json::List(values));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        self.at += 1;
        let mut pairs = Vec::new();
        if self.take(b'}').is_some() {
            return Some(Json::Object(pairs));
        }
        loop {
            self.blanks();
            let key = self.string()?;
            self.take(b':')?;
            pairs.push((key, self.value(depth + 1)?));
            if self.take(b',').is_none() {
                return self.take(b'}').map(|()| Json::Object(pairs));
            }
        }
    }

    /// Escapes stand for one byte; `\uXXXX` is written in UTF-8, halves of a pair as U+FFFD.
    fn string(&mut self) -> Option<Vec<u8>> {
        if self.text.get(self.at) != Some(&b'"') {
            return None;
        }
        self.at += 1;
        let mut out = Vec::new();
        loop {
            let byte = *self.text.get(self.at)?;
            self.at += 1;
            match byte {
                b'"' => return Some(out),
                b'\\' => self.escape(&mut out)?,
                byte => out.push(byte),
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Option<()> {
        let byte = *self.text.get(self.at)?;
        self.at += 1;
        match byte {
            b'"' | b'\\' | b'/' => out.push(byte),
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'u' => {
                let hex = std::str::from_utf8(self.text.get(self.at..self.at + 4)?).ok()?;
                let code = u32::from_str_radix(hex, 16).ok()?;
                self.at += 4;
                let letter = char::from_u32(code).unwrap_or('\u{fffd}');
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read() {
        let text = br#" {"ts":"17","a":[[1.50,"2",0]],"b":[],"n":null,"t":true,"q":"a\"\u0041\n"} "#;
        let json = Json::parse(text).unwrap();
        assert_eq!(json.get("ts").unwrap().text(), b"17");
        let level = &json.get("a").unwrap().list().unwrap()[0];
        assert_eq!(level.list().unwrap()[0], Json::Number(b"1.50".to_vec()));
        assert_eq!(json.any(&["x", "t"]).unwrap().text(), b"true");
        assert_eq!(json.get("q").unwrap().text(), b"a\"A\n");
        assert_eq!(json.get("n"), Some(&Json::Null));
    }

    #[test]
    fn what_is_no_json_is_none() {
        for text in [
            "",
            "{",
            "[1,",
            "[1 2]",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "\"abc",
            "\"\\x\"",
            "\"\\u00g0\"",
            "tru",
            "[1]]",
            "[,]",
            "{\"a\":1,}",
        ] {
            assert_eq!(Json::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Json::parse("[".repeat(100_000).as_bytes()), None);
        assert!(Json::parse(("[".repeat(16) + &"]".repeat(16)).as_bytes()).is_some());
    }

    #[test]
    fn byte_soup_never_traps() {
        let mut random = crate::tick::random::Random(9);
        for _ in 0..5000 {
            let mut bytes = br#"{"a":[[1.5,"2"],{"p":-1e5}],"b":"\u0041\\","c":null}"#.to_vec();
            for _ in 0..1 + random.below(4) {
                let at = random.below(bytes.len() as u64) as usize;
                bytes[at] = b"{}[]\",:\\u0tfn-\xff"[random.below(15) as usize];
            }
            Json::parse(&bytes);
        }
    }
}
