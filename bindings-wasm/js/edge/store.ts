// Where an edge keeps its snapshot between runs. What is read back is verified like any other.

/** A place for one bundle. Whatever it does, an edge works without it. */
export interface Store {
  get(): Promise<Uint8Array | undefined>;
  put(bundle: Uint8Array): Promise<void>;
}

/** The part of the Cache API that is needed. */
interface CacheLike {
  match(key: string): Promise<Response | undefined>;
  put(key: string, response: Response): Promise<unknown>;
}

/**
 * In a cache of the Cache API, which all isolates of a place share; `caches.default` in Cloudflare's
 * workers. The name of the organization is the key: give every organization and every server its own.
 */
export function inCache(cache: CacheLike | Promise<CacheLike>, name: string): Store {
  const key = `https://tokenward.invalid/snapshot/${encodeURIComponent(name)}`;
  return {
    async get() {
      const kept = await (await cache).match(key);
      return kept && new Uint8Array(await kept.arrayBuffer());
    },
    async put(bundle) {
      const headers = { "Content-Type": "application/octet-stream", "Cache-Control": "max-age=86400" };
      await (await cache).put(key, new Response(bundle as BodyInit, { headers }));
    },
  };
}
