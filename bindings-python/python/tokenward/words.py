"""The closed lists of words on the wire (contract §1, §4, §5, §9), as types.

Written by a test from the core's own lists: UPDATE=1 rewrites it.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Action: TypeAlias = Literal[
    "repo.content.read",
    "repo.write",
    "repo.create",
    "repo.admin",
    "repo.access.read",
    "discussion.write",
    "collection.read",
    "collection.write",
    "inference.serverless.write",
    "inference.endpoints.infer.write",
    "inference.endpoints.write",
    "job.write",
    "sql-console.embed.write",
    "org.read",
    "org.members.read",
    "org.repos.read",
    "org.write",
    "org.members.write",
    "org.billing.read",
    "org.auditLog.write",
    "org.networkSecurity.read",
    "org.networkSecurity.write",
    "org.serviceAccounts.read",
    "org.serviceAccounts.write",
    "resourceGroup.write",
    "org.tokens.read",
    "org.tokens.write",
]

Badge: TypeAlias = Literal[
    "pending",
    "approved",
    "denied",
    "revoked",
]

Check: TypeAlias = Literal[
    "token_form",
    "token_known",
    "token_expiry",
    "action",
    "membership",
    "revocation",
    "policy_kind",
    "names_org",
    "approval",
    "scope",
    "role",
    "gate",
    "group",
]

Finding: TypeAlias = Literal[
    "unused",
    "inactive",
    "unrotated",
    "no_expiry",
    "unscoped",
    "org_wide_write",
    "owner_left",
    "expiring",
]

Permission: TypeAlias = Literal[
    "repo.content.read",
    "repo.access.read",
    "repo.write",
    "discussion.write",
    "collection.read",
    "collection.write",
    "inference.serverless.write",
    "inference.endpoints.infer.write",
    "inference.endpoints.write",
    "job.write",
    "sql-console.embed.write",
    "org.read",
    "org.write",
    "org.members.read",
    "org.members.write",
    "org.repos.read",
    "org.billing.read",
    "org.auditLog.write",
    "org.networkSecurity.read",
    "org.networkSecurity.write",
    "org.serviceAccounts.read",
    "org.serviceAccounts.write",
    "resourceGroup.write",
    "org.tokens.read",
    "org.tokens.write",
]

Plan: TypeAlias = Literal[
    "free",
    "team",
    "enterprise",
    "plus",
]

Reason: TypeAlias = Literal[
    "granted",
    "public",
    "missing_token",
    "organization_token",
    "invalid_token",
    "expired_token",
    "unknown_action",
    "not_found",
    "token_revoked",
    "fine_grained_required",
    "token_scope",
    "token_pending",
    "token_denied",
    "gated_token",
    "role_insufficient",
    "gated_user",
    "snapshot_stale",
]

ResourceType: TypeAlias = Literal[
    "model",
    "dataset",
    "space",
    "kernel",
    "bucket",
    "org",
    "user",
]

Role: TypeAlias = Literal[
    "no_access",
    "read",
    "contributor",
    "write",
    "admin",
]

TokenKind: TypeAlias = Literal[
    "read",
    "write",
    "fineGrained",
]

TokenPolicy: TypeAlias = Literal[
    "default",
    "fine-grained-only",
    "require-approval",
]

Visibility: TypeAlias = Literal[
    "public",
    "private",
]

Who: TypeAlias = Literal[
    "owner",
    "org_admin",
    "nobody",
]
