//! Which patterns let through the texts of which others.

use super::*;

fn texts(pattern: Option<&str>, least: u64, most: Option<u64>) -> Texts {
    Texts {
        patterns: pattern.map(Pattern::new).into_iter().collect(),
        least,
        most,
    }
}

fn asked(writer: &str, reader: &str) -> Decision {
    included(&texts(Some(writer), 0, None), &texts(Some(reader), 0, None))
}

#[test]
fn one_expression_in_another() {
    for (narrow, wide) in [
        ("^(EUR|USD)$", "^(EUR|USD|GBP)$"),
        ("^[a-f]+$", "^[a-z]+$"),
        ("^[0-9]{3}$", "^\\d+$"),
        ("^a.c$", "^a[^\\n]c$"),
        ("\\bab\\b", "ab"),
        ("^x-", "x"),
        ("^\\u0041$", "^[A-Z]$"),
        ("^\\p{Lu}$", "^\\p{L}$"),
        ("^(?<year>\\d{4})-\\d\\d$", "^[\\d-]{7}$"),
        ("^[\\w.-]+$", "^\\S*$"),
        ("^é$", "^.$"),
    ] {
        assert_eq!(asked(narrow, wide), Decision::Yes, "{narrow} in {wide}");
        let Decision::No(text) = asked(wide, narrow) else {
            panic!("{wide} is not in {narrow}");
        };
        assert_eq!(Pattern::new(wide).matches(&text), Some(true), "{text}");
        assert_eq!(Pattern::new(narrow).matches(&text), Some(false), "{text}");
    }
    assert_eq!(
        asked("^(EUR|USD|GBP)$", "^(EUR|USD)$"),
        Decision::No("GBP".into())
    );
}

#[test]
fn the_same_texts_in_other_words() {
    for (one, other) in [
        ("^ab", "^ab.*"),
        ("^(a|b)*$", "^[ab]*$"),
        ("^\\d$", "^[0-9]$"),
        ("^a{2,3}$", "^aaa?$"),
        ("", ".*"),
        ("^[^]$", "^[\\s\\S]$"),
    ] {
        assert_eq!(asked(one, other), Decision::Yes, "{one} {other}");
        assert_eq!(asked(other, one), Decision::Yes, "{other} {one}");
    }
}

#[test]
fn what_cannot_be_said_exactly_is_not_decided() {
    for odd in [
        "^(?=a)", "(?!x)", "(?<=a)b", "(a)\\1", "(?i)a", "a**", "a{2", "[z-a]", "(", "\\k<a>",
    ] {
        assert_eq!(asked("^a$", odd), Decision::Undecided, "{odd}");
        assert_eq!(asked(odd, odd), Decision::Yes, "{odd}");
    }
    // A writer whose pattern is not understood still writes no more than its other words say.
    let mut both = texts(Some("^[a-z]+$"), 0, None);
    both.patterns.push(Pattern::new("^(?!x)"));
    assert_eq!(
        included(&both, &texts(Some("^\\w+$"), 0, None)),
        Decision::Yes
    );
    assert_eq!(
        included(&both, &texts(Some("^[a-c]+$"), 0, None)),
        Decision::Undecided
    );
}

#[test]
fn lengths_are_a_part_of_it_and_count_characters() {
    let three = texts(None, 3, Some(3));
    let by_pattern = texts(Some("^[\\s\\S]{3}$"), 0, None);
    assert_eq!(included(&three, &by_pattern), Decision::Yes);
    assert_eq!(included(&by_pattern, &three), Decision::Yes);
    let short = texts(Some("^[a-z]*$"), 0, Some(40));
    assert_eq!(included(&short, &texts(None, 0, Some(41))), Decision::Yes);
    let Decision::No(text) = included(&short, &texts(None, 0, Some(39))) else {
        panic!("forty letters are too many");
    };
    assert_eq!(text.len(), 40);
    assert_eq!(
        included(&texts(None, 0, None), &texts(None, 2, None)),
        Decision::No(String::new())
    );
    assert_eq!(
        included(
            &texts(Some("^(ab)+$"), 3, Some(5)),
            &texts(Some("^abab$"), 0, None)
        ),
        Decision::Yes
    );
    assert_eq!(
        included(&texts(Some("^é+$"), 2, Some(2)), &texts(None, 2, Some(2))),
        Decision::Yes
    );
    // Too large to be walked.
    assert_eq!(
        included(
            &texts(Some("^([a-z]{1,9}[0-9])*$"), 0, Some(9_000_000)),
            &texts(Some("^([a-z0-9]{10})*$"), 0, Some(8_999_999))
        ),
        Decision::No("a0".into())
    );
    let huge = texts(Some("^(a|b|ab){1,4000}[ab]{4000}$"), 0, None);
    assert_eq!(
        included(&huge, &texts(Some("^[a-b]{1,4999}c?$"), 0, None)),
        Decision::Undecided
    );
}
