"""The shapes of a server's answers (contract §7, and the Hub where they are the Hub's). Fields are named as on the wire.

Times are RFC 3339 strings in UTC, ids are 24 hex digits.
"""

from __future__ import annotations

import sys
from typing import Any, Literal

from tokenward.types import FineGrainedDict, MemberDict
from tokenward.words import Badge, Plan, Role, TokenKind, TokenPolicy

# Before 3.12 the standard ones do not tell libraries that validate what is optional.
if sys.version_info >= (3, 12):
    from typing import NotRequired, TypedDict
else:
    from typing_extensions import NotRequired, TypedDict


class ShownEntityDict(TypedDict):
    """What a grant is on, in the Hub's shape; `_id` is null where it names nothing."""

    _id: str | None
    type: str
    name: str


class ShownGrantDict(TypedDict):
    """Permissions on one entity, in the Hub's shape."""

    entity: ShownEntityDict
    permissions: list[str]


ShownFineGrainedDict = TypedDict(
    "ShownFineGrainedDict", {"canReadGatedRepos": bool, "global": list[str], "scoped": list[ShownGrantDict]}
)
ShownFineGrainedDict.__doc__ = "What a fine-grained token may do, in the Hub's shape."


# One's own tokens.


class AccessTokenDict(TypedDict):
    """The token in use."""

    displayName: str | None
    role: TokenKind
    createdAt: str
    fineGrained: NotRequired[ShownFineGrainedDict]


class AuthDict(TypedDict):
    """How the call was authenticated."""

    type: Literal["access_token"]
    accessToken: AccessTokenDict
    expiresAt: NotRequired[str]


class GroupRoleDict(TypedDict):
    """A role in a resource group."""

    id: str
    name: str
    role: Role


class WhoamiOrgDict(TypedDict):
    """One's organization, and what it has against the token in use."""

    type: Literal["org"]
    id: str
    name: str
    fullname: str
    email: None
    canPay: bool
    avatarUrl: str
    periodEnd: None
    plan: NotRequired[Plan]
    roleInOrg: Role | None
    resourceGroups: NotRequired[list[GroupRoleDict]]
    securityRestrictions: NotRequired[list[Literal["token-policy", "token-revoked"]]]


class WhoamiDict(TypedDict):
    """Who a token belongs to."""

    type: Literal["user"]
    id: str | None
    name: str
    fullname: str
    email: str | None
    emailVerified: bool
    canPay: bool
    billingMode: Literal["prepaid"]
    periodEnd: None
    isPro: bool
    avatarUrl: str
    orgs: list[WhoamiOrgDict]
    auth: AuthDict


class ReachedOrgDict(TypedDict):
    """An organization that a token reaches into, and what it says to it."""

    name: str
    status: Literal["allowed", "pending", "denied", "revoked", "blocked"]


class OwnTokenDict(TypedDict):
    """A token as its owner sees it."""

    id: str
    displayName: str | None
    role: TokenKind
    last4: str | None
    createdAt: str
    expiresAt: str | None
    lastUsedAt: str | None
    organizations: list[ReachedOrgDict]
    fineGrained: NotRequired[FineGrainedDict]


# What administrators of an organization see.


class PersonDict(TypedDict):
    """A user, or a service account."""

    _id: str
    user: str
    name: str
    fullname: str
    avatarUrl: str
    type: Literal["user"]


class BadgeDict(TypedDict):
    """What the organization says to a token, who said so, when and why."""

    status: Badge
    requestedAt: NotRequired[str]
    authorizedAt: NotRequired[str]
    authorizer: NotRequired[PersonDict]
    reason: NotRequired[str]


class OrgTokenDict(TypedDict):
    """A token as the administrators of an organization see it; its name only under `require-approval`."""

    _id: str
    displayName: NotRequired[str | None]
    role: TokenKind
    last4: str | None
    createdAt: str
    lastUsedAt: NotRequired[str]
    expiresAt: NotRequired[str]
    owner: PersonDict
    authorization: NotRequired[BadgeDict]
    fineGrained: NotRequired[ShownFineGrainedDict]


class TokenPolicyDict(TypedDict):
    """The token policy of an organization, and the generation at which it is that."""

    tokenPolicy: TokenPolicy
    generation: int


class MemberGroupDict(TypedDict):
    """A resource group of a member."""

    id: str
    name: str
    role: Role
    numUsers: int


class OrgMemberDict(TypedDict):
    """A member; mail addresses are for administrators."""

    _id: str | None
    user: str
    fullname: str
    avatarUrl: str
    isPro: bool
    type: Literal["user"]
    role: Role
    resourceGroups: list[MemberGroupDict]
    email: NotRequired[str | None]
    verifiedEmail: NotRequired[bool]


class AuthorDict(TypedDict):
    """Who did it: a user, or the system itself."""

    _id: str | None
    user: str | None
    avatarUrl: NotRequired[str]
    type: Literal["user", "system"]


class UsedTokenDict(TypedDict):
    """The credential that it was done with."""

    type: Literal["access_token"]
    id: str
    role: TokenKind
    last4: str | None
    deleted: bool


class AuditEntryDict(TypedDict):
    """One change, in the audit log."""

    _id: str
    createdAt: str
    type: str
    data: NotRequired[dict[str, Any]]
    message: str
    author: AuthorDict
    token: NotRequired[UsedTokenDict]
    generation: int


# Edges.


class EdgeCredentialDict(TypedDict):
    """The credential of an edge."""

    id: str
    name: str
    last4: str
    createdAt: str
    createdBy: str | None


class EdgeDict(TypedDict):
    """How far one process of a reader is: of an edge, or of whoever shows a token, by its id.

    Of a credential that nobody has used yet, there is none.
    """

    edge: str | None
    token: str | None
    instance: str | None
    generation: int | None
    appliedAt: str | None
    seenAt: str | None
    live: bool
    withdrawn: bool


class EdgesDict(TypedDict):
    """How far all edges are, and for how many seconds they may decide from what they have."""

    generation: int
    maximumAge: int
    edges: list[EdgeDict]


class GenerationDict(TypedDict):
    """Whether every live edge has applied a generation, how many have, and which have not."""

    generation: int
    complete: bool
    applied: int
    waiting: list[EdgeDict]


# What a site is set up with.


class OrganizationInfoDict(TypedDict):
    """An organization."""

    id: str
    name: str
    plan: Plan
    tokenPolicy: TokenPolicy
    generation: int


class UserDict(TypedDict):
    """A user."""

    id: str
    name: str
    fullname: str | None
    email: str | None
    emailConfirmed: bool
    suspended: bool
    createdAt: str


class MembershipDict(TypedDict):
    """A role that was given."""

    success: Literal[True]
    user: str
    role: Role


class GroupDict(TypedDict):
    """A resource group and its members."""

    id: str
    name: str
    members: list[MemberDict]
