//! Tests of the comparison.

mod kinds;
mod lists;
mod random;
mod vectors;
