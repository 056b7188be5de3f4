"""The shapes of JSON that all parts of Tokenward share: documents, decisions, findings. Fields are named as on the wire.

Times are RFC 3339 strings in UTC, ids are 24 hex digits. What only a server answers is in `tokenward.answers`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal, TypeAlias

from tokenward.words import (
    Action,
    Check,
    Finding,
    Plan,
    Reason,
    ResourceType,
    Role,
    TokenKind,
    TokenPolicy,
    Visibility,
    Who,
)

# Before 3.12 the standard ones do not tell libraries that validate what is optional.
if sys.version_info >= (3, 12):
    from typing import NotRequired, TypedDict
else:
    from typing_extensions import NotRequired, TypedDict

if TYPE_CHECKING:
    from datetime import datetime

    from tokenward import TokenSecret

    _Time: TypeAlias = str | datetime
    _Token: TypeAlias = str | TokenSecret


class ResourceDict(TypedDict):
    """What an action is done to: `{"type": "model", "name": "acme/bert"}`."""

    type: ResourceType
    name: str


# Questions and their answers (contract §5).


class DecisionRequest(TypedDict):
    """One question of a batch: the arguments of `Authorizer.decide`."""

    action: str
    resource: str | ResourceDict
    token: NotRequired[_Token | None]
    token_id: NotRequired[str | None]
    now: NotRequired[_Time | None]


class RemedyDict(TypedDict):
    """What would make a denied request work: who has to act, a stable code, a sentence."""

    who: Who
    do: str
    text: str


class DecisionDict(TypedDict):
    """A decision; `message` and `remedy` are null when it is `allow`."""

    decision: Literal["allow", "deny"]
    reason: Reason
    status: int
    message: str | None
    generation: int | None
    remedy: RemedyDict | None


class CheckDict(TypedDict):
    """How one of the thirteen checks came out."""

    check: Check
    outcome: Literal["pass", "fail", "skip"]
    detail: str


class ObstacleDict(TypedDict):
    """A check that fails, and what would make it hold."""

    check: Check
    reason: Reason
    message: str | None
    remedy: RemedyDict | None


class ExplanationDict(DecisionDict):
    """A decision with all checks."""

    checks: list[CheckDict]


class FullExplanationDict(ExplanationDict):
    """An explanation with what it is about; neither is known where the token alone is in the way."""

    action: str | None
    resource: ResourceDict | None
    obstacles: list[ObstacleDict]


class FindingDict(TypedDict):
    """Something about a token that somebody should look at (contract §9)."""

    token: str
    finding: Finding
    since: NotRequired[str]
    text: str


class FoundDict(TypedDict):
    """A Hub-shaped token in a text: where it starts and ends, and whether its checksum is right."""

    start: int
    end: int
    ours: bool


class PreviewSummaryDict(TypedDict):
    """Three counts that add up to all tokens."""

    unchanged: int
    blocked: int
    unblocked: int


class PreviewTokenDict(TypedDict):
    """A token that another policy would let in or shut out."""

    id: str
    before: Reason
    after: Reason


class PreviewDict(TypedDict):
    """What another token policy would do."""

    generation: int
    summary: PreviewSummaryDict
    tokens: list[PreviewTokenDict]


# The org document (contract §3).


class OrganizationDict(TypedDict):
    """The organization itself."""

    name: str
    plan: NotRequired[Plan]
    tokenPolicy: NotRequired[TokenPolicy]


class MemberDict(TypedDict):
    """A member of an organization or of a resource group."""

    user: str
    role: Role


class ServiceAccountDict(TypedDict):
    """A non-human owner of tokens."""

    name: str


class ResourceGroupDict(TypedDict):
    """A named set of repositories with its own member roles."""

    name: str
    members: NotRequired[list[MemberDict]]


class RepositoryDict(TypedDict):
    """A listed repository."""

    type: ResourceType
    name: str
    visibility: NotRequired[Visibility]
    gated: NotRequired[bool]
    resourceGroup: NotRequired[str | None]
    createdBy: NotRequired[str | None]
    gatedUsers: NotRequired[list[str]]


class EntityDict(TypedDict):
    """What a grant is on; unknown types are kept, and name nothing."""

    type: str
    name: str


class GrantDict(TypedDict):
    """Permissions on one entity; unknown ones are kept, and grant nothing."""

    entity: EntityDict
    permissions: list[str]


FineGrainedDict = TypedDict(
    "FineGrainedDict",
    {"canReadGatedRepos": NotRequired[bool], "global": NotRequired[list[str]], "scoped": NotRequired[list[GrantDict]]},
)
FineGrainedDict.__doc__ = "What a fine-grained token may do."


class AuthorizationDict(TypedDict):
    """The approval state of one token in one organization."""

    status: Literal["pending", "approved", "denied"]
    decidedAt: NotRequired[str | None]
    decidedBy: NotRequired[str | None]
    reason: NotRequired[str | None]
    requestedAt: NotRequired[str | None]


class RevocationDict(TypedDict):
    """The permanent loss of one organization for one token."""

    at: str
    by: str
    reason: NotRequired[str | None]


class DocumentTokenDict(TypedDict):
    """A token in a document, with what the organization says to it."""

    id: str
    owner: str
    role: TokenKind
    createdAt: str
    displayName: NotRequired[str | None]
    digest: NotRequired[str | None]
    last4: NotRequired[str | None]
    expiresAt: NotRequired[str | None]
    lastUsedAt: NotRequired[str | None]
    issuedBy: NotRequired[Literal["user", "token-exchange"]]
    fineGrained: NotRequired[FineGrainedDict]
    authorization: NotRequired[AuthorizationDict | None]
    revoked: NotRequired[RevocationDict | None]


class OrgDocument(TypedDict):
    """All that decisions about an organization are made from. It never holds a raw token."""

    format: Literal["tokenward.org/1"]
    organization: OrganizationDict
    generation: NotRequired[int]
    members: NotRequired[list[MemberDict]]
    serviceAccounts: NotRequired[list[ServiceAccountDict]]
    resourceGroups: NotRequired[list[ResourceGroupDict]]
    resources: NotRequired[list[RepositoryDict]]
    tokens: NotRequired[list[DocumentTokenDict]]
