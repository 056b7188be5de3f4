// A gateway's settings as words, as hosts keep them in their environment. `docs/edge.md` lists them.

import type { GateOptions } from "./gate.js";

/** The settings of a gateway. */
export interface Settings {
  /** The token server's address. */
  TOKENWARD_ENDPOINT?: string;
  /** The organizations, with commas between them. */
  TOKENWARD_ORGS?: string;
  /** An edge credential, where there is one organization, or a token that may read them all (a secret). */
  TOKENWARD_CREDENTIAL?: string;
  /** An edge credential for each, where there are several: `acme=hf_…,strict=hf_…` (a secret). */
  TOKENWARD_CREDENTIALS?: string;
  /** The keys to trust, as `/.well-known/tokenward-keys` answers them; fetched if left out. */
  TOKENWARD_KEYS?: string;
  /** When a snapshot is too old, in seconds, if that is sooner than the server says. */
  TOKENWARD_MAX_AGE?: string;
  /** `refuse` (the default) or `ask`: what to do when the snapshot is too old. */
  TOKENWARD_STALE?: string;
  /** `ask` (the default) or `answer`: what to do with requests that no snapshot settles. */
  TOKENWARD_ELSEWHERE?: string;
  /** `pass` (the default) or `judge`: what to do with the token server's own calls, such as `whoami-v2`. */
  TOKENWARD_OWN?: string;
}

/** The options that settings stand for. Throws for what is none, without a word of its value. */
export function settings(given: Settings): GateOptions {
  const { TOKENWARD_KEYS: keys, TOKENWARD_MAX_AGE: age } = given;
  return {
    endpoint: needed(given, "TOKENWARD_ENDPOINT"),
    orgs: list(given, "TOKENWARD_ORGS"),
    credential: given.TOKENWARD_CREDENTIAL || credentials(given),
    ...(keys ? { keys } : {}),
    ...(age ? { maxAge: whole(age, "TOKENWARD_MAX_AGE", "seconds") } : {}),
    stale: oneOf(["refuse", "ask"], given, "TOKENWARD_STALE"),
    elsewhere: oneOf(["ask", "answer"], given, "TOKENWARD_ELSEWHERE"),
    own: oneOf(["pass", "judge"], given, "TOKENWARD_OWN"),
  };
}

/** How a gateway learns of changes that lives from request to request, such as the worker. */
export interface FollowSettings {
  /** `events` (the default) or `poll`: how the newest snapshot is learned of. */
  TOKENWARD_FOLLOW?: string;
  /** How many milliseconds may pass before the server is asked again where no stream is open; 1000 if left out. */
  TOKENWARD_CHECK?: string;
}

/** What those stand for. Throws like `settings`. */
export function following(given: FollowSettings): { byEvents: boolean; check: number } {
  return {
    byEvents: oneOf(["events", "poll"], given, "TOKENWARD_FOLLOW") === "events",
    check: whole(given.TOKENWARD_CHECK || "1000", "TOKENWARD_CHECK", "milliseconds"),
  };
}

function needed(given: Settings, name: keyof Settings): string {
  const value = given[name];
  if (!value) throw new TypeError(`${name} is not set`);
  return value;
}

/** One of these words; the first if none is given. */
function oneOf<Name extends string, Word extends string>(
  words: readonly [Word, ...Word[]], given: Readonly<Partial<Record<Name, string>>>, name: Name,
): Word {
  const value = given[name] || words[0];
  const word = words.find((word) => word === value);
  if (word === undefined) throw new TypeError(`${name} must be one of: ${words.join(", ")}`);
  return word;
}

/** The module counts in 32 bits. */
function whole(text: string, name: string, unit: string): number {
  if (!/^[0-9]+$/.test(text) || Number(text) >= 2 ** 32) throw new TypeError(`${name} must be a whole number of ${unit} below 2^32`);
  return Number(text);
}

function list(given: Settings, name: keyof Settings): string[] {
  const parts = needed(given, name).split(",").map((part) => part.trim());
  if (parts.includes("")) throw new TypeError(`${name} has nothing before or after a comma`);
  return parts;
}

/** No value has a comma or an equals sign. */
function credentials(given: Settings): Record<string, string> {
  return Object.fromEntries(list(given, "TOKENWARD_CREDENTIALS").map((pair) => pair.split("=", 2)));
}
