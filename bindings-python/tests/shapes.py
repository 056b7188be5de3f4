"""The types of answers, held against real answers: nothing may be missing, nothing may be there that has no field."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, TypeAdapter
from tokenward import Decision, answers, results, types

__all__ = ["SHAPES", "validate"]

SHAPES: dict[str, Any] = {
    "whoami": answers.WhoamiDict,
    "list_tokens": list[answers.OwnTokenDict],
    "show_token": answers.OwnTokenDict,
    "update_token": answers.OwnTokenDict,
    "create_token": answers.OwnTokenDict,
    "rotate_token": answers.OwnTokenDict,
    "delete_token": None,
    "check": types.DecisionDict,
    "explain": types.ExplanationDict,
    "explain_request": list[types.FullExplanationDict],
    "filter": list[types.ResourceDict],
    "report_credentials": None,
    "list_org_tokens": list[answers.OrgTokenDict],
    "approve_token": answers.OrgTokenDict,
    "deny_token": answers.OrgTokenDict,
    "revoke_token": answers.OrgTokenDict,
    "revoke_token_value": answers.OrgTokenDict,
    "token_policy": answers.TokenPolicyDict,
    "set_token_policy": answers.TokenPolicyDict,
    "preview_policy": types.PreviewDict,
    "document": types.OrgDocument,
    "audit_log": list[answers.AuditEntryDict],
    "list_members": list[answers.OrgMemberDict],
    "put_member": answers.MembershipDict,
    "remove_member": None,
    "put_group": answers.GroupDict,
    "delete_group": None,
    "put_repository": types.RepositoryDict,
    "delete_repository": None,
    "create_organization": answers.OrganizationInfoDict,
    "set_plan": answers.OrganizationInfoDict,
    "list_edge_credentials": list[answers.EdgeCredentialDict],
    "issue_edge_credential": answers.EdgeCredentialDict,
    "withdraw_edge_credential": None,
    "list_edges": answers.EdgesDict,
    "wait_for_generation": answers.GenerationDict,
    "create_user": answers.UserDict,
    "update_user": answers.UserDict,
    "list_user_tokens": list[answers.OwnTokenDict],
    "create_user_token": answers.OwnTokenDict,
    "delete_user_token": None,
}

for module in (answers, types):
    for shape in vars(module).values():
        if hasattr(shape, "__required_keys__"):
            shape.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)


def validate(method: str, answer: Any) -> None:
    """Fails where an answer is not what the method's type says."""
    shape = SHAPES[method]
    if isinstance(answer, results.IssuedToken):
        answer = answer.info
    if isinstance(answer, results.IssuedCredential):
        answer = answer.edge
    if isinstance(answer, Decision):
        answer = answer.to_dict()
    if method == "explain" and "obstacles" in answer:
        shape = types.FullExplanationDict
    TypeAdapter(shape).validate_python(answer)
