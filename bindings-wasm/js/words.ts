// The closed lists of words on the wire, as types.
//
// Written by a test from the core's own lists: UPDATE=1 rewrites it.

export const ACTIONS = [
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
] as const;
export type Action = (typeof ACTIONS)[number];

export type Badge =
  | "pending"
  | "approved"
  | "denied"
  | "revoked";

export type Check =
  | "token_form"
  | "token_known"
  | "token_expiry"
  | "action"
  | "membership"
  | "revocation"
  | "policy_kind"
  | "names_org"
  | "approval"
  | "scope"
  | "role"
  | "gate"
  | "group";

export type Finding =
  | "unused"
  | "inactive"
  | "unrotated"
  | "no_expiry"
  | "unscoped"
  | "org_wide_write"
  | "owner_left"
  | "expiring";

export type Permission =
  | "repo.content.read"
  | "repo.access.read"
  | "repo.write"
  | "discussion.write"
  | "collection.read"
  | "collection.write"
  | "inference.serverless.write"
  | "inference.endpoints.infer.write"
  | "inference.endpoints.write"
  | "job.write"
  | "sql-console.embed.write"
  | "org.read"
  | "org.write"
  | "org.members.read"
  | "org.members.write"
  | "org.repos.read"
  | "org.billing.read"
  | "org.auditLog.write"
  | "org.networkSecurity.read"
  | "org.networkSecurity.write"
  | "org.serviceAccounts.read"
  | "org.serviceAccounts.write"
  | "resourceGroup.write"
  | "org.tokens.read"
  | "org.tokens.write";

export type Plan =
  | "free"
  | "team"
  | "enterprise"
  | "plus";

export const REASONS = [
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
] as const;
export type Reason = (typeof REASONS)[number];

export type ResourceType =
  | "model"
  | "dataset"
  | "space"
  | "kernel"
  | "bucket"
  | "org"
  | "user";

export type Role =
  | "no_access"
  | "read"
  | "contributor"
  | "write"
  | "admin";

export type SnapshotErrorCode =
  | "malformed"
  | "too_large"
  | "unknown_key"
  | "bad_signature"
  | "wrong_org"
  | "rollback"
  | "conflict"
  | "expired"
  | "not_yet_valid"
  | "wrong_block"
  | "missing_block"
  | "lasts_too_long";

export type TokenKind =
  | "read"
  | "write"
  | "fineGrained";

export type TokenPolicy =
  | "default"
  | "fine-grained-only"
  | "require-approval";

export type Visibility =
  | "public"
  | "private";

export type Who =
  | "owner"
  | "org_admin"
  | "nobody";

/** How much of a body is looked at, in bytes; requests with more are refused where it matters. */
export const BODY_LIMIT = 65536;
