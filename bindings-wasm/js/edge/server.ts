// The calls that an edge makes to the server.

import type { Keys } from "tokenward/snapshots";

/** Where an organization's snapshots come from. */
export interface Source {
  /** The server's address: `https://tokens.example.org`. */
  endpoint: string;
  /** The organization. */
  org: string;
  /** An edge credential, or a token with `org.tokens.read`. */
  credential: string;
  /** Who calls, where several share a credential: 1 to 64 of `A-Z a-z 0-9 . _ -`; random if left out. */
  instance?: string;
  /** For how many milliseconds an answer is waited for: 10,000 if left out. */
  timeout?: number;
  /** In place of the host's own. */
  fetch?: typeof fetch;
}

/** An answer that is none of those that were hoped for. */
export class ServerError extends Error {
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  /** For how many milliseconds the server wants to be left alone. */
  readonly retryAfter: number;

  constructor(status: number, message: string, retryAfter = 0) {
    super(message);
    this.name = "ServerError";
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** A sealed manifest and what it is called. */
export interface Manifest {
  tag: string;
  sealed: Uint8Array;
}

const INSTANCE = /^[A-Za-z0-9._-]{1,64}$/;
/** A bundle may be large: it is waited for so many times as long. */
const PATIENCE = 12;
/** Nobody is left alone for longer, whatever is asked for. */
const LONGEST_WAIT = 300_000;

/** The server, for one organization. */
export class Server {
  readonly instance: string;
  readonly org: string;
  readonly #base: string;
  readonly #endpoint: string;
  readonly #credential: string;
  readonly #timeout: number;
  readonly #fetch: typeof fetch;
  #reports = true;

  constructor(source: Source) {
    const { endpoint, org, credential, instance, timeout, fetch: given } = source;
    this.#endpoint = new URL(endpoint).href.replace(/\/+$/, "");
    this.#base = `${this.#endpoint}/api/organizations/${encodeURIComponent(org)}`;
    this.instance = instance ?? anyName();
    if (!INSTANCE.test(this.instance)) throw new TypeError("`instance` has 1 to 64 of A-Z a-z 0-9 . _ -");
    // Never shown, not even where it is no good.
    if (typeof credential !== "string" || !/^[!-~]+$/.test(credential)) throw new TypeError(`\`credential\` for ${org} is no credential`);
    this.org = org;
    this.#credential = credential;
    this.#timeout = timeout ?? 10_000;
    // Bound: some hosts refuse to be called as a method of something else.
    this.#fetch = given ?? ((input, init) => fetch(input, init));
  }

  /** Its address. */
  get endpoint(): string {
    return this.#endpoint;
  }

  /** The keys that manifests are signed with. */
  async keys(): Promise<Keys> {
    const answer = await this.#call(`${this.#endpoint}/.well-known/tokenward-keys`);
    const keys = await json(answer);
    // Anything may answer in the server's place, with 200 and an apology.
    if (!isKeys(keys)) throw new ServerError(answer.status, "the server answers something that is no keys");
    return keys;
  }

  /** The newest manifest; none where it is the one that is held. Reports what is applied. */
  async manifest(held: string | undefined, applied: number | undefined): Promise<Manifest | undefined> {
    return knownOrNot(held, applied, async (tagHeld, generation) => {
      const headers = this.#known(generation);
      if (tagHeld) headers["If-None-Match"] = `"${tagHeld}"`;
      const answer = await this.#call(`${this.#base}/snapshot`, { headers });
      if (answer.status === 304) return undefined;
      return { tag: tag(answer), sealed: await bytes(answer) };
    });
  }

  /** The newest snapshot in one file. */
  async bundle(parts: "all" | "decisions"): Promise<Manifest> {
    const signal = AbortSignal.timeout(this.#timeout * PATIENCE);
    const init = { headers: this.#known(undefined) };
    const answer = await this.#call(`${this.#base}/snapshot/bundle?parts=${parts}`, init, [], signal);
    return { tag: tag(answer), sealed: await bytes(answer) };
  }

  /** A page or a block; none where the server has forgotten it, since there is a newer manifest. */
  async block(hash: string): Promise<Uint8Array | undefined> {
    const answer = await this.#call(`${this.#base}/snapshot/blocks/${hash}`, { headers: this.#known(undefined) }, [404]);
    if (answer.status !== 404) return bytes(answer);
    await answer.body?.cancel();
    return undefined;
  }

  /** The stream of manifests, as it comes. */
  async events(held: string | undefined, applied: number | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    return knownOrNot(held, applied, async (tagHeld, generation) => {
      const headers: Record<string, string> = { ...this.#known(generation), Accept: "text/event-stream" };
      if (tagHeld) headers["Last-Event-ID"] = tagHeld;
      const answer = await this.#call(`${this.#base}/snapshot/events`, { headers }, [], signal);
      if (!answer.body) throw new ServerError(0, "the stream of manifests has no body");
      return answer.body;
    });
  }

  /** Reports what has been applied; whoever may not is not asked to again. */
  async applied(generation: number): Promise<void> {
    if (!this.#reports) return;
    const body = JSON.stringify({ generation, instance: this.instance });
    const headers = { ...this.#known(undefined), "Content-Type": "application/json" };
    const answer = await this.#call(`${this.#base}/snapshot/applied`, { method: "POST", headers, body }, [403]);
    this.#reports = answer.status !== 403;
    await answer.body?.cancel();
  }

  /** Asks the server about a request that this edge cannot judge alone. */
  async judge(method: string, uri: string, authorization: string | null, body: Uint8Array | undefined): Promise<Response> {
    const headers: Record<string, string> = {
      "X-Tokenward-Edge": this.#credential,
      "X-Original-Method": method,
      "X-Original-URI": uri,
    };
    if (authorization !== null) headers.Authorization = authorization;
    // Only with POST is there a body to be judged.
    const init: RequestInit = { method: body ? "POST" : "GET", headers, redirect: "manual" };
    if (body) init.body = body as BodyInit;
    return this.#send(`${this.#endpoint}/authz`, init, AbortSignal.timeout(this.#timeout));
  }

  #known(applied: number | undefined): Record<string, string> {
    const headers: Record<string, string> = {
      Authorization: `Bearer ${this.#credential}`,
      "X-Tokenward-Instance": this.instance,
    };
    if (applied !== undefined) headers["X-Tokenward-Applied"] = String(applied);
    return headers;
  }

  async #call(url: string, init: RequestInit = {}, also: number[] = [], signal?: AbortSignal): Promise<Response> {
    // `error` is unknown to workers; what is not followed is no good answer either.
    const answer = await this.#send(url, { redirect: "manual", ...init }, signal ?? AbortSignal.timeout(this.#timeout));
    if (answer.ok || answer.status === 304 || also.includes(answer.status)) return answer;
    await answer.body?.cancel();
    const why = answer.headers.get("X-Error-Message") ?? "no reason is given";
    const asked = Number(answer.headers.get("Retry-After") ?? 0) * 1000;
    const retryAfter = asked > 0 ? Math.min(asked, LONGEST_WAIT) : 0;
    throw new ServerError(answer.status, `the server answers ${answer.status}: ${why}`, retryAfter);
  }

  async #send(url: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
    try {
      return await this.#fetch(url, { ...init, signal });
    } catch (error) {
      // The cause may name headers; what it is called is enough.
      const name = error instanceof Error ? error.name : "Error";
      throw new ServerError(0, `the server cannot be reached (${name})`);
    }
  }
}

/** Not `randomUUID`, which browsers keep from pages that came over plain HTTP. */
function anyName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function tag(answer: Response): string {
  return (answer.headers.get("ETag") ?? "").replace(/^(W\/)?"|"$/g, "");
}

async function json(answer: Response): Promise<unknown> {
  try {
    return await answer.json();
  } catch (error) {
    throw brokenOff(error);
  }
}

function isKeys(value: unknown): value is Keys {
  return Array.isArray((value as Partial<Keys> | null)?.keys);
}

async function bytes(answer: Response): Promise<Uint8Array> {
  try {
    return new Uint8Array(await answer.arrayBuffer());
  } catch (error) {
    throw brokenOff(error);
  }
}

/** What a connection throws may name anything: what it is called is enough. */
export function brokenOff(error: unknown): ServerError {
  return new ServerError(0, `the server's answer breaks off (${error instanceof Error ? error.name : "Error"})`);
}

/** A server that was restored from a backup does not know the generation that is held, and answers 400. */
async function knownOrNot<T>(
  tagHeld: string | undefined,
  applied: number | undefined,
  call: (tagHeld: string | undefined, applied: number | undefined) => Promise<T>,
): Promise<T> {
  try {
    return await call(tagHeld, applied);
  } catch (error) {
    if (applied === undefined || !(error instanceof ServerError) || error.status !== 400) throw error;
    return call(undefined, undefined);
  }
}
