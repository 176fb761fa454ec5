//! Reads a .proto text into messages, enums and services, with the names as they are written.

use super::tokens::{PlacedToken, ProtoToken, proto_tokens, wrong};
use super::{ProtoEnum, ProtoField, ProtoLabel, ProtoMessage, ProtoOneof, ProtoRpc, WrittenType};
use crate::schema::Unusable;

/// Messages in messages deeper than this are not read.
const DEEPEST: usize = 64;

/// A file as it is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProtoFile {
    pub(crate) is_proto3: bool,
    pub(crate) package: String,
    pub(crate) imports: Vec<String>,
    pub(crate) messages: Vec<ProtoMessage>,
    pub(crate) enums: Vec<ProtoEnum>,
    pub(crate) rpcs: Vec<ProtoRpc>,
}

type Parsed<T> = Result<T, Unusable>;

struct ProtoParser {
    tokens: Vec<PlacedToken>,
    at: usize,
    file: ProtoFile,
}

/// Reads a .proto text.
///
/// # Errors
/// It is none; the words say where.
pub(crate) fn parse(text: &str) -> Parsed<ProtoFile> {
    let mut parser = ProtoParser {
        tokens: proto_tokens(text)?,
        at: 0,
        file: ProtoFile::default(),
    };
    while parser.at < parser.tokens.len() {
        parser.top()?;
    }
    Ok(parser.file)
}

impl ProtoParser {
    fn line(&self) -> usize {
        let token = self.tokens.get(self.at).or(self.tokens.last());
        token.map_or(1, |(line, _)| *line)
    }

    fn peek(&self) -> Option<&ProtoToken> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn fail<T>(&self, expected: &str) -> Parsed<T> {
        let found = self
            .peek()
            .map_or_else(|| "the end".to_owned(), ProtoToken::words);
        Err(wrong(
            self.line(),
            &format!("{expected} is expected, and {found} stands there"),
        ))
    }

    fn takes(&mut self, mark: char) -> bool {
        let is_there = self.peek() == Some(&ProtoToken::Mark(mark));
        self.at += usize::from(is_there);
        is_there
    }

    fn mark(&mut self, mark: char) -> Parsed<()> {
        if self.takes(mark) {
            return Ok(());
        }
        self.fail(&mark.to_string())
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(ProtoToken::Word(found)) if found == word)
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is_there = self.is_word(word);
        self.at += usize::from(is_there);
        is_there
    }

    fn word(&mut self) -> Parsed<String> {
        match self.peek() {
            Some(ProtoToken::Word(word)) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => self.fail("a name"),
        }
    }

    /// A name with dots.
    fn path(&mut self) -> Parsed<String> {
        let mut path = if self.takes('.') {
            ".".to_owned()
        } else {
            String::new()
        };
        path.push_str(&self.word()?);
        while self.takes('.') {
            path.push('.');
            path.push_str(&self.word()?);
        }
        Ok(path)
    }

    fn text(&mut self) -> Parsed<String> {
        let mut all = match self.peek() {
            Some(ProtoToken::Text(text)) => text.clone(),
            _ => return self.fail("a text"),
        };
        self.at += 1;
        while let Some(ProtoToken::Text(more)) = self.peek() {
            all.push_str(more);
            self.at += 1;
        }
        Ok(all)
    }

    fn number(&mut self) -> Parsed<i64> {
        let is_negative = self.takes('-');
        let number = match self.peek() {
            Some(ProtoToken::Number(number)) => whole(number),
            Some(ProtoToken::Word(word)) if word == "max" => Some(i64::from(i32::MAX)),
            _ => None,
        };
        let Some(number) = number else {
            return self.fail("a whole number");
        };
        self.at += 1;
        Ok(if is_negative { -number } else { number })
    }

    /// Passes over everything up to the end of a statement, or over a block.
    fn skip_statement(&mut self) -> Parsed<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                None => return self.fail("the end of a statement"),
                Some(ProtoToken::Mark('{' | '[' | '(' | '<')) => depth += 1,
                Some(ProtoToken::Mark('}' | ']' | ')' | '>')) => {
                    depth = match depth.checked_sub(1) {
                        Some(depth) => depth,
                        None => return self.fail("the end of a statement"),
                    };
                    if depth == 0 && self.peek() == Some(&ProtoToken::Mark('}')) {
                        self.at += 1;
                        self.takes(';');
                        return Ok(());
                    }
                }
                Some(ProtoToken::Mark(';')) if depth == 0 => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => {}
            }
            self.at += 1;
        }
    }

    fn top(&mut self) -> Parsed<()> {
        if self.takes(';') {
            return Ok(());
        }
        match self.word()?.as_str() {
            "syntax" => {
                self.mark('=')?;
                let syntax = self.text()?;
                self.file.is_proto3 = syntax == "proto3";
                if !["proto2", "proto3"].contains(&syntax.as_str()) {
                    return Err(wrong(
                        self.line(),
                        "the syntax is neither proto2 nor proto3",
                    ));
                }
                self.mark(';')
            }
            "package" => {
                self.file.package = self.path()?;
                self.mark(';')
            }
            "import" => {
                if !self.takes_word("public") && !self.takes_word("weak") {
                    self.takes_word("option");
                }
                let name = self.text()?;
                self.file.imports.push(name);
                self.mark(';')
            }
            "edition" | "option" | "extend" => self.skip_statement(),
            "message" => {
                let message = self.message(0)?;
                self.file.messages.push(message);
                Ok(())
            }
            "enum" => {
                let found = self.enumeration()?;
                self.file.enums.push(found);
                Ok(())
            }
            "service" => self.service(),
            _ => {
                self.at -= 1;
                self.fail("message, enum, service, import, package or option")
            }
        }
    }

    fn message(&mut self, depth: usize) -> Parsed<ProtoMessage> {
        let name = self.word()?;
        self.body(name, depth)
    }

    fn body(&mut self, name: String, depth: usize) -> Parsed<ProtoMessage> {
        if depth > DEEPEST {
            return Err(wrong(
                self.line(),
                &format!("messages are nested deeper than {DEEPEST}"),
            ));
        }
        let mut message = ProtoMessage {
            name,
            ..ProtoMessage::default()
        };
        self.mark('{')?;
        // The message set of the wire's first days has options in its place; they are passed over.
        while !self.takes('}') {
            self.member(&mut message, depth)?;
        }
        self.takes(';');
        Ok(message)
    }

    /// True if the word is a keyword here, and not the type of a field of that name.
    fn takes_keyword(&mut self, word: &str) -> bool {
        if !self.is_word(word) {
            return false;
        }
        // `message = 1` would lack its type; `message.X y = 1` names one.
        let next = self.tokens.get(self.at + 1).map(|(_, token)| token);
        let is_keyword = !matches!(next, Some(ProtoToken::Mark('.')));
        self.at += usize::from(is_keyword);
        is_keyword
    }

    fn member(&mut self, message: &mut ProtoMessage, depth: usize) -> Parsed<()> {
        if self.takes(';') {
            return Ok(());
        }
        if self.takes_keyword("message") {
            message.messages.push(self.message(depth + 1)?);
        } else if self.takes_keyword("enum") {
            message.enums.push(self.enumeration()?);
        } else if self.takes_keyword("oneof") {
            self.oneof(message, depth)?;
        } else if self.takes_keyword("reserved") {
            self.reserved(&mut message.reserved, &mut message.reserved_names)?;
        } else if ["extensions", "extend", "option"]
            .iter()
            .any(|word| self.takes_keyword(word))
        {
            self.skip_statement()?;
        } else {
            let field = self.field(message, depth, None)?;
            message.fields.push(field);
        }
        Ok(())
    }

    fn oneof(&mut self, message: &mut ProtoMessage, depth: usize) -> Parsed<()> {
        let name = self.word()?;
        let place = message.oneofs.len();
        message.oneofs.push(ProtoOneof { name });
        self.mark('{')?;
        while !self.takes('}') {
            if self.takes(';') {
                continue;
            }
            if self.takes_keyword("option") {
                self.skip_statement()?;
                continue;
            }
            let field = self.field(message, depth, Some(place))?;
            message.fields.push(field);
        }
        self.takes(';');
        Ok(())
    }

    fn field(
        &mut self,
        message: &mut ProtoMessage,
        depth: usize,
        oneof: Option<usize>,
    ) -> Parsed<ProtoField> {
        let line = self.line();
        let mut label = ProtoLabel::Single;
        for (word, found) in [
            ("repeated", ProtoLabel::Repeated),
            ("required", ProtoLabel::Required),
            ("optional", ProtoLabel::Optional),
        ] {
            if self.takes_keyword(word) {
                label = found;
                break;
            }
        }
        if label == ProtoLabel::Required && self.file.is_proto3 {
            return Err(wrong(line, "proto3 has no required fields"));
        }
        let is_group = self.is_word("group")
            && matches!(
                self.tokens.get(self.at + 2),
                Some((_, ProtoToken::Mark('=')))
            );
        let kind = if is_group {
            self.at += 1;
            WrittenType::Name(String::new())
        } else {
            self.kind()?
        };
        let mut name = self.word()?;
        self.mark('=')?;
        let number = self.number()?;
        let fits = (1..=536_870_911).contains(&number) && !(19_000..20_000).contains(&number);
        let Some(number) = i32::try_from(number).ok().filter(|_| fits) else {
            return Err(wrong(
                line,
                &format!("{number} cannot be the number of a field"),
            ));
        };
        if self.takes('[') {
            self.options()?;
        }
        let kind = if is_group {
            let group = self.body(name.clone(), depth + 1)?;
            message.messages.push(group);
            let own = name.clone();
            name.make_ascii_lowercase();
            WrittenType::Group(own)
        } else {
            self.mark(';')?;
            kind
        };
        Ok(ProtoField {
            line,
            name,
            number,
            label,
            written: kind,
            oneof,
        })
    }

    fn kind(&mut self) -> Parsed<WrittenType> {
        let is_map = self.is_word("map")
            && matches!(
                self.tokens.get(self.at + 1),
                Some((_, ProtoToken::Mark('<')))
            );
        if !is_map {
            return Ok(WrittenType::Name(self.path()?));
        }
        self.at += 1;
        self.mark('<')?;
        let key = self.word()?;
        self.mark(',')?;
        let value = self.path()?;
        self.mark('>')?;
        Ok(WrittenType::Map(key, value))
    }

    /// What stands in brackets says nothing about the values.
    fn options(&mut self) -> Parsed<()> {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.peek() {
                None => return self.fail("]"),
                Some(ProtoToken::Mark('[' | '{')) => depth += 1,
                Some(ProtoToken::Mark(']' | '}')) => depth -= 1,
                Some(_) => {}
            }
            self.at += 1;
        }
        Ok(())
    }

    fn reserved(&mut self, ranges: &mut Vec<(i64, i64)>, names: &mut Vec<String>) -> Parsed<()> {
        loop {
            match self.peek() {
                Some(ProtoToken::Text(_)) => names.push(self.text()?),
                Some(ProtoToken::Word(word)) if word != "max" => names.push(self.word()?),
                _ => {
                    let from = self.number()?;
                    let to = if self.takes_word("to") {
                        self.number()?
                    } else {
                        from
                    };
                    ranges.push((from, to));
                }
            }
            if !self.takes(',') {
                return self.mark(';');
            }
        }
    }

    fn enumeration(&mut self) -> Parsed<ProtoEnum> {
        let mut out = ProtoEnum {
            line: self.line(),
            name: self.word()?,
            ..ProtoEnum::default()
        };
        self.mark('{')?;
        while !self.takes('}') {
            if self.takes(';') {
                continue;
            }
            let is_value = matches!(
                self.tokens.get(self.at + 1),
                Some((_, ProtoToken::Mark('=')))
            );
            if !is_value && self.takes_word("option") {
                out.allows_alias |= self.is_word("allow_alias");
                self.skip_statement()?;
            } else if !is_value && self.takes_word("reserved") {
                self.reserved(&mut Vec::new(), &mut Vec::new())?;
            } else {
                let name = self.word()?;
                self.mark('=')?;
                let number = self.number()?;
                let Ok(number) = i32::try_from(number) else {
                    return Err(wrong(
                        self.line(),
                        &format!("{number} is too large for an enum"),
                    ));
                };
                if self.takes('[') {
                    self.options()?;
                }
                self.mark(';')?;
                out.values.push((name, number));
            }
        }
        self.takes(';');
        Ok(out)
    }

    fn service(&mut self) -> Parsed<()> {
        let service = self.word()?;
        self.mark('{')?;
        while !self.takes('}') {
            if !self.takes_word("rpc") {
                if !self.takes(';') {
                    self.skip_statement()?;
                }
                continue;
            }
            let name = self.word()?;
            let from = self.side()?;
            if !self.takes_word("returns") {
                return self.fail("returns");
            }
            let to = self.side()?;
            if !self.takes(';') {
                self.skip_statement()?;
            }
            self.file.rpcs.push(ProtoRpc {
                name: format!("{service}.{name}"),
                signature: format!("({from}) returns ({to})"),
            });
        }
        Ok(())
    }

    fn side(&mut self) -> Parsed<String> {
        self.mark('(')?;
        let stream = if self.takes_keyword("stream") {
            "stream "
        } else {
            ""
        };
        let side = format!("{stream}{}", self.path()?);
        self.mark(')')?;
        Ok(side)
    }
}

/// A number in tens, in eights behind a 0, or in sixteens behind 0x.
fn whole(text: &str) -> Option<i64> {
    if let Some(digits) = text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        return i64::from_str_radix(digits, 16).ok();
    }
    match text.strip_prefix('0').filter(|rest| !rest.is_empty()) {
        Some(digits) => i64::from_str_radix(digits, 8).ok(),
        None => text.parse().ok(),
    }
}
