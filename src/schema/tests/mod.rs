//! Tests of the comparison.

mod evaluated;
mod kinds;
mod lists;
mod random;
mod vectors;
