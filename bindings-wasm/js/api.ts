// Everything that the package exports. The module has to be started before anything is called, which
// the entry points `node`, `workerd` and `browser` do.

export { Authorizer, type Code, isAllowed, reasonOf } from "./authorizer.js";
export { type ErrorCode, TokenwardError } from "./errors.js";
export { type PassRequest, type Verdict, isGit, needsBody, presented } from "./gateway.js";
export type { Refresh } from "./refresh.js";
export { type Found, type TokenSecret, parseToken, scan } from "./secret.js";
export type * from "./types.js";
export { ACTIONS, BODY_LIMIT, REASONS } from "./words.js";
export type {
  Action,
  Badge,
  Check,
  Permission,
  Plan,
  Reason,
  ResourceType,
  Role,
  SnapshotErrorCode,
  TokenKind,
  TokenPolicy,
  Visibility,
  Who,
} from "./words.js";
