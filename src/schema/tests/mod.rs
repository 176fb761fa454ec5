//! Tests of the comparison.

mod vectors;
