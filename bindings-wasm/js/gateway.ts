// May a request pass to the hub? For workers and other gateways.

import { wrongType } from "./errors.js";
import type { Engine } from "./glue.js";
import * as glue from "./glue.js";
import { moment } from "./question.js";
import { type TokenSecret, tokenText } from "./secret.js";
import type { Time } from "./types.js";
import type { Reason } from "./words.js";

/** A request to the hub. */
export interface PassRequest {
  method: string;
  /** In origin form: path and query, as they came. */
  uri: string;
  /** Its first `BODY_LIMIT` bytes and one more at most, where `needsBody` asks for it. */
  body?: Uint8Array | string | null;
  token?: string | TokenSecret | null;
  now?: Time;
}

/** Whether a request may pass. */
export interface Verdict {
  decision: "allow" | "deny";
  reason: Reason;
  status: number;
  /** Null where it may pass. */
  message: string | null;
  /** The text of `X-Error-Code`, where the Hub sends one. */
  errorCode: string | null;
  /** The owner of a valid token. */
  user: string | null;
  /** Null also where the snapshot has no ids. */
  tokenId: string | null;
  /** For a listing that the hub filters: the organizations all of whose repositories may show. */
  orgs: string[] | null;
  /** The text of `X-HF-Warning`, when the token expires soon. */
  warning: string | null;
  /**
   * Whether that is what the server would say. One organization's document or snapshot knows neither
   * other namespaces nor tokens that have nothing to do with it: then the server has to be asked.
   */
  settled: boolean;
  /** The headers of a gateway's answer, in lower case. `www-authenticate` may stand there twice. */
  headers: [name: string, value: string][];
  /** The `error` of the answer's body, where the request may not pass. */
  error: string | null;
}

/** Whether a request is judged from its body. */
export function needsBody(method: string, uri: string): boolean {
  return glue.needsBody(text(method, "method"), text(uri, "uri"));
}

/** Whether git asks: it shows its user what refuses it only where that is plain text. */
export function isGit(uri: string): boolean {
  return glue.isGit(text(uri, "uri"));
}

/**
 * The raw token that an `Authorization` header presents: of `Bearer`, or the password of `Basic`. What
 * is unreadable is a token that nobody knows; a header that was sent twice has both, with a comma between.
 */
export function presented(authorization: string | null | undefined): string | null {
  return glue.presented(text(authorization ?? "", "authorization")) ?? null;
}

export function pass(engine: Engine, request: PassRequest): Verdict {
  const { body, now } = request;
  const [method, uri] = [text(request.method, "method"), text(request.uri, "uri")];
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : (body ?? undefined);
  if (bytes && !(bytes instanceof Uint8Array)) throw wrongType("body", "must be a `Uint8Array` or a string");
  return JSON.parse(engine.pass(method, uri, bytes, tokenText(request.token), moment(now)));
}

function text(value: string, what: string): string {
  if (typeof value !== "string") throw wrongType(what, "must be a string");
  return value;
}
