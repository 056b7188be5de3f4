// A gateway: may a request pass to the hub, and with which headers?

import { isGit, needsBody, presented, type Verdict } from "tokenward/snapshots";

import { PATIENCE } from "./asking.js";
import { Edge, type EdgeOptions, type EdgeStatus } from "./edge.js";
import { teller } from "./errors.js";
import { isOwn } from "./paths.js";
import { ServerError } from "./server.js";

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

/** What is to be done with a request. */
export interface GateAnswer {
  /** Whether it may pass. */
  passes: boolean;
  status: number;
  /** Of the answer where it may not pass; where it may, `X-HF-Warning` is for the client. */
  headers: [name: string, value: string][];
  /** Of the answer where it may not pass. */
  body: string | null;
  /** What the hub is told of the caller, in place of whatever the client sent under these names. */
  forward: [name: string, value: string][];
  /** Who decided: a snapshot, or the server that was asked. */
  by: "snapshot" | "server" | "nobody";
  /** Where it passes to: a call of the token server's own goes there, and is judged there. */
  to: "hub" | "server";
}

/** Headers that tell the hub who calls. */
const FORWARDED: readonly string[] = ["x-tokenward-user", "x-tokenward-token-id", "x-tokenward-orgs"];
/**
 * Whether a client's header is never passed on: it says who calls, or is read as one that does by
 * hubs that take `_` for `-`.
 */
export function isOurs(name: string): boolean {
  return /^x[-_]tokenward[-_]/i.test(name);
}

/** So many requests are asked about at once: whoever makes tokens up must not keep the server busy. */
const ASKS = 64;
/** One that has not been answered by then has been ended by its host. */
const ASK_LASTS = 30_000;
/** For so long, and of so many requests, it is remembered that the server does not know their token. */
const [REFUSED_FOR, REFUSED_MANY] = [3_000, 1_024];

/** Decides which requests may pass. */
export class Gate {
  readonly edges: readonly Edge[];
  readonly #options: GateOptions;
  readonly #tell: (error: unknown) => void;
  /** Those that are asked about, with when each is given up. */
  readonly #asks = new Set<{ until: number }>();
  /** Answers that say that a token is unknown, under a digest of the request; the oldest first. */
  readonly #refused = new Map<string, { answer: GateAnswer; until: number }>();

  constructor(options: GateOptions) {
    const { orgs, store, credential: given, ...rest } = options;
    if (orgs.length === 0) throw new TypeError("`orgs` must name an organization");
    this.#options = options;
    this.#tell = teller(options.onError);
    this.edges = orgs.map((org) => {
      const credential = typeof given === "string" ? given : Object.hasOwn(given, org) ? given[org]! : "";
      return new Edge({ ...rest, org, credential, ...(store ? { store: store(org) } : {}) });
    });
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
      isWhole &&= isFresh;
    }
    if (this.#options.stale === "ask" && !isWhole) return this.#ask(request);
    if (stale) return told(stale);
    if (this.#options.elsewhere !== "answer") return this.#ask(request);
    if (other && this.edges.every((edge) => edge.authorizer)) return told(other);
    return noSnapshot();
  }

  async #ask(request: Judged): Promise<GateAnswer> {
    const digest = await digestOf(request);
    const known = digest === undefined ? undefined : this.#refused.get(digest);
    if (known && Date.now() < known.until) return again(known.answer);
    if (!this.#mayAsk()) {
      return refusal("This gateway cannot decide about the request alone, and asks the token server about too many others.");
    }
    const ask = { until: Date.now() + ASK_LASTS };
    this.#asks.add(ask);
    try {
      const answer = await this.#askNow(request);
      if (digest !== undefined && saysUnknown(answer)) this.#remember(digest, answer);
      return answer;
    } catch (error) {
      this.#tell(error);
      return refusal("This gateway cannot decide about the request alone, and the token server cannot be reached.");
    } finally {
      this.#asks.delete(ask);
    }
  }

  async #askNow({ method, uri, authorization, body }: Judged): Promise<GateAnswer> {
    // Any credential will do that is still good.
    const isWell = (edge: Edge) => edge.status.error === null;
    for (const edge of [...this.edges.filter(isWell), ...this.edges.filter((edge) => !isWell(edge))]) {
      const answer = await edge.server.judge(method, uri, authorization, body);
      if (!answer.headers.has("x-tokenward-gateway")) return asked(answer);
      await answer.body?.cancel();
    }
    throw new ServerError(403, "the server does not believe this gateway, by its credential or by its address");
  }

  #mayAsk(): boolean {
    if (this.#asks.size >= ASKS) for (const ask of this.#asks) if (Date.now() >= ask.until) this.#asks.delete(ask);
    return this.#asks.size < ASKS;
  }

  #remember(digest: string, answer: GateAnswer): void {
    this.#refused.delete(digest);
    for (const oldest of this.#refused.keys()) {
      if (this.#refused.size < REFUSED_MANY) break;
      this.#refused.delete(oldest);
    }
    this.#refused.set(digest, { answer, until: Date.now() + REFUSED_FOR });
  }
}

/** A request whose token and body are at hand. */
interface Judged extends Omit<GateRequest, "body"> {
  token: string | null;
  body: Uint8Array | undefined;
}

const PASSES_UNJUDGED: GateAnswer = {
  passes: true, status: 200, headers: [], body: null, forward: [], by: "nobody", to: "server",
};

function noSnapshot(): GateAnswer {
  return refusal("This gateway has no snapshot to decide from yet, and the token server cannot be reached.");
}

function told(verdict: Verdict): GateAnswer {
  const { headers, error, status } = verdict;
  const body = error === null ? null : JSON.stringify({ error });
  return sorted(verdict.decision === "allow", status, headers, body, "snapshot");
}

async function asked(answer: Response): Promise<GateAnswer> {
  const kept = /^(x-tokenward-|x-error-|x-hf-warning$|x-request-id$|www-authenticate$|retry-after$|ratelimit)/;
  // Headers of one name come joined; git and clients want the two of a 401 apart.
  const apart = ([name, value]: [string, string]): [string, string][] =>
    name === "www-authenticate" ? value.split(/, (?=Bearer )/).map((one) => [name, one]) : [[name, value]];
  const headers = [...answer.headers].filter(([name]) => kept.test(name)).flatMap(apart);
  const body = await answer.text();
  // Whatever else answers at this address has judged nothing.
  const judged = answer.headers.has("x-tokenward-reason") && answer.headers.has("x-tokenward-user");
  const known = judged ? [200, 401, 403, 404, 503].includes(answer.status) : answer.status === 429;
  if (!known) throw new ServerError(answer.status, `the server answers ${answer.status} to a question about a request`);
  return sorted(answer.status === 200, answer.status, headers, body || null, "server");
}

/** Under which a request with a token is remembered: neither the token nor its path can be read from it. */
async function digestOf({ method, uri, authorization, token }: Judged): Promise<string | undefined> {
  if (token === null) return undefined;
  const text = JSON.stringify([method, uri, authorization]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return String.fromCharCode(...new Uint8Array(digest));
}

function saysUnknown(answer: GateAnswer): boolean {
  return answer.status === 401 && answer.headers.some(([name, value]) => name === "x-tokenward-reason" && value === "invalid_token");
}

/** The same answer to another request. */
function again(answer: GateAnswer): GateAnswer {
  const headers = answer.headers.map(([name, value]): [string, string] => [name, name === "x-request-id" ? crypto.randomUUID() : value]);
  return { ...answer, headers };
}

/** Headers for the hub, and headers for the client. */
function sorted(
  passes: boolean,
  status: number,
  headers: readonly (readonly [string, string])[],
  body: string | null,
  by: GateAnswer["by"],
): GateAnswer {
  const forHub = ([name]: readonly [string, string]) => FORWARDED.includes(name);
  const pair = ([name, value]: readonly [string, string]): [string, string] => [name, value];
  const kept = /^x-(error|hf)-/;
  const forClient = headers.filter((header) => (passes ? kept.test(header[0]) : !forHub(header))).map(pair);
  if (!passes) complete(forClient);
  return { passes, status, headers: forClient, body, forward: headers.filter(forHub).map(pair), by, to: "hub" };
}

function refusal(text: string): GateAnswer {
  const headers: [string, string][] = [["x-error-message", text], ["retry-after", "1"]];
  return {
    passes: false, status: 503, headers: complete(headers), body: JSON.stringify({ error: text }),
    forward: [], by: "nobody", to: "hub",
  };
}

/** What every refusal has. */
function complete(headers: [string, string][]): [string, string][] {
  if (!headers.some(([name]) => name === "x-request-id")) headers.push(["x-request-id", crypto.randomUUID()]);
  headers.push(["content-type", "application/json"], ["cache-control", "no-store"]);
  return headers;
}

function plainForGit(uri: string, answer: GateAnswer): GateAnswer {
  if (answer.passes || answer.body === null || !isGit(uri)) return answer;
  const headers = answer.headers.map(([name, value]): [string, string] =>
    name === "content-type" ? [name, "text/plain; charset=utf-8"] : [name, value],
  );
  return { ...answer, headers, body: errorOf(answer.body) };
}

function errorOf(body: string): string {
  try {
    return String(JSON.parse(body).error);
  } catch {
    return body;
  }
}
