// A token server that is played, and an edge that follows it.

import assert from "node:assert/strict";
import { Edge } from "tokenward/edge";
import { begin } from "./clock.mjs";
import { NOW, bytes, refreshes, refreshKeys, written } from "./support.mjs";

begin(NOW);

export const CREDENTIAL = "hf_notARealOneButNobodyMustSeeIt";
export const keys = refreshKeys();
export const allowed = { method: "GET", uri: "/api/models/acme/bert", authorization: null };
/** Long ago, so that everything is stale from the beginning. */
export const STALE = { maxAge: 1 };

/** Plays the server: `now` is the snapshot that it has; `calls` are those that it got. */
export class Server {
  now = "first";
  calls = [];
  /** May answer in its place: from the path, a response, a promise of one, or nothing. */
  instead = () => undefined;

  fetch = async (input, init = {}) => {
    const url = new URL(input);
    const path = url.pathname.replace(/^.*\/snapshot(\/|$)/, "");
    const headers = new Headers(init.headers);
    this.calls.push({ path, headers });
    const answer = await this.instead(path, headers, init.signal);
    if (answer) return answer;
    if (path.endsWith("tokenward-keys")) return new Response(keys);
    if (path === "applied") return new Response(null, { status: 204 });
    const tag = { ETag: `"${this.now}"` };
    if (path === "bundle") return new Response(refreshes(`${this.now}.bundle`), { headers: tag });
    if (path.startsWith("blocks/")) {
      return new Response(bytes(written("TOKENWARD_REFRESHES", "blocks", path.slice("blocks/".length))));
    }
    assert.equal(path, "", `no such call: ${input}`);
    if (headers.get("If-None-Match") === tag.ETag) return new Response(null, { status: 304 });
    return new Response(refreshes(`${this.now}.manifest`), { headers: tag });
  };

  count(path) {
    return this.calls.filter((call) => call.path === path).length;
  }
}

export function edge(server, options = {}) {
  const { credential = CREDENTIAL, ...more } = options;
  return new Edge({ endpoint: "https://tokens.test", org: "acme", credential, keys, fetch: server.fetch, ...more });
}

export const refusal = (status, headers = {}) => new Response(null, { status, headers });
export const down = () => Promise.reject(new TypeError(`connecting with ${CREDENTIAL} failed`));
