// The shapes of JSON that all parts of Tokenward share: documents, questions, decisions, findings.

import type { TokenSecret } from "./secret.js";
import type {
  Action,
  Check,
  Finding as FindingKind,
  Plan,
  Reason,
  ResourceType,
  Role,
  TokenKind,
  TokenPolicy,
  Visibility,
  Who,
} from "./words.js";

/** RFC 3339, a `Date`, or milliseconds since 1970 as `Date.now()` gives them. */
export type Time = string | Date | number;

/** What an action is done to. */
export interface Resource {
  type: ResourceType | (string & {});
  name: string;
}

/** What `decide` and `explain` are asked. */
export interface Question {
  /** A raw token; none, or an empty one, is no token. */
  token?: string | TokenSecret | null;
  /** In place of `token`: a token, taken as presented, by its id. */
  tokenId?: string | null;
  /** An action that does not exist is denied. */
  action: Action | (string & {});
  /** `type:name`, or both apart. */
  resource: string | Resource;
  /** Left out, the host's clock. */
  now?: Time;
}

/** What would make a denied request work. */
export interface Remedy {
  who: Who;
  do: string;
  text: string;
}

/** A decision; `message` and `remedy` are null when it allows. */
export interface Decision {
  decision: "allow" | "deny";
  reason: Reason;
  status: number;
  message: string | null;
  generation: number | null;
  remedy: Remedy | null;
}

/** How one of the thirteen checks came out. */
export interface CheckOutcome {
  check: Check;
  outcome: "pass" | "fail" | "skip";
  detail: string;
}

/** A decision with all checks. */
export interface Explanation extends Decision {
  checks: CheckOutcome[];
}

/** What another token policy would do; `tokens` are those that change. */
export interface Preview {
  generation: number;
  summary: { unchanged: number; blocked: number; unblocked: number };
  tokens: { id: string; before: Reason; after: Reason }[];
}

/** Something about a token that somebody should look at. */
export interface Finding {
  token: string;
  finding: FindingKind;
  since?: string;
  text: string;
}

/** Thresholds in days. */
export interface Thresholds {
  now?: Time;
  /** Never used: 30. */
  unusedDays?: number;
  /** Last used: 90. */
  inactiveDays?: number;
  /** Not rotated: 365. */
  unrotatedDays?: number;
  /** Expires soon: 14. */
  expiringDays?: number;
}

/** A JWKS with Ed25519 keys. */
export interface Keys {
  keys: readonly object[];
}

/** How a snapshot is decided from. */
export interface SnapshotOptions {
  /** In seconds; never longer than the snapshot says itself. */
  maxAge?: number;
}

/** All that decisions about an organization are made from. It never holds a raw token. */
export interface OrgDocument {
  format: "tokenward.org/1";
  organization: { name: string; plan?: Plan; tokenPolicy?: TokenPolicy | "no-approval" };
  generation?: number;
  members?: Member[];
  serviceAccounts?: { name: string }[];
  resourceGroups?: { name: string; members?: Member[] }[];
  resources?: Repository[];
  tokens?: DocumentToken[];
}

/** A member of an organization or of a resource group. */
export interface Member {
  user: string;
  role: Role;
}

/** A listed repository. */
export interface Repository {
  type: ResourceType;
  name: string;
  visibility?: Visibility;
  gated?: boolean;
  resourceGroup?: string | null;
  createdBy?: string | null;
  gatedUsers?: string[];
}

/** A token in a document, with what the organization says to it. */
export interface DocumentToken {
  id: string;
  owner: string;
  role: TokenKind;
  createdAt: string;
  displayName?: string | null;
  digest?: string | null;
  last4?: string | null;
  expiresAt?: string | null;
  lastUsedAt?: string | null;
  issuedBy?: "user" | "token-exchange";
  fineGrained?: FineGrained;
  authorization?: Authorization | null;
  revoked?: { at: string; by: string; reason?: string | null } | null;
}

/** What a fine-grained token may do; unknown permissions and entities are kept, and grant nothing. */
export interface FineGrained {
  canReadGatedRepos?: boolean;
  global?: string[];
  scoped?: { entity: { type: string; name: string }; permissions: string[] }[];
}

/** The approval state of one token in one organization. */
export interface Authorization {
  status: "pending" | "approved" | "denied";
  decidedAt?: string | null;
  decidedBy?: string | null;
  reason?: string | null;
  requestedAt?: string | null;
}
