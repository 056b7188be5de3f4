// One organization, ready to be decided about.

/// <reference lib="esnext.disposable" preserve="true" />

import { TokenwardError, calling, included } from "./errors.js";
import { type PassRequest, type Verdict, pass } from "./gateway.js";
import type { Engine } from "./glue.js";
import * as glue from "./glue.js";
import { theDesk } from "./module.js";
import { ask, binary, json, moment, whole } from "./question.js";
import { Refresh } from "./refresh.js";
import type { TokenSecret } from "./secret.js";
import type {
  Decision,
  Explanation,
  Finding,
  Keys,
  OrgDocument,
  Preview,
  Question,
  Resource,
  SnapshotOptions,
  Thresholds,
  Time,
} from "./types.js";
import { type Action, REASONS, type Reason, type TokenPolicy } from "./words.js";

/**
 * A decision as a number: twice the place of its reason in `REASONS`, and one more if it allows.
 * `isAllowed` and `reasonOf` read it.
 */
export type Code = number;

/** Whether a decision allows. */
export function isAllowed(code: Code): boolean {
  return (code & 1) === 1;
}

/** The reason of a decision. */
export function reasonOf(code: Code): Reason {
  const reason = REASONS[code >> 1];
  if (reason === undefined) throw new TokenwardError("parse_error", "code", "must come from `check`");
  return reason;
}

/**
 * Decides for one organization and for its members' own namespaces.
 *
 * It never changes: a newer document or snapshot makes a new one. It is kept in the module's memory
 * until it is garbage, or until `free()` is called.
 */
export class Authorizer {
  #engine: Engine | undefined;
  readonly #maxAge: number;
  /** The organization's name. */
  readonly org: string;
  /** The generation that it decides at: the number of the organization's newest change in it. */
  readonly generation: number;
  /** When the snapshot was issued; null for a document. */
  readonly issued: Date | null;
  /** From when on everything is refused, because the snapshot is too old; null for a document. */
  readonly staleFrom: Date | null;

  private constructor(engine: Engine, maxAge: number) {
    this.#engine = engine;
    this.#maxAge = maxAge;
    this.org = engine.org();
    this.generation = engine.generation();
    const [issued, staleFrom] = engine.times();
    this.issued = issued === undefined ? null : new Date(issued);
    this.staleFrom = staleFrom === undefined ? null : new Date(staleFrom);
  }

  /** An authorizer from an org document: an object, or its JSON. */
  static fromDocument(document: OrgDocument | object | string): Authorizer {
    included(glue.Engine.fromDocument, "fromDocument");
    const text = json(document, "document");
    return new Authorizer(calling(() => glue.Engine.fromDocument(text)), Infinity);
  }

  /**
   * An authorizer from a signed snapshot (a bundle), once all of it is verified.
   *
   * `keys` are the public keys that are trusted, as in `GET /.well-known/tokenward-keys`. From the
   * time on at which the snapshot expires, or when it is `maxAge` seconds old, everything is denied
   * with `snapshot_stale`.
   */
  static fromSnapshot(bundle: Uint8Array, keys: Keys | string, now?: Time, options: SnapshotOptions = {}): Authorizer {
    const maxAge = (whole(options.maxAge, "maxAge", "seconds") ?? Infinity) * 1000;
    const [bytes, jwks, time] = [binary(bundle, "snapshot"), json(keys, "keys"), moment(now)];
    return new Authorizer(calling(() => glue.Engine.fromSnapshot(bytes, jwks, time, maxAge)), maxAge);
  }

  /** Decides about a request. Takes about a microsecond where it allows. */
  decide(question: Question): Decision {
    const { token, tokenId, action, resource, now } = question;
    const code = ask(this.#held(), "decide", token, tokenId, action, resource, now);
    if ((code & 1) === 0) return JSON.parse(theDesk().answer());
    return {
      decision: "allow",
      reason: REASONS[code >> 1]!,
      status: 200,
      message: null,
      generation: this.generation,
      remedy: null,
    };
  }

  /** The same decision as a number, for the hot path: no object is built. */
  check(
    token: string | TokenSecret | null | undefined,
    action: Action | (string & {}),
    resource: string | Resource,
    now?: Time,
  ): Code {
    return ask(this.#held(), "judge", token, undefined, action, resource, now);
  }

  /** Decides, and says how every check came out. */
  explain(question: Question): Explanation {
    const { token, tokenId, action, resource, now } = question;
    ask(this.#held(), "explain", token, tokenId, action, resource, now);
    return JSON.parse(theDesk().answer());
  }

  /** Which tokens another token policy would let in or shut out. */
  preview(policy: TokenPolicy | (string & {})): Preview {
    const engine = this.#held();
    included(engine.preview, "preview");
    return JSON.parse(calling(() => engine.preview(String(policy))));
  }

  /** What is wrong with the organization's tokens, though nothing is denied for it. */
  findings(options: Thresholds = {}): Finding[] {
    const days = (name: Exclude<keyof Thresholds, "now">) => whole(options[name], name, "days");
    const engine = this.#held();
    included(engine.findings, "findings");
    const text = engine.findings(
      moment(options.now),
      days("unusedDays"),
      days("inactiveDays"),
      days("unrotatedDays"),
      days("expiringDays"),
    );
    return JSON.parse(text);
  }

  /** Whether a request may pass to the hub, and on whose behalf: what a gateway asks. */
  pass(request: PassRequest): Verdict {
    return pass(this.#held(), request);
  }

  /**
   * Begins to read the next manifest of the snapshot. Throws if it is not newer, not for this
   * organization, or not signed with one of the keys; this authorizer stays as it is.
   */
  refresh(manifest: Uint8Array, keys: Keys | string, now?: Time): Refresh {
    const engine = this.#held();
    const [bytes, jwks, time] = [binary(manifest, "manifest"), json(keys, "keys"), moment(now)];
    const begun = calling(() => engine.refresh(bytes, jwks, time));
    return new Refresh(begun, (next) => new Authorizer(next, this.#maxAge), this.#maxAge);
  }

  /** The sealed manifest of the snapshot: what `refresh` takes. */
  manifest(): Uint8Array {
    return calling(() => this.#held().manifest());
  }

  /** Whether the snapshot is signed with one of these keys: one that was withdrawn may have been stolen. */
  isSignedBy(keys: Keys | string): boolean {
    const engine = this.#held();
    const jwks = json(keys, "keys");
    return calling(() => engine.isSignedBy(jwks));
  }

  /** The snapshot as a bundle again, to be kept. */
  bundle(): Uint8Array {
    return calling(() => this.#held().bundle());
  }

  /** Gives its memory back at once; afterwards it answers nothing. Repeating it does nothing. */
  free(): void {
    this.#engine?.free();
    this.#engine = undefined;
  }

  #held(): Engine {
    if (!this.#engine) throw new TokenwardError("freed", "authorizer", "was freed before");
    return this.#engine;
  }
}

/** Where the host has `using`. */
export interface Authorizer {
  [Symbol.dispose](): void;
}

if (Symbol.dispose) Authorizer.prototype[Symbol.dispose] = Authorizer.prototype.free;
