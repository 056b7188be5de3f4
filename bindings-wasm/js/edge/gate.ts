// A gateway: may a request pass to the hub, and with which headers?

import { BODY_LIMIT, needsBody, type Verdict } from "tokenward/snapshots";

import { Edge, type EdgeOptions, type EdgeStatus } from "./edge.js";
import type { Server } from "./server.js";

/** How a gateway is set up. */
export interface GateOptions extends Omit<EdgeOptions, "org" | "store"> {
  /** The organizations whose snapshots it decides from. */
  orgs: readonly string[];
  /** Where the snapshot of an organization is kept between runs. */
  store?: (org: string) => NonNullable<EdgeOptions["store"]>;
  /**
   * What to do with a request that no snapshot settles: it is about another namespace, lists
   * everything, or comes with a token that has nothing to do with the organizations. `ask` (the
   * default) asks the server; `answer` answers from the snapshot all the same, which says that the
   * token is unknown.
   */
  elsewhere?: "ask" | "answer";
  /** What to do when the snapshot is past its maximum age: `refuse` (the default) with 503, or `ask` the server. */
  stale?: "refuse" | "ask";
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
}

/** Headers that tell the hub who calls: a client's own are never passed on. */
export const FORWARDED = ["x-tokenward-user", "x-tokenward-token-id", "x-tokenward-orgs"] as const;
const OURS = /^x-tokenward-/;

/** Decides which requests may pass. */
export class Gate {
  readonly edges: readonly Edge[];
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    const { orgs, store, ...rest } = options;
    if (orgs.length === 0) throw new TypeError("`orgs` must name an organization");
    this.#options = options;
    this.edges = orgs.map((org) => new Edge({ ...rest, org, ...(store ? { store: store(org) } : {}) }));
  }

  get status(): EdgeStatus[] {
    return this.edges.map((edge) => edge.status);
  }

  /** Makes sure that every snapshot was checked within so many milliseconds. */
  async within(milliseconds: number): Promise<void> {
    await Promise.all(this.edges.map((edge) => edge.within(milliseconds)));
  }

  /** Keeps every snapshot new until the signal says so. Never throws. */
  async follow(signal?: AbortSignal): Promise<void> {
    await Promise.all(this.edges.map((edge) => edge.follow(signal)));
  }

  close(): void {
    for (const edge of this.edges) edge.close();
  }

  /** What is to be done with a request. */
  async judge(request: GateRequest): Promise<GateAnswer> {
    const { method, uri } = request;
    const token = presented(request.authorization);
    const body = needsBody(method, uri) ? await request.body?.() : undefined;
    const question = { method, uri, token, body: body ?? null };
    let verdict: Verdict | undefined;
    for (const edge of this.edges) {
      const found = edge.authorizer?.pass(question);
      if (found?.settled) return this.#settled(found, request, body);
      verdict ??= found;
    }
    if (verdict && this.#options.elsewhere === "answer") return told(verdict);
    return this.#ask(request, body);
  }

  async #settled(verdict: Verdict, request: GateRequest, body: Uint8Array | undefined): Promise<GateAnswer> {
    const asks = verdict.reason === "snapshot_stale" && this.#options.stale === "ask";
    return asks ? this.#ask(request, body) : told(verdict);
  }

  async #ask(request: GateRequest, body: Uint8Array | undefined): Promise<GateAnswer> {
    const { server } = this.edges[0] as { server: Server };
    try {
      const answer = await server.judge(request.method, request.uri, request.authorization, body);
      return await asked(answer);
    } catch (error) {
      this.#options.onError?.(error);
      return refusal(503, "This gateway cannot decide about the request alone, and the token server cannot be reached.");
    }
  }
}

/** The raw token of a request: of `Bearer`, or the password of `Basic`. What is unreadable is a token that nobody knows. */
export function presented(authorization: string | null): string | null {
  const value = authorization?.trim() ?? "";
  if (value === "") return null;
  const [scheme = "", ...rest] = value.split(" ");
  const credential = rest.join(" ").trim();
  if (/^bearer$/i.test(scheme)) return credential === "" ? null : credential;
  if (!/^basic$/i.test(scheme)) return " ";
  try {
    const pair = new TextDecoder("utf-8", { fatal: true }).decode(
      Uint8Array.from(atob(credential), (letter) => letter.charCodeAt(0)),
    );
    const colon = pair.indexOf(":");
    if (colon < 0) return " ";
    const password = pair.slice(colon + 1);
    return password === "" ? null : password;
  } catch {
    return " ";
  }
}

/** Up to `BODY_LIMIT` bytes of a body; nothing if there are more. */
export async function limited(stream: ReadableStream<Uint8Array> | null): Promise<Uint8Array | undefined> {
  if (!stream) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > BODY_LIMIT) {
      // Not awaited: the other half of a stream that was split is still to be read.
      reader.cancel().catch(() => {});
      return undefined;
    }
    chunks.push(value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function told(verdict: Verdict): GateAnswer {
  const { headers, error, status } = verdict;
  const body = error === null ? null : JSON.stringify({ error });
  return sorted(verdict.decision === "allow", status, headers, body, "snapshot");
}

async function asked(answer: Response): Promise<GateAnswer> {
  const kept = /^(x-tokenward-|x-error-|x-hf-warning$|www-authenticate$|retry-after$|ratelimit)/;
  const headers = [...answer.headers].filter(([name]) => kept.test(name));
  const body = await answer.text();
  if (answer.status >= 500) throw new Error(`the server answers ${answer.status}`);
  return sorted(answer.status === 200, answer.status, headers, body || null, "server");
}

/** Headers for the hub, and headers for the client. */
function sorted(
  passes: boolean,
  status: number,
  headers: readonly (readonly [string, string])[],
  body: string | null,
  by: GateAnswer["by"],
): GateAnswer {
  const forHub = ([name]: readonly [string, string]) => (FORWARDED as readonly string[]).includes(name);
  const pair = ([name, value]: readonly [string, string]): [string, string] => [name, value];
  const forClient = headers.filter((header) => !forHub(header) && (!passes || !OURS.test(header[0])));
  return {
    passes,
    status,
    headers: forClient.map(pair),
    body,
    forward: headers.filter(forHub).map(pair),
    by,
  };
}

function refusal(status: number, text: string): GateAnswer {
  const headers: [string, string][] = [["x-error-message", text]];
  return { passes: false, status, headers, body: JSON.stringify({ error: text }), forward: [], by: "nobody" };
}


