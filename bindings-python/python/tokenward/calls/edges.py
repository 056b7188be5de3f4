"""Edges, which decide from signed snapshots: their credentials, how far each is, and waiting for them."""

from __future__ import annotations

from typing import Any

from tokenward.answers import EdgeCredentialDict, EdgesDict, GenerationDict
from tokenward.calls.call import Call, given, nothing, path
from tokenward.calls.shape import many, one
from tokenward.errors import ParseError
from tokenward.results import IssuedCredential

__all__ = ["issue_edge_credential", "list_edge_credentials", "list_edges", "wait_for_generation", "withdraw_edge_credential"]


def list_edge_credentials(org: str) -> Call[list[EdgeCredentialDict]]:
    """The credentials with which edges fetch the snapshots of an organization.

    >>> [edge["name"] for edge in client.list_edge_credentials("acme")]
    ['eu-1']

    Raises:
        ForbiddenError: the calling token may not.
        NotFoundError: no organization of that name, or not for this token.
    """
    return Call("GET", _snapshot(org, "edge-credentials"), read=many(EdgeCredentialDict))


def issue_edge_credential(org: str, name: str, *, if_generation: int | None = None) -> Call[IssuedCredential]:
    """Issues a credential for an edge: it fetches snapshots, reports, and may do nothing else.

    >>> issued = client.issue_edge_credential("acme", "eu-1")
    >>> issued.credential, issued.edge["name"]
    (<TokenSecret>, 'eu-1')

    Raises:
        BadRequestError: the name is none.
        ConflictError: there is one of that name, or the generation is another.
        ForbiddenError: the calling token may not.
    """
    body = given(name=name, ifGeneration=if_generation)
    return Call("POST", _snapshot(org, "edge-credentials"), body, read=_issued)


def withdraw_edge_credential(org: str, name: str) -> Call[None]:
    """Withdraws the credential of an edge. What it has fetched it may decide from until that is too old.

    >>> client.withdraw_edge_credential("acme", "eu-1")

    Raises:
        NotFoundError: there is none of that name.
        ForbiddenError: the calling token may not.
    """
    return Call("DELETE", path(_snapshot(org, "edge-credentials"), ("name", name)), read=nothing)


def list_edges(org: str) -> Call[EdgesDict]:
    """Which edge has applied which generation, and the newest generation.

    Whoever reads snapshots with a token is listed by the token's id, in place of an edge's name.

    >>> edges = client.list_edges("acme")
    >>> edges["generation"], [(edge["edge"], edge["generation"]) for edge in edges["edges"] if edge["live"]]
    (42, [('eu-1', 42)])

    Raises:
        ForbiddenError: the calling token may not.
        NotFoundError: no organization of that name, or not for this token.
    """
    return Call("GET", _snapshot(org, "edges"), read=one(EdgesDict))


def wait_for_generation(org: str, generation: int, *, timeout: int | None = None) -> Call[GenerationDict]:
    """Waits until every live edge has applied a generation, up to 25 seconds (else 10), or says who has not.

    After a change, the newest generation of `list_edges` has it.

    >>> client.wait_for_generation("acme", 42)["complete"]
    True

    Raises:
        BadRequestError: `timeout` is none.
        NotFoundError: there has been no such generation.
        ForbiddenError: the calling token may not.
    """
    if isinstance(generation, bool) or not isinstance(generation, int) or generation < 0:
        raise ParseError("generation", "must be a number")
    query = {} if timeout is None else {"timeout": str(timeout)}
    waiting = path("/api/organizations", ("org", org), f"generations/{generation}/wait")
    return Call("GET", waiting, query=query, read=one(GenerationDict))


def _snapshot(org: str, what: str) -> str:
    return path("/api/organizations", ("org", org), f"snapshot/{what}")


def _issued(answer: Any) -> IssuedCredential:
    """What is said beside the value is taken as it is: an error would lose the value, which is shown this once."""
    from tokenward import parse_token

    return IssuedCredential(parse_token(answer["credential"]), answer["edge"])
