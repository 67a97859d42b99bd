//! Environment variables.

/// The value of the variable `name`, as `variables` has it. `None` if it is unset or blank: a variable that a pipeline
/// sets to nothing counts as unset.
#[must_use]
pub fn variable(variables: &dyn Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    variables(name).filter(|value| !value.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_variable_counts_as_unset() {
        let variables = |name: &str| match name {
            "BLANK" => Some(" \n".to_owned()),
            "SET" => Some(" value ".to_owned()),
            _ => None,
        };
        assert_eq!(variable(&variables, "UNSET"), None);
        assert_eq!(variable(&variables, "BLANK"), None);
        assert_eq!(variable(&variables, "SET"), Some(" value ".to_owned()));
    }
}
