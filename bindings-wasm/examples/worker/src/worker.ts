// A gateway in front of a hub, as a module worker: judges each request from the organizations' signed
// snapshots, and passes on what may pass. The settings are in wrangler.toml.

import { type FollowSettings, Gate, type GateOptions, type Settings, following, inCache, serve, settings } from "tokenward/edge";

/** The worker's settings: variables and secrets. */
export interface Env extends Settings, FollowSettings {
  /** The hub's address: where requests go that may pass. */
  HUB_ORIGIN: string;
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
    const { byEvents, check } = following(env);
    gate ??= new Gate(options(env));
    if (env.TOKENWARD_STATUS_PATH && new URL(request.url).pathname === env.TOKENWARD_STATUS_PATH) {
      return Response.json(gate.status);
    }
    await gate.within(jittered(check));
    // By the clock: the host may end the one that follows without a word.
    if (byEvents && Date.now() >= followedUntil) {
      followedUntil = Date.now() + FOLLOW_FOR;
      context.waitUntil(gate.follow(AbortSignal.timeout(FOLLOW_FOR)));
    }
    return serve(gate, request, { origin: env.HUB_ORIGIN });
  },
};

function options(env: Env): GateOptions {
  const cache = (globalThis.caches as unknown as { default: Cache }).default;
  const given = settings(env);
  const place = new URL(given.endpoint).host;
  return {
    ...given,
    store: (org) => inCache(cache, `${place}/${org}`),
    onError: (error) => console.warn("tokenward:", error instanceof Error ? error.message : "failed"),
  };
}

/** Give or take a fifth, so that isolates do not ask all at once. */
function jittered(milliseconds: number): number {
  return milliseconds * (0.8 + Math.random() * 0.4);
}
