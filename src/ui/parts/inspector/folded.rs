//! A text as lines that end at the latest after so many characters.

use crate::text::payload::visible_line;

/// A text whose long lines are folded.
#[derive(Debug, Default)]
pub(crate) struct FoldedText {
    lines: Vec<String>,
    /// Which of them go on in the next one.
    goes_on: Vec<bool>,
}

impl FoldedText {
    pub(crate) fn new(text: &str, width: usize) -> Self {
        let mut folded = Self::default();
        for line in text.lines() {
            let line = visible_line(line);
            let mut rest = line.as_str();
            while let Some((cut, _)) = rest.char_indices().nth(width) {
                folded.push(&rest[..cut], true);
                rest = &rest[cut..];
            }
            folded.push(rest, false);
        }
        folded
    }

    fn push(&mut self, line: &str, goes_on: bool) {
        self.lines.push(line.to_owned());
        self.goes_on.push(goes_on);
    }

    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Each line, and whether it goes on in the next one.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&str, bool)> {
        let lines = self.lines.iter().map(String::as_str);
        lines.zip(self.goes_on.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_and_none_is_lost() {
        let text = format!("{}\nshort", "é".repeat(321));
        let folded = FoldedText::new(&text, 160);
        let lengths = folded.lines().iter().map(|line| line.chars().count());
        assert_eq!(lengths.collect::<Vec<_>>(), [160, 160, 1, 5]);
        assert_eq!(folded.goes_on, [true, true, false, false]);
        assert_eq!(folded.lines()[..3].concat(), "é".repeat(321));
    }
}
