// What is thrown: one class with a stable code. No error ever holds a raw token.

import type { SnapshotErrorCode } from "./words.js";

/**
 * Why something failed. Codes are never renamed, only added to.
 *
 * - `parse_error`: a value that is not what it should be: a document, a resource, a time, keys.
 * - `invalid_type`: a value of a type that is not taken.
 * - `no_snapshot`: the authorizer is made from a document, and a snapshot is needed.
 * - `no_documents`: `tokenward/snapshots` decides from snapshots only.
 * - `freed`: the object was freed before.
 * - all others: why a snapshot, a manifest or a block is refused.
 */
export type ErrorCode = "parse_error" | "invalid_type" | "no_snapshot" | "no_documents" | "freed" | SnapshotErrorCode;

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
