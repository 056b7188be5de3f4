// Raw tokens: read, never shown, found in texts.

import { calling, parseError, wrongType } from "./errors.js";
import * as glue from "./glue.js";

// Not in the objects themselves: consoles show private fields too.
const texts = new WeakMap<TokenSecret, string>();
const SHOWN = "<TokenSecret>";

/** A raw token that never prints: its text comes out of `reveal()` alone. Made by `parseToken`. */
export class TokenSecret {
  /** The raw token, for the one place that has to send or store it. */
  reveal(): string {
    const text = texts.get(this);
    if (text === undefined) throw wrongType("token", "must come from `parseToken`");
    return text;
  }

  /** Its last four characters, for display. */
  get last4(): string {
    return glue.last4(this.reveal());
  }

  /** Whether its form and its checksum are those of a token that a Tokenward issues. */
  get ours(): boolean {
    return glue.isOurs(this.reveal());
  }

  /** The SHA-256 under which it is kept, 64 hex digits: what a document's `digest` holds. */
  get digest(): string {
    return glue.digest(this.reveal());
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return SHOWN;
  }

  [Symbol.for("Deno.customInspect")](): string {
    return SHOWN;
  }
}

/** Takes any non-empty string as a token; whether it can be one is for `decide` to say. */
export function parseToken(text: string): TokenSecret {
  if (typeof text !== "string") throw wrongType("token", "must be a string");
  wellFormed(text, "token");
  calling(() => glue.parseToken(text));
  const secret = new TokenSecret();
  texts.set(secret, text);
  return secret;
}

/** The text of a token as people hand it over; nothing is the empty one. */
export function tokenText(token: string | TokenSecret | null | undefined): string {
  if (typeof token === "string") return token;
  if (token == null) return "";
  if (token instanceof TokenSecret) return token.reveal();
  throw wrongType("token", "must be a string or a `TokenSecret`");
}

/** Where a Hub-shaped token is in a text, in UTF-16 units as `slice` counts. */
export interface Found {
  start: number;
  end: number;
  /** Whether its checksum is right, so that a Tokenward issued it. */
  ours: boolean;
}

/** Finds the Hub-shaped tokens of a text: `hf_` and 34 letters, bounded by non-word characters. */
export function scan(text: string): Found[] {
  if (typeof text !== "string") throw wrongType("text", "must be a string");
  const numbers = glue.scan(text);
  const found: Found[] = [];
  for (let at = 0; at < numbers.length; at += 3) {
    found.push({ start: numbers[at]!, end: numbers[at + 1]!, ours: numbers[at + 2] === 1 });
  }
  return found;
}

/** UTF-8 has no lone surrogates: they would silently become another text. */
export function wellFormed(text: string, what: string): void {
  if (/\p{Surrogate}/u.test(text)) throw parseError(what, "must be valid Unicode, without lone surrogates");
}
