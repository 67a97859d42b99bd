//! The rules by which a change is judged.

/// The meaning of a change for the callers of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A caller that keeps to the old document can fail.
    Breaking,
    /// A caller that keeps to the old document does not fail by the documents, but may rely on what changed; or the
    /// change cannot be judged.
    Warning,
    /// No caller that keeps to the old document notices.
    Compatible,
}

impl Severity {
    /// The word for it in reports and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Warning => "warning",
            Self::Compatible => "compatible",
        }
    }
}

/// Makes the rules from one table, so that none lacks an id, a severity or a description.
macro_rules! rules {
    ($($variant:ident $id:literal $severity:ident $description:literal;)*) => {
        /// A kind of change, with its judgement.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(#[doc = $description] $variant,)*
        }

        impl Rule {
            /// All rules, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The id in reports and in JSON, the same in all releases.
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)*
                }
            }

            /// The judgement of such a change.
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$variant => Severity::$severity,)*
                }
            }

            /// The kind of change and the reason for its severity, as a sentence or two.
            pub fn description(self) -> &'static str {
                match self {
                    $(Self::$variant => $description,)*
                }
            }
        }
    };
}

rules! {
    OperationRemoved "operation-removed" Breaking "An operation is gone. Parameters of a path may be renamed: callers do not see their names.";
    OperationAdded "operation-added" Compatible "An operation was added.";
    OperationDeprecated "operation-deprecated" Warning "An operation was marked as deprecated: it works, and is to go.";
    OperationIdChanged "operation-id-changed" Warning "The `operationId` changed, after which generated clients name their functions.";
    WebhookRemoved "webhook-removed" Breaking "A webhook or callback is no longer sent.";
    WebhookAdded "webhook-added" Compatible "A webhook or callback was added.";
    ServerRemoved "server-removed" Warning "An address of the API is no longer listed. The gateway's routes may follow from it.";
    ServerAdded "server-added" Compatible "An address of the API was added.";

    ParameterRemoved "parameter-removed" Breaking "A parameter is no longer described, so that sending it no longer has its effect.";
    ParameterRequired "parameter-required" Breaking "A parameter became required, or a required one was added.";
    ParameterAdded "parameter-added" Compatible "An optional parameter was added.";
    ParameterOptional "parameter-optional" Compatible "A required parameter became optional.";
    ParameterStyle "parameter-style" Breaking "A parameter is written in another way: `style`, `explode`, `allowReserved`, or its media type.";
    BodyRequired "body-required" Breaking "The request's body became required, or a required one was added.";
    BodyOptional "body-optional" Compatible "The request's body became optional, or an optional one was added.";
    BodyRemoved "body-removed" Breaking "The operation no longer takes a body.";
    RequestTypeRemoved "request-type-removed" Breaking "A media type of the request is no longer accepted.";
    RequestTypeAdded "request-type-added" Compatible "A media type of the request was added.";

    SuccessRemoved "success-removed" Breaking "A successful response is no longer described.";
    ErrorRemoved "error-removed" Warning "A response that is not a success is no longer described.";
    ResponseAdded "response-added" Compatible "A response was added.";
    ResponseTypeRemoved "response-type-removed" Breaking "A media type of a response is gone.";
    ResponseTypeAdded "response-type-added" Compatible "A media type of a response was added.";
    HeaderRemoved "header-removed" Breaking "A required header of a response is gone or became optional.";
    OptionalHeaderRemoved "optional-header-removed" Warning "A header of a response is gone, which was not promised.";
    HeaderAdded "header-added" Compatible "A header of a response was added, or became required.";

    SecurityRequired "security-required" Breaking "Callers that were allowed in need another sign-in, or a further scope.";
    SecurityOpened "security-opened" Warning "The operation can be called without a sign-in.";
    SecurityAdded "security-added" Compatible "A further way to sign in was added, or fewer scopes are needed.";

    RequestTypeNarrowed "request-value-narrowed" Breaking "A value of a request is restricted: fewer types, no `null`, or another format.";
    RequestTypeWidened "request-value-widened" Compatible "A value of a request may be of more types or formats.";
    ResponseTypeWidened "response-value-widened" Breaking "A value of a response may be of further types, `null`, or of another format.";
    ResponseTypeNarrowed "response-value-narrowed" Compatible "A value of a response is of fewer types.";
    RequestEnumRemoved "request-enum-removed" Breaking "A value that requests could have is no longer accepted, or values are listed where all were accepted.";
    RequestEnumAdded "request-enum-added" Compatible "A further value is accepted.";
    ResponseEnumAdded "response-enum-added" Breaking "A response may have a value that was not listed.";
    ResponseEnumRemoved "response-enum-removed" Compatible "A response no longer has one of its values.";
    RequestLimited "request-limited" Breaking "A limit of a value of a request was set or tightened.";
    RequestLimitLifted "request-limit-lifted" Compatible "A limit of a value of a request was lifted or relaxed.";
    ResponseLimitLifted "response-limit-lifted" Warning "A limit of a value of a response was lifted or relaxed, for which callers may have sized their fields.";
    ResponseLimited "response-limited" Compatible "A limit of a value of a response was set or tightened.";

    RequestPropertyRequired "request-property-required" Breaking "A property of a request became required, or a required one was added. A `default` does not change that: a validating gateway refuses a request without it.";
    RequestPropertyOptional "request-property-optional" Compatible "A required property of a request became optional.";
    RequestPropertyRemoved "request-property-removed" Breaking "A property of a request is no longer described, so that sending it has no effect or is refused.";
    RequestPropertyAdded "request-property-added" Compatible "An optional property of a request was added.";
    ResponsePropertyRemoved "response-property-removed" Breaking "A required property of a response is gone or became optional.";
    ResponseOptionalPropertyRemoved "response-optional-property-removed" Warning "A property of a response is gone, which was not promised.";
    ResponsePropertyAdded "response-property-added" Compatible "A property of a response was added, or became required.";
    RequestClosed "request-closed" Breaking "A request may no longer have properties that are not described.";
    RequestOpened "request-opened" Compatible "A request may have properties that are not described.";
    ResponseOpened "response-opened" Compatible "A response may have properties that are not described, which callers pass over.";
    ResponseClosed "response-closed" Compatible "A response has no properties except the described ones.";
    DefaultChanged "default-changed" Warning "A value that is left out means something else.";

    RequestAlternativeRemoved "request-alternative-removed" Breaking "A form that requests could have (`oneOf`, `anyOf`) is no longer accepted.";
    RequestAlternativeAdded "request-alternative-added" Compatible "A further form of requests is accepted.";
    ResponseAlternativeAdded "response-alternative-added" Breaking "A response may have a form that was not listed.";
    ResponseAlternativeRemoved "response-alternative-removed" Compatible "A response no longer has one of its forms.";
    NotJudged "not-judged" Warning "The schema changed in a way that has no rule, such as `not` or `if`, in a reference to another file, or beyond the limit of the comparison.";
}

impl Rule {
    /// True if an operation as a whole comes or goes.
    pub(crate) fn is_of_operations(self) -> bool {
        matches!(self, Self::OperationAdded | Self::OperationRemoved | Self::WebhookAdded | Self::WebhookRemoved)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Rule;

    #[test]
    fn every_rule_has_an_id_of_its_own() {
        let ids: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
        assert_eq!(ids.len(), Rule::ALL.len());
    }
}
