"""Organizations: who is in them, what is in them, what happened in them; and their setting up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import EllipsisType
from typing import TYPE_CHECKING

from tokenward.answers import AuditEntryDict, GroupDict, MembershipDict, OrganizationInfoDict, OrgMemberDict
from tokenward.calls.call import Call, given, nothing, path
from tokenward.calls.own_tokens import page_of
from tokenward.calls.shape import many, one
from tokenward.errors import ParseError
from tokenward.types import RepositoryDict

if TYPE_CHECKING:
    from tokenward.types import MemberDict, OrgDocument
    from tokenward.words import Plan, Role, TokenPolicy, Visibility

__all__ = [
    "audit_log",
    "create_organization",
    "delete_group",
    "delete_repository",
    "document",
    "list_members",
    "put_group",
    "put_member",
    "put_repository",
    "remove_member",
    "set_plan",
]


def document(org: str) -> Call[OrgDocument]:
    """The organization as a document, from which `Authorizer` decides; digests are left out.

    >>> authorizer = Authorizer.from_document(client.document("acme"))
    >>> authorizer.org, authorizer.generation
    ('acme', 42)

    Raises:
        ForbiddenError: the calling token may not.
        NotFoundError: no organization of that name, or not for this token.
    """
    return Call("GET", _of(org, "document"))


def audit_log(org: str, q: str | None = None) -> Call[list[AuditEntryDict]]:
    """The audit log, newest entry first, up to 100,000 entries. `q` filters, as on the Hub.

    >>> [entry["type"] for entry in client.audit_log("acme")]
    ['org.token_approval.authorized']

    Raises:
        BadRequestError: a term that there is not.
        ForbiddenError: the calling token may not.
    """
    return Call("GET", _of(org, "audit-log/export"), query={} if q is None else {"q": q}, read=many(AuditEntryDict))


def list_members(
    org: str, *, search: str | None = None, email: str | None = None, page_size: int | None = None
) -> Call[list[OrgMemberDict]]:
    """The members: all, those whose name holds `search`, or the one of a mail address (for administrators).

    >>> [(member["user"], member["role"]) for member in client.list_members("acme")]
    [('ada', 'admin'), ('bob', 'write')]

    Raises:
        ForbiddenError: the calling token may not.
        NotFoundError: no organization of that name, or not for this token.
    """
    asked = {name: text for name, text in (("search", search), ("email", email)) if text is not None}
    return Call("GET", _of(org, "members"), query=asked | page_of(page_size), read=many(OrgMemberDict))


def put_member(org: str, user: str, role: Role, *, if_generation: int | None = None) -> Call[MembershipDict]:
    """Gives a member a role. The site administrator also adds members.

    >>> client.put_member("acme", "bob", "contributor")["role"]
    'contributor'

    Raises:
        NotFoundError: no such member, organization or user.
        ConflictError: it would take the last administrator away, or the generation is another.
        ForbiddenError: the calling token may not.
    """
    body = given(role=role, ifGeneration=if_generation)
    return Call("PUT", _of(org, "members", user=user), body, read=one(MembershipDict))


def remove_member(org: str, user: str, *, if_generation: int | None = None) -> Call[None]:
    """Removes a member, also from all groups; approvals of their tokens are gone, revocations stay.

    >>> client.remove_member("acme", "bob")

    Raises:
        NotFoundError, ConflictError, ForbiddenError: as for `put_member`.
    """
    return Call("DELETE", _of(org, "members", user=user), given(ifGeneration=if_generation), read=nothing)


def put_group(
    org: str, name: str, members: Sequence[MemberDict] = (), *, if_generation: int | None = None
) -> Call[GroupDict]:
    """Makes a resource group, or sets its members: exactly these.

    >>> client.put_group("acme", "secret-lab", [{"user": "bob", "role": "write"}])["name"]
    'secret-lab'

    Raises:
        ConflictError: somebody is no member of the organization, or the generation is another.
        ForbiddenError: the calling token may not.
    """
    body = given(members=list(members), ifGeneration=if_generation)
    return Call("PUT", _of(org, "resource-groups", name=name), body, read=one(GroupDict))


def delete_group(org: str, name: str, *, if_generation: int | None = None) -> Call[None]:
    """Deletes a resource group.

    >>> client.delete_group("acme", "secret-lab")

    Raises:
        NotFoundError: there is none of that name.
        ConflictError: it holds repositories, or the generation is another.
        ForbiddenError: the calling token may not.
    """
    return Call("DELETE", _of(org, "resource-groups", name=name), given(ifGeneration=if_generation), read=nothing)


def put_repository(
    resource: str | Mapping[str, str],
    *,
    visibility: Visibility | None = None,
    gated: bool | None = None,
    gated_users: Sequence[str] | None = None,
    resource_group: str | EllipsisType | None = ...,
    created_by: str | EllipsisType | None = ...,
) -> Call[RepositoryDict]:
    """Lists a repository, or changes how it is listed; what is left out stays, `None` is no group or nobody.

    >>> client.put_repository("model:acme/bert", visibility="public", gated=True)["gated"]
    True

    Raises:
        ParseError: the resource is no repository.
        ForbiddenError: the calling token may not.
        NotFoundError: no such organization or group.
    """
    body = given(visibility=visibility, gated=gated)
    if gated_users is not None:
        body["gatedUsers"] = list(gated_users)
    kept = {"resourceGroup": resource_group, "createdBy": created_by}
    body |= {name: value for name, value in kept.items() if not isinstance(value, EllipsisType)}
    return Call("PUT", _repository(resource), body, read=one(RepositoryDict))


def delete_repository(resource: str | Mapping[str, str]) -> Call[None]:
    """Lists a repository no longer, and removes the grants on it.

    >>> client.delete_repository("model:acme/bert")

    Raises:
        ParseError: the resource is no repository.
        ForbiddenError: the calling token may not.
        NotFoundError: it is not listed.
    """
    return Call("DELETE", _repository(resource), read=nothing)


def create_organization(
    name: str, *, plan: Plan | None = None, policy: TokenPolicy | None = None
) -> Call[OrganizationInfoDict]:
    """Makes an organization: for the site administrator.

    >>> client.create_organization("acme", plan="enterprise")["name"]
    'acme'

    Raises:
        BadRequestError: the name is none.
        ConflictError: the name is taken, or was.
        ForbiddenError: the calling token is not the site administrator's.
    """
    body = given(name=name, plan=plan, tokenPolicy=policy)
    return Call("POST", "/api/organizations", body, read=one(OrganizationInfoDict))


def set_plan(org: str, plan: Plan, *, if_generation: int | None = None) -> Call[OrganizationInfoDict]:
    """Changes what an organization pays for: for the site administrator.

    >>> client.set_plan("acme", "team")["plan"]
    'team'

    Raises:
        NotFoundError: no such organization.
        ForbiddenError: the calling token is not the site administrator's.
    """
    return Call("PATCH", _of(org), given(plan=plan, ifGeneration=if_generation), read=one(OrganizationInfoDict))


def _of(org: str, *fixed: str, **named: str) -> str:
    return path("/api/organizations", ("org", org), *fixed, *named.items())


def _repository(resource: str | Mapping[str, str]) -> str:
    kind, _, whole = resource.partition(":") if isinstance(resource, str) else ("", "", "")
    if not isinstance(resource, str):
        kind, whole = str(resource.get("type", "")), str(resource.get("name", ""))
    namespace, _, name = whole.partition("/")
    if not (kind and namespace and name):
        raise ParseError("resource", "must be a repository, like `model:acme/bert`")
    return _of(namespace, "resources", type=kind, namespace=namespace, name=name)
