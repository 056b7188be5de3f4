// A gateway in front of a hub, as a module worker: judges each request from the organizations' signed
// snapshots, and passes on what may pass. The settings are in wrangler.toml.

import { Gate, type GateOptions, inCache, serve } from "tokenward/edge";

/** The worker's settings: variables and secrets. */
export interface Env {
  /** The token server's address. */
  TOKENWARD_ENDPOINT: string;
  /** The organizations, with commas between them. */
  TOKENWARD_ORGS: string;
  /** An edge credential, where there is one organization, or a token that may read them all (a secret). */
  TOKENWARD_CREDENTIAL?: string;
  /** An edge credential for each, where there are several: `acme=hf_…,strict=hf_…` (a secret). */
  TOKENWARD_CREDENTIALS?: string;
  /** The hub's address: where requests go that may pass. */
  HUB_ORIGIN: string;
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
  /** `events` (the default) or `poll`: how the newest snapshot is learned of. */
  TOKENWARD_FOLLOW?: string;
  /** How many milliseconds may pass before the server is asked again where no stream is open; 1000 if left out. */
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
let followedUntil = 0;

export default {
  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    gate ??= new Gate(options(env));
    if (env.TOKENWARD_STATUS_PATH && new URL(request.url).pathname === env.TOKENWARD_STATUS_PATH) {
      return Response.json(gate.status);
    }
    await gate.within(jittered(Number(env.TOKENWARD_CHECK ?? 1000)));
    // By the clock: the host may end the one that follows without a word.
    if (env.TOKENWARD_FOLLOW !== "poll" && Date.now() >= followedUntil) {
      followedUntil = Date.now() + FOLLOW_FOR;
      context.waitUntil(gate.follow(AbortSignal.timeout(FOLLOW_FOR)));
    }
    return serve(gate, request, { origin: env.HUB_ORIGIN });
  },
};

function options(env: Env): GateOptions {
  const cache = (globalThis.caches as unknown as { default: Cache }).default;
  const place = new URL(env.TOKENWARD_ENDPOINT).host;
  return {
    endpoint: env.TOKENWARD_ENDPOINT,
    orgs: env.TOKENWARD_ORGS.split(",").map((org) => org.trim()),
    credential: credential(env),
    ...(env.TOKENWARD_KEYS ? { keys: env.TOKENWARD_KEYS } : {}),
    ...(env.TOKENWARD_MAX_AGE ? { maxAge: Number(env.TOKENWARD_MAX_AGE) } : {}),
    stale: env.TOKENWARD_STALE === "ask" ? "ask" : "refuse",
    elsewhere: env.TOKENWARD_ELSEWHERE === "answer" ? "answer" : "ask",
    own: env.TOKENWARD_OWN === "judge" ? "judge" : "pass",
    store: (org) => inCache(cache, `${place}/${org}`),
    onError: (error) => console.warn("tokenward:", error instanceof Error ? error.message : "failed"),
  };
}

function credential(env: Env): GateOptions["credential"] {
  if (env.TOKENWARD_CREDENTIAL) return env.TOKENWARD_CREDENTIAL;
  const pairs = (env.TOKENWARD_CREDENTIALS ?? "").split(",").map((pair) => pair.trim().split("=", 2));
  return Object.fromEntries(pairs);
}

/** Give or take a fifth, so that isolates do not ask all at once. */
function jittered(milliseconds: number): number {
  return milliseconds * (0.8 + Math.random() * 0.4);
}
