//! Tests of the comparison.

mod evaluated;
mod evaluated_random;
mod evaluated_rewritten;
mod kinds;
mod lists;
mod random;
mod vectors;
