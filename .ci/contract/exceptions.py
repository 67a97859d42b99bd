"""Where a document contradicts itself, or what the service is known to do: each exception with its reason."""

import re
from dataclasses import dataclass

from judge import ANSWER, REQUEST


@dataclass(frozen=True)
class Allowed:
    """Findings that are none."""

    # `github`, or a pattern of the names of Konnect's documents.
    document: str
    # A pattern of operations, `GET /repos/…`; all of its document where it is empty.
    operation: str
    side: str
    # A pattern of the finding's kind and message.
    finding: str
    reason: str

    def covers(self, operation, finding):
        return (
            self.side == finding.side
            and re.fullmatch(self.document, operation.document.name) is not None
            and re.search(self.operation, operation.name) is not None
            and re.search(self.finding, f"{finding.kind}: {finding.message}") is not None
        )


KONNECT = "(?!github).*"

# The statuses that Konnect's documents leave out of single operations are not here: see `documents.LEFT_OUT`.

EXCEPTIONS = [
    Allowed(
        "github",
        "",
        ANSWER,
        r"Unknown response http status: (304|400|401|403|404|422)$",
        "GitHub answers conditional requests, bad requests, bad credentials, missing permissions, what is hidden and "
        "what is no valid value so everywhere; it documents that in prose, and by operation for some",
    ),
    Allowed(
        "github",
        "",
        ANSWER,
        r"^oneOf at /: .* is valid under each of .*-error",
        "an answer may be one of several kinds of error, which are so much alike that one body fits two of them",
    ),
    Allowed(
        "github",
        "",
        ANSWER,
        "^undeclared field status: ",
        "GitHub writes the status into every error, which some of their schemas leave out",
    ),
    Allowed(
        "github",
        "^(GET|POST|PATCH) .*/issues",
        ANSWER,
        r"^enum at (\*/)?state_reason: None is not one of",
        "an open issue has no reason: the field is nullable, but its enumeration leaves null out",
    ),
    Allowed(
        "github",
        "^(GET|POST) .*/check-runs$",
        ANSWER,
        r"^enum at (check_runs/\*/)?conclusion: None is not one of",
        "a check run that has not ended has no conclusion: nullable, but left out of its enumeration, too",
    ),
    Allowed(
        "github",
        "^GET .*/(contents|git/blobs)/",
        ANSWER,
        r"^media type: application/vnd\.github\.raw\+json instead of",
        "the operation's description offers this type, and its answers do not list it",
    ),
    Allowed(
        "github",
        r"^GET (/repos/\{owner\}/\{repo\}|/user)$",
        ANSWER,
        "Unknown response http status: 500$",
        "a test damages a file of the sandbox, which must be told and not be taken for an empty repository",
    ),
    Allowed(
        "github",
        "^GET /app/installations$",
        ANSWER,
        r"^(required at \*/account|undeclared field \*/(account/user_view_type|client_id|permissions/email_addresses):)",
        "the list wants an account to be a user and an enterprise at once, and leaves out what a single one has",
    ),
    Allowed(
        KONNECT,
        "",
        ANSWER,
        "Unknown response http status: 501$",
        "the sandbox says so of what it does not offer",
    ),
    Allowed(
        "identity-v3",
        "",
        ANSWER,
        "Unknown response http status: 401$",
        "every operation wants a token, and some leave out the answer to a bad one",
    ),
    Allowed(
        "identity-v3",
        "^GET .*/assigned-roles$",
        REQUEST,
        r"^query page\[(size|number)\]: ",
        "the answer says which page it is, and the operation does not say how to ask for another",
    ),
    Allowed(
        "api-builder-v3",
        "^(POST|PATCH) .*/documents",
        ANSWER,
        "^undeclared field detail: ",
        "all problems say what is wrong in their detail, which the schema of the conflict of slugs alone leaves out",
    ),
    Allowed(
        "control-planes-config-v2",
        "",
        ANSWER,
        "^undeclared field (status|code|name|fields): ",
        "the gateway's refusals have the shape of its 401 and name the rule, as its own documentation says; those that "
        "they are held against are another service's",
    ),
    Allowed(
        "control-planes-config-v2",
        r"^GET .*/consumer_groups/\{ConsumerGroupId\}$",
        ANSWER,
        "^undeclared field consumers: ",
        "the parameter `list_consumers` adds the consumers, which the schema of the answer leaves out",
    ),
    Allowed(
        "control-planes-config-v2",
        "^(POST|PUT) .*/services",
        REQUEST,
        r"^required at /: 'host' is a required property",
        "the service takes a `url` without a `host`, which is what the field is for",
    ),
    Allowed(
        "portal-management-v3",
        r"^PATCH /v3/portals/\{portalId\}/authentication-settings$",
        REQUEST,
        "^undeclared field oidc_claim_mappings/shoe: ",
        "a test sends a name that no schema has and the document does not forbid, to see that it is dropped",
    ),
    Allowed(
        KONNECT,
        "^GET ",
        REQUEST,
        r"^query filter \w+: .* is not of type 'object'",
        "a filter without an operator is one for equal values, as examples of one kind of filter show; clients of "
        "different ages send it for all kinds",
    ),
    Allowed(
        "identity-v3",
        "/assigned-roles",
        REQUEST,
        r"^format at (data/\*/)?entity_id: '\*' is not a 'uuid'",
        "the service takes `*` for all entities of a type, and shows it",
    ),
    Allowed(
        "analytics-dashboards-v2",
        "",
        REQUEST,
        r"^(additionalProperties|undeclared field) .*/query(: .*'limit' was unexpected|/limit: )",
        "the service takes a limit of a query's results, and shows it",
    ),
    Allowed(
        "identity-v3",
        "/assigned-roles",
        ANSWER,
        r"^format at (data/\*/)?entity_id: '\*' is not a 'uuid'",
        "the service takes `*` for all entities of a type, and shows it",
    ),
    Allowed(
        "analytics-dashboards-v2",
        "",
        ANSWER,
        r"^(additionalProperties|undeclared field) .*/query(: .*'limit' was unexpected|/limit: )",
        "the service takes a limit of a query's results, and shows it",
    ),
    Allowed(
        KONNECT,
        "",
        REQUEST,
        "^readOnly at parameter ",
        "a parameter of the path has the schema of a field that only answers have",
    ),
]


def reason(operation, finding):
    """Why a finding is none; nothing where it is one."""
    return next((allowed.reason for allowed in EXCEPTIONS if allowed.covers(operation, finding)), None)
