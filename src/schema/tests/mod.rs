//! Tests of the comparison.

mod evaluated;
mod evaluated_random;
mod kinds;
mod lists;
mod random;
mod vectors;
