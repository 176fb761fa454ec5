//! Messages as each framework leaves them, after its documentation.
