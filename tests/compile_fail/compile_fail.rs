//! The compile errors of the macros, with their texts.
#![allow(missing_docs)]

#[test]
fn what_is_wrong_is_a_compile_error_at_the_attribute() {
    trybuild::TestCases::new().compile_fail("cases/*.rs");
}
