//! Reads a regular expression as ECMA-262 writes it (with the `u` flag, as JSON Schema recommends).
//! What cannot be said as an automaton exactly is not read: look-around, back-references, and what
//! the dialects of engines read differently.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look, Repetition};

/// Groups nested deeper are not read.
const DEEPEST: usize = 50;
/// Repetitions beyond this make automata too large to walk.
const MOST_TIMES: u32 = 5_000;

/// The expression, if it can be said exactly.
pub(crate) fn parsed(source: &str) -> Option<Hir> {
    let mut reader = EcmaReader {
        rest: source.chars().collect(),
        at: 0,
        depth: 0,
    };
    let hir = reader.alternatives()?;
    (reader.at == reader.rest.len()).then_some(hir)
}

struct EcmaReader {
    rest: Vec<char>,
    at: usize,
    depth: usize,
}

/// One item of an expression, and whether it may be repeated.
type EcmaItem = (Hir, bool);

impl EcmaReader {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn eat(&mut self, text: &str) -> bool {
        let length = text.chars().count();
        let there = self.rest.iter().skip(self.at).take(length).copied();
        let is = there.eq(text.chars());
        if is {
            self.at += length;
        }
        is
    }

    fn alternatives(&mut self) -> Option<Hir> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut all = vec![self.sequence()?];
        while self.eat("|") {
            all.push(self.sequence()?);
        }
        self.depth -= 1;
        Some(Hir::alternation(all))
    }

    fn sequence(&mut self) -> Option<Hir> {
        let mut all = Vec::new();
        while !matches!(self.peek(), None | Some('|' | ')')) {
            let (item, may_repeat) = self.item()?;
            all.push(self.repeated(item, may_repeat)?);
        }
        Some(Hir::concat(all))
    }

    fn item(&mut self) -> Option<EcmaItem> {
        let one = |c: char| Some((letter(c), true));
        match self.next()? {
            '^' => Some((Hir::look(Look::Start), false)),
            '$' => Some((Hir::look(Look::End), false)),
            '.' => Some((
                class(&not(&ranges(&[
                    ('\n', '\n'),
                    ('\r', '\r'),
                    ('\u{2028}', '\u{2029}'),
                ]))),
                true,
            )),
            '(' => {
                if self.eat("?") {
                    let named = self.peek() == Some('<')
                        && !matches!(self.rest.get(self.at + 1), Some('=' | '!'));
                    if named {
                        while self.next()? != '>' {}
                    } else if !self.eat(":") {
                        return None;
                    }
                }
                let inner = self.alternatives()?;
                self.eat(")").then_some((inner, true))
            }
            '[' => Some((class(&self.class()?), true)),
            '\\' => match self.peek()? {
                'b' => {
                    self.at += 1;
                    Some((Hir::look(Look::WordAscii), false))
                }
                'B' => {
                    self.at += 1;
                    Some((Hir::look(Look::WordAsciiNegate), false))
                }
                _ => Some((class(&self.escape()?), true)),
            },
            '*' | '+' | '?' | '{' => None,
            c => one(c),
        }
    }

    fn repeated(&mut self, item: Hir, may_repeat: bool) -> Option<Hir> {
        let (min, max) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => return self.counted(item, may_repeat),
            _ => return Some(item),
        };
        self.at += 1;
        self.times(item, may_repeat, min, max)
    }

    /// `{3}`, `{3,}` or `{3,5}`.
    fn counted(&mut self, item: Hir, may_repeat: bool) -> Option<Hir> {
        self.at += 1;
        let min = self.number()?;
        let max = if self.eat(",") {
            if self.peek() == Some('}') {
                None
            } else {
                Some(self.number()?)
            }
        } else {
            Some(min)
        };
        let good = self.eat("}") && max.is_none_or(|max| min <= max);
        if good {
            self.times(item, may_repeat, min, max)
        } else {
            None
        }
    }

    fn times(&mut self, item: Hir, may_repeat: bool, min: u32, max: Option<u32>) -> Option<Hir> {
        // Fewest or most first: the same texts match.
        let lazy = self.eat("?");
        if !may_repeat || matches!(self.peek(), Some('*' | '+' | '?' | '{')) {
            return None;
        }
        // Nothing, however often, is nothing.
        if matches!(item.kind(), HirKind::Empty) {
            return Some(item);
        }
        Some(Hir::repetition(Repetition {
            min,
            max,
            greedy: !lazy,
            sub: Box::new(item),
        }))
    }

    fn number(&mut self) -> Option<u32> {
        let mut out: Option<u32> = None;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            self.at += 1;
            out = Some(out.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
        }
        out.filter(|number| *number <= MOST_TIMES)
    }

    /// What stands between brackets.
    fn class(&mut self) -> Option<ClassUnicode> {
        let turned = self.eat("^");
        let mut out = ClassUnicode::empty();
        loop {
            if self.eat("]") {
                break;
            }
            let from = self.member()?;
            let a_range =
                self.peek() == Some('-') && !matches!(self.rest.get(self.at + 1), None | Some(']'));
            if a_range {
                self.at += 1;
                let to = self.member()?;
                let (from, to) = (single(&from)?, single(&to)?);
                if from > to {
                    return None;
                }
                out.push(ClassUnicodeRange::new(from, to));
            } else {
                out.union(&from);
            }
        }
        Some(if turned { not(&out) } else { out })
    }

    fn member(&mut self) -> Option<ClassUnicode> {
        match self.next()? {
            '\\' if self.eat("b") => Some(ranges(&[('\u{8}', '\u{8}')])),
            '\\' => self.escape(),
            c => Some(ranges(&[(c, c)])),
        }
    }

    /// What follows a backslash, but for `\b` and `\B`.
    fn escape(&mut self) -> Option<ClassUnicode> {
        let digits = [('0', '9')];
        let words = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
        let one = |c: char| Some(ranges(&[(c, c)]));
        match self.next()? {
            'd' => Some(ranges(&digits)),
            'D' => Some(not(&ranges(&digits))),
            'w' => Some(ranges(&words)),
            'W' => Some(not(&ranges(&words))),
            's' => Some(spaces()),
            'S' => Some(not(&spaces())),
            't' => one('\t'),
            'n' => one('\n'),
            'v' => one('\u{b}'),
            'f' => one('\u{c}'),
            'r' => one('\r'),
            '0' if !self.peek().is_some_and(|c| c.is_ascii_digit()) => one('\0'),
            'c' => {
                let letter = self.next().filter(char::is_ascii_alphabetic)?;
                char::from_u32(letter as u32 % 32).and_then(one)
            }
            'x' => self.hex(2).and_then(char::from_u32).and_then(one),
            'u' => self.unicode().and_then(one),
            kind @ ('p' | 'P') => self.property(kind),
            c if !c.is_ascii_alphanumeric() => one(c),
            _ => None,
        }
    }

    fn unicode(&mut self) -> Option<char> {
        if self.eat("{") {
            let mut code = 0_u32;
            loop {
                let c = self.next()?;
                if c == '}' {
                    return char::from_u32(code);
                }
                code = code.checked_mul(16)?.checked_add(c.to_digit(16)?)?;
            }
        }
        let first = self.hex(4)?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first);
        }
        // Two halves of one character.
        if !self.eat("\\u") {
            return None;
        }
        let second = self.hex(4)?;
        if !(0xDC00..0xE000).contains(&second) {
            return None;
        }
        char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        (0..digits).try_fold(0, |code, _| Some(code * 16 + self.next()?.to_digit(16)?))
    }

    /// `\p{L}`: general categories and scripts have the same names in both dialects.
    fn property(&mut self, kind: char) -> Option<ClassUnicode> {
        if !self.eat("{") {
            return None;
        }
        let mut name = String::new();
        loop {
            match self.next()? {
                '}' => break,
                c => name.push(c),
            }
        }
        let hir = regex_syntax::Parser::new()
            .parse(&format!("\\{kind}{{{name}}}"))
            .ok()?;
        match hir.kind() {
            HirKind::Class(Class::Unicode(class)) => Some(class.clone()),
            _ => None,
        }
    }
}

fn letter(c: char) -> Hir {
    Hir::literal(c.to_string().into_bytes())
}

fn class(class: &ClassUnicode) -> Hir {
    Hir::class(Class::Unicode(class.clone()))
}

fn ranges(all: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(
        all.iter()
            .map(|(from, to)| ClassUnicodeRange::new(*from, *to)),
    )
}

fn not(class: &ClassUnicode) -> ClassUnicode {
    let mut out = class.clone();
    out.negate();
    out
}

fn single(class: &ClassUnicode) -> Option<char> {
    match class.ranges() {
        [range] if range.start() == range.end() => Some(range.start()),
        _ => None,
    }
}

/// ECMA-262, WhiteSpace and LineTerminator.
fn spaces() -> ClassUnicode {
    ranges(&[
        ('\t', '\r'),
        (' ', ' '),
        ('\u{a0}', '\u{a0}'),
        ('\u{1680}', '\u{1680}'),
        ('\u{2000}', '\u{200a}'),
        ('\u{2028}', '\u{2029}'),
        ('\u{202f}', '\u{202f}'),
        ('\u{205f}', '\u{205f}'),
        ('\u{3000}', '\u{3000}'),
        ('\u{feff}', '\u{feff}'),
    ])
}
