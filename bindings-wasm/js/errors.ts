// What is thrown: one class with a stable code. No error ever holds a raw token.

import type { SnapshotErrorCode } from "./words.js";

/**
 * Why something failed. Codes are never renamed, only added to.
 *
 * - `parse_error`: a value that is not what it should be: a document, a resource, a time, keys.
 * - `invalid_type`: a value of a type that is not taken.
 * - `no_snapshot`: the authorizer is made from a document, and a snapshot is needed.
 * - `not_included`: `tokenward/snapshots` has no documents, previews and findings; `tokenward` has.
 * - `freed`: the object was freed before.
 * - all others: why a snapshot, a manifest or a block is refused.
 */
export type ErrorCode = "parse_error" | "invalid_type" | "no_snapshot" | "not_included" | "freed" | SnapshotErrorCode;

/** The one error of this package. */
export class TokenwardError extends Error {
  /** Why, for programs. */
  readonly code: ErrorCode;
  /** What it is about: `resource`, `tokens[3].digest`, … */
  readonly what: string;

  constructor(code: ErrorCode, what: string, why: string) {
    super(`${what}: ${why}`);
    this.name = "TokenwardError";
    this.code = code;
    this.what = what;
  }
}

export function wrongType(what: string, why: string): TokenwardError {
  return new TokenwardError("invalid_type", what, why);
}

export function parseError(what: string, why: string): TokenwardError {
  return new TokenwardError("parse_error", what, why);
}

/** That a call is not there in the part of the package for edges. */
export function included(call: unknown, what: string): void {
  if (!call) throw new TokenwardError("not_included", what, "needs the whole of the package: import `tokenward`");
}

/** An error as the module writes it: its code, what it is about and why, each on a line. */
export function written(text: string): TokenwardError {
  const [code, what, ...why] = text.split("\n");
  return new TokenwardError(code as ErrorCode, what ?? "", why.join("\n"));
}

/** Calls the module, which throws texts. */
export function calling<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    throw typeof thrown === "string" ? written(thrown) : thrown;
  }
}
