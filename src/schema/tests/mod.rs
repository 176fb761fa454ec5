//! Tests of the comparison.

mod lists;
mod random;
mod vectors;
