// A gateway: may a request pass to the hub, and with which headers?

import { needsBody, presented, type Verdict } from "tokenward/snapshots";

import { type GateAnswer, PASSES_UNJUDGED, noSnapshot, plainForGit, told } from "./answers.js";
import { PATIENCE } from "./asking.js";
import { Edge, type EdgeOptions, type EdgeStatus } from "./edge.js";
import { teller } from "./errors.js";
import { isOwn } from "./paths.js";
import { type Judged, Questions } from "./questions.js";

/** How a gateway is set up. */
export interface GateOptions extends Omit<EdgeOptions, "org" | "store" | "credential"> {
  /** The organizations whose snapshots it decides from. */
  orgs: readonly string[];
  /**
   * An edge credential is good for one organization: give every organization its own, or one token
   * with `org.tokens.read` in all of them.
   */
  credential: string | Readonly<Record<string, string>>;
  /** Where the snapshot of an organization is kept between runs. */
  store?: (org: string) => NonNullable<EdgeOptions["store"]>;
  /**
   * What to do with a request that no snapshot settles: it is about another namespace, lists
   * everything, or comes with a token that has nothing to do with the organizations. `ask` (the
   * default) asks the server; `answer` answers from the snapshot all the same, which says that the
   * token is unknown.
   */
  elsewhere?: "ask" | "answer";
  /**
   * What to do where a snapshot decides nothing, past its maximum age or before there is one: `refuse`
   * (the default) with 503, or `ask` the server.
   */
  stale?: "refuse" | "ask";
  /**
   * What to do with the token server's own calls that clients make at the hub's address, such as
   * `whoami-v2`: `pass` (the default) lets them pass unjudged to the token server, which judges them
   * itself; `judge` treats them like any other request to the hub.
   */
  own?: "pass" | "judge";
}

/** A request, as far as a gateway looks at it. */
export interface GateRequest {
  method: string;
  /** In origin form: path and query, as they came. */
  uri: string;
  authorization: string | null;
  /** Is asked for where a request is judged from its body: up to `BODY_LIMIT` bytes of it, or nothing if there are more. */
  body?: () => Promise<Uint8Array | undefined>;
}

/** Decides which requests may pass. */
export class Gate {
  readonly edges: readonly Edge[];
  readonly #options: GateOptions;
  readonly #questions: Questions;

  constructor(options: GateOptions) {
    const { orgs, store, credential: given, ...rest } = options;
    if (orgs.length === 0) throw new TypeError("`orgs` must name an organization");
    this.#options = options;
    this.edges = orgs.map((org) => {
      const credential = typeof given === "string" ? given : Object.hasOwn(given, org) ? given[org]! : "";
      return new Edge({ ...rest, org, credential, ...(store ? { store: store(org) } : {}) });
    });
    this.#questions = new Questions(this.edges, teller(options.onError));
  }

  get status(): EdgeStatus[] {
    return this.edges.map((edge) => edge.status);
  }

  /** The token server's address. */
  get endpoint(): string {
    return this.edges[0]!.server.endpoint;
  }

  /**
   * Makes sure that every snapshot was checked within so many milliseconds, as far as that can be.
   * Never throws: what cannot be had shows in `status`, and in what is answered.
   */
  async within(milliseconds: number): Promise<void> {
    // Whoever asks about a request has no need to wait long for a snapshot.
    const patience = this.#options.stale === "ask" ? PATIENCE : undefined;
    await Promise.allSettled(this.edges.map((edge) => edge.within(milliseconds, patience)));
  }

  /** Keeps every snapshot new until the signal says so. Never throws. */
  async follow(signal?: AbortSignal): Promise<void> {
    await Promise.all(this.edges.map((edge) => edge.follow(signal)));
  }

  /** Asks about every snapshot every so many milliseconds, until the signal says so. Never throws. */
  async poll(milliseconds: number, signal?: AbortSignal): Promise<void> {
    await Promise.all(this.edges.map((edge) => edge.poll(milliseconds, signal)));
  }

  close(): void {
    for (const edge of this.edges) edge.close();
  }

  /** What is to be done with a request. Never throws, unless reading the body does. */
  async judge(request: GateRequest): Promise<GateAnswer> {
    const { method, uri } = request;
    if (this.#options.own !== "judge" && isOwn(uri)) return PASSES_UNJUDGED;
    const token = presented(request.authorization);
    const body = needsBody(method, uri) ? await request.body?.() : undefined;
    return plainForGit(uri, await this.#judged({ ...request, token, body }));
  }

  async #judged(request: Judged): Promise<GateAnswer> {
    const { method, uri, token, body } = request;
    let stale: Verdict | undefined;
    let other: Verdict | undefined;
    let isWhole = true;
    for (const edge of this.edges) {
      const found = edge.authorizer?.pass({ method, uri, token, body: body ?? null });
      const isFresh = found !== undefined && found.reason !== "snapshot_stale";
      if (isFresh && found.settled) return told(found);
      // Another's may be fresh, where both can answer.
      if (found?.settled) stale ??= found;
      else other ??= found;
      isWhole = isWhole && isFresh;
    }
    if (this.#options.stale === "ask" && !isWhole) return this.#questions.ask(request);
    if (stale) return told(stale);
    if (this.#options.elsewhere !== "answer") return this.#questions.ask(request);
    if (other && this.edges.every((edge) => edge.authorizer)) return told(other);
    return noSnapshot();
  }
}
