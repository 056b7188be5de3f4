// A gateway in front of a hub, as a module worker: judges each request from the organizations' signed
// snapshots, and passes on what may pass. The settings are in wrangler.toml.

import { Gate, type GateOptions, inCache, refused, serve } from "tokenward/edge";

/** The worker's settings: variables and secrets. */
export interface Env {
  /** The token server's address. */
  TOKENWARD_ENDPOINT: string;
  /** The organizations, with commas between them. */
  TOKENWARD_ORGS: string;
  /** An edge credential of one of them (a secret). */
  TOKENWARD_CREDENTIAL: string;
  /** The hub's address: where requests go that may pass. */
  HUB_ORIGIN: string;
  /** The keys to trust, as `/.well-known/tokenward-keys` answers them; fetched if left out. */
  TOKENWARD_KEYS?: string;
  /** When a snapshot is too old, in seconds, if that is sooner than the server says. */
  TOKENWARD_MAX_AGE?: string;
  /** `refuse` (the default) or `ask`. */
  TOKENWARD_STALE?: string;
  /** `ask` (the default) or `answer`. */
  TOKENWARD_ELSEWHERE?: string;
  /** `events` (the default) or `poll`. */
  TOKENWARD_FOLLOW?: string;
  /** How many milliseconds may pass before the server is asked again where no stream is open. */
  TOKENWARD_CHECK?: string;
  /** A path where the worker says how it is; none if left out. */
  TOKENWARD_STATUS_PATH?: string;
}

interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

/** For how long one request keeps the stream of manifests open. The next request opens it again. */
const FOLLOW_FOR = 25_000;

/** One for all requests of an isolate. */
let gate: Gate | undefined;
let followed = false;

export default {
  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    gate ??= new Gate(options(env));
    if (env.TOKENWARD_STATUS_PATH && new URL(request.url).pathname === env.TOKENWARD_STATUS_PATH) {
      return Response.json(gate.status);
    }
    try {
      await gate.within(jittered(Number(env.TOKENWARD_CHECK ?? 1000)));
    } catch {
      const error = "This gateway has no snapshot to decide from yet, and the token server cannot be reached.";
      const headers: [string, string][] = [["x-error-message", error], ["retry-after", "1"]];
      const body = JSON.stringify({ error });
      return refused({ passes: false, status: 503, headers, body, forward: [], by: "nobody" }, request.method);
    }
    if (env.TOKENWARD_FOLLOW !== "poll" && !followed) context.waitUntil(follow(gate));
    return serve(gate, request, { origin: env.HUB_ORIGIN });
  },
};

/** Follows the server for as long as one request may keep something going. */
async function follow(gate: Gate): Promise<void> {
  followed = true;
  // The host may end this without a word; whoever comes later must not wait for it.
  const forgotten = setTimeout(() => (followed = false), FOLLOW_FOR + 5_000);
  await gate.follow(AbortSignal.timeout(FOLLOW_FOR));
  clearTimeout(forgotten);
  followed = false;
}

function options(env: Env): GateOptions {
  const cache = (globalThis.caches as unknown as { default: Cache }).default;
  const place = new URL(env.TOKENWARD_ENDPOINT).host;
  return {
    endpoint: env.TOKENWARD_ENDPOINT,
    orgs: env.TOKENWARD_ORGS.split(",").map((org) => org.trim()),
    credential: env.TOKENWARD_CREDENTIAL,
    ...(env.TOKENWARD_KEYS ? { keys: env.TOKENWARD_KEYS } : {}),
    ...(env.TOKENWARD_MAX_AGE ? { maxAge: Number(env.TOKENWARD_MAX_AGE) } : {}),
    stale: env.TOKENWARD_STALE === "ask" ? "ask" : "refuse",
    elsewhere: env.TOKENWARD_ELSEWHERE === "answer" ? "answer" : "ask",
    store: (org) => inCache(cache, `${place}/${org}`),
    onError: (error) => console.warn("tokenward:", error instanceof Error ? error.message : "failed"),
  };
}

/** Give or take a fifth, so that isolates do not ask all at once. */
function jittered(milliseconds: number): number {
  return milliseconds * (0.8 + Math.random() * 0.4);
}
