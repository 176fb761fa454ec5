//! Reads a .proto text into messages, enums and services, with the names as they are written.

use super::parser::{Parsed, ProtoParser};
use super::tokens::{ProtoToken, wrong};
use super::{ProtoEnum, ProtoField, ProtoLabel, ProtoMessage, ProtoOneof, ProtoRpc, WrittenType};

/// With what a statement of a file begins.
const TOP: &str = "message, enum, service, import, package or option";

/// Messages in messages deeper than this are not read.
const DEEPEST: usize = 64;

/// A file as it is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProtoFile {
    pub(crate) is_proto3: bool,
    /// Lists of numbers are written in one piece unless an option says otherwise.
    packs: bool,
    pub(crate) package: String,
    pub(crate) imports: Vec<String>,
    pub(crate) messages: Vec<ProtoMessage>,
    pub(crate) enums: Vec<ProtoEnum>,
    pub(crate) rpcs: Vec<ProtoRpc>,
}

/// Reads a .proto text.
///
/// # Errors
/// It is none; the words say where.
pub(crate) fn parse(text: &str) -> Parsed<ProtoFile> {
    let mut parser = ProtoParser::new(text)?;
    while !parser.is_at_end() {
        parser.top()?;
    }
    Ok(parser.file)
}

impl ProtoParser {
    fn top(&mut self) -> Parsed<()> {
        if self.takes(';') {
            return Ok(());
        }
        let Ok(word) = self.word() else {
            return self.fail(TOP);
        };
        match word.as_str() {
            "syntax" => {
                self.mark('=')?;
                let syntax = self.text()?;
                self.file.is_proto3 = syntax == "proto3";
                self.file.packs = self.file.is_proto3;
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
            "edition" => {
                self.file.packs = true;
                self.skip_statement()
            }
            "option" | "extend" => self.skip_statement(),
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
                self.fail(TOP)
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
            if self.takes_word(word) {
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
        let mut is_packed = self.file.packs;
        if self.takes('[') {
            is_packed = self.options()?.unwrap_or(is_packed);
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
            is_packed,
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

    /// What stands in brackets; all that it says of the values is whether they are packed.
    fn options(&mut self) -> Parsed<Option<bool>> {
        let mut depth = 1_usize;
        let mut is_packed = None;
        while depth > 0 {
            match self.peek() {
                None => return self.fail("]"),
                Some(ProtoToken::Mark('[' | '{')) => depth += 1,
                Some(ProtoToken::Mark(']' | '}')) => depth -= 1,
                Some(ProtoToken::Word(word)) if word == "packed" && depth == 1 => {
                    let value = self.tokens.get(self.at + 2).map(|(_, token)| token);
                    is_packed = Some(value == Some(&ProtoToken::Word("true".to_owned())));
                }
                Some(_) => {}
            }
            self.at += 1;
        }
        Ok(is_packed)
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
        // A message may be called so.
        let next = self.tokens.get(self.at + 1).map(|(_, token)| token);
        let is_name = next == Some(&ProtoToken::Mark(')'));
        let stream = if !is_name && self.takes_word("stream") {
            "stream "
        } else {
            ""
        };
        let side = format!("{stream}{}", self.path()?);
        self.mark(')')?;
        Ok(side)
    }
}
