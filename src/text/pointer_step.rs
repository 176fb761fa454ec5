//! One step of a JSON pointer (RFC 6901): `~` is written `~0`, `/` is written `~1`.

use std::borrow::Cow;

/// A name as a pointer writes it.
#[must_use]
pub fn escaped(name: &str) -> Cow<'_, str> {
    if name.contains(['~', '/']) {
        name.replace('~', "~0").replace('/', "~1").into()
    } else {
        name.into()
    }
}

/// The name that a pointer's step means.
#[must_use]
pub fn unescaped(step: &str) -> Cow<'_, str> {
    if step.contains('~') {
        step.replace("~1", "/").replace("~0", "~").into()
    } else {
        step.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_says_the_name_it_was_made_of() {
        for name in ["", "amount", "a/b", "~", "~1", "/~0/"] {
            assert_eq!(unescaped(&escaped(name)), name);
        }
        assert_eq!(escaped("a/b~"), "a~1b~0");
        assert_eq!(unescaped("~01"), "~1");
    }
}
