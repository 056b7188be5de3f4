"""What each state of a token must mean to whoever holds it: the table that all client tests share.

The sentences and reasons are those of the contract, written out here on purpose and never taken from the server.
"""

from dataclasses import asdict, dataclass

NEEDS_APPROVAL = (
    "Due to the organization token policy, your token needs to be approved by the organization "
    "before you can access this resource."
)
NEEDS_FINE_GRAINED = (
    "Due to the organization token policy, you need to use a fine-grained token to access this resource."
)
REVOKED = (
    "Your token has been revoked by the organization administrator, you can no longer access organization resources. "
    "Please contact them for more information."
)
READ_ACCESS_ONLY = "You have read access but not the required permissions for this operation"
# A 401 on a repository with any other header text is taken for a missing repository.
BAD_CREDENTIALS = "Invalid credentials in Authorization header"
EXPIRED = "Your token has expired."


@dataclass(frozen=True)
class Refusal:
    """`header` is X-Error-Message, `body` the JSON `error`; they differ only in the 401 of an expired token."""

    status: int
    reason: str
    header: str
    body: str
    exception: str = "HfHubHTTPError"
    code: str | None = None

    @property
    def server_message(self) -> str:
        """What huggingface_hub makes of the two: it says equal texts once."""
        return self.header if self.header == self.body else f"{self.header}\n{self.body}"


def forbidden(reason: str, message: str) -> Refusal:
    return Refusal(403, reason, message, message)


def lacks(permission: str, what: str) -> Refusal:
    return forbidden("token_scope", f'Your token does not have the "{permission}" permission for {what}.')


NOT_FOUND = Refusal(
    404, "not_found", "Repository not found", "Repository not found", "RepositoryNotFoundError", "RepoNotFound"
)
EXPIRED_TOKEN = Refusal(401, "expired_token", BAD_CREDENTIALS, EXPIRED)
UNKNOWN_TOKEN = Refusal(401, "invalid_token", BAD_CREDENTIALS, BAD_CREDENTIALS)


@dataclass(frozen=True)
class Expected:
    """Of one token state: what each kind of call comes to; None is success."""

    read: Refusal | None
    write: Refusal | None
    create: Refusal | None
    delete: Refusal | None
    move: Refusal | None
    restriction: str | None = None  # in whoami's entry of the org
    whoami: Refusal | None = None


def everywhere(refusal: Refusal, restriction: str | None = None, **more: Refusal) -> Expected:
    return Expected(*[refusal] * 5, restriction, **more)


def for_state(state: str, org: str, shelf: str, doomed: str, movable: str) -> Expected:
    """What the token of that state meets at the org, and at repositories to use, to delete and to move."""
    needed = (f"model {shelf}", f"org {org}", f"model {doomed}", f"model {movable}")
    write_refused = [lacks("repo.write", what) for what in needed]
    here = f'You don\'t have the rights to create a repository under the namespace "{org}"'
    table = {
        "allowed": Expected(*[None] * 5),
        "pending": everywhere(forbidden("token_pending", NEEDS_APPROVAL), "token-policy"),
        "denied": everywhere(forbidden("token_denied", NEEDS_APPROVAL), "token-policy"),
        "revoked": everywhere(forbidden("token_revoked", REVOKED), "token-revoked"),
        "read_only": Expected(None, *write_refused),
        "reader": Expected(None, *[forbidden("role_insufficient", READ_ACCESS_ONLY)] * 4),
        "fine_grained_only": everywhere(forbidden("fine_grained_required", NEEDS_FINE_GRAINED), "token-policy"),
        "out_of_scope": Expected(lacks("repo.content.read", f"model {shelf}"), *write_refused),
        "outsider": Expected(NOT_FOUND, NOT_FOUND, forbidden("role_insufficient", here), NOT_FOUND, NOT_FOUND),
        "expired": everywhere(EXPIRED_TOKEN, whoami=whoami_of(EXPIRED_TOKEN)),
        "unknown": everywhere(UNKNOWN_TOKEN, whoami=whoami_of(UNKNOWN_TOKEN)),
    }
    return table[state]


STATES = (
    "allowed", "pending", "denied", "revoked", "read_only", "reader",
    "fine_grained_only", "out_of_scope", "outsider", "expired", "unknown",
)  # fmt: skip


def whoami_of(refusal: Refusal) -> Refusal:
    """whoami has a header text of its own, as on the Hub."""
    header = "Invalid username or password."
    body = header if refusal.body == refusal.header else refusal.body
    return Refusal(refusal.status, refusal.reason, header, body)


def as_json(expected: Expected) -> dict:
    return asdict(expected)
