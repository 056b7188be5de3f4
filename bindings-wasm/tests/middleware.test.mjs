// The gateway in front of a hub in Node.js, with requests that are sent as they stand.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BODY_LIMIT } from "tokenward/snapshots";
import { Gate, serve } from "tokenward/edge";
import { middleware } from "tokenward/edge/node";
import { listening, sent, whole } from "./listening.mjs";
import { CREDENTIAL, Server, keys } from "./played.mjs";

/** A gateway in front of a hub, with these options. */
async function front(endpoint, hub, options = {}) {
  const { fetch } = new Server();
  const gate = new Gate({ endpoint, orgs: ["acme"], credential: CREDENTIAL, keys, fetch, elsewhere: "answer", ...options });
  await gate.within(1_000);
  const judged = middleware(gate);
  return listening((request, response) => judged(request, response, (error) => hub(request, response, error)));
}

test("the token server's own calls go to it, unless they are judged like others", async () => {
  const seen = [];
  const tokens = await listening(async (request, response) => {
    const { method, url, headers } = request;
    seen.push({ method, url, headers, body: await whole(request) });
    response.writeHead(401, { "X-Tokenward-Reason": "invalid_token", "Set-Cookie": ["a=1", "b=2"], "Keep-Alive": "timeout=77" });
    response.end("who?");
  });
  const fronts = [];
  const opened = async (options) => {
    fronts.push(await front(tokens.address, (_, response) => response.end("the hub"), options));
    return fronts.at(-1).port;
  };
  try {
    const port = await opened({});
    const head = "Host: hub\r\nX-Tokenward-User: eve\r\nX_Tokenward_User: eve\r\nX-Forwarded-For: 10.0.0.1\r\n";
    const whoami = await sent(port, `GET /api/whoami-v2?x=1 HTTP/1.1\r\n${head}Authorization: Bearer hf_x\r\nConnection: close\r\n\r\n`);
    assert.match(whoami, /^HTTP\/1.1 401 .*set-cookie: a=1\r\nset-cookie: b=2\r\n.*who\?/is);
    assert.ok(!whoami.includes("timeout=77"));
    const { headers, ...rest } = seen.pop();
    assert.deepEqual(rest, { method: "GET", url: "/api/whoami-v2?x=1", body: "" });
    assert.equal(headers.authorization, "Bearer hf_x");
    assert.equal(headers["x-forwarded-for"], "10.0.0.1, 127.0.0.1");
    assert.ok(!Object.keys(headers).some((name) => /tokenward/.test(name)));
    // However a body is said to be there, it is nothing but a body.
    const smuggled = "GET /api/other HTTP/1.1\r\nHost: x\r\n\r\n";
    for (const [length, body] of [
      [`Content-Length: ${smuggled.length}\r\nConnection: close, content-length`, smuggled],
      ["Transfer-Encoding: chunked\r\nConnection: close, transfer-encoding", `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`],
    ]) {
      for (const method of ["GET", "POST", "DELETE"]) {
        const path = "/api/organizations/acme/settings/tokens/revoke";
        assert.match(await sent(port, `${method} ${path} HTTP/1.1\r\n${head}${length}\r\n\r\n${body}`), /^HTTP\/1.1 401 /);
        assert.deepEqual(seen.splice(0).map(({ method, url, body }) => [method, url, body]), [[method, path, smuggled]]);
      }
    }
    assert.match(await sent(await opened({ own: "judge" }), `GET /api/whoami-v2 HTTP/1.1\r\n${head}Connection: close\r\n\r\n`), /^HTTP/);
    assert.equal(seen.length, 0);
    tokens.server.closeAllConnections();
    await new Promise((resolve) => tokens.server.close(resolve));
    assert.match(await sent(port, `GET /api/whoami-v2 HTTP/1.1\r\n${head}Connection: close\r\n\r\n`), /^HTTP\/1.1 503 /);
  } finally {
    for (const { server } of [...fronts, tokens]) server.close();
  }
});

test("they go below the path that the token server has", async () => {
  const urls = [];
  const tokens = await listening((request, response) => void (urls.push(request.url), response.end()));
  const { server, port } = await front(`${tokens.address}/tokens/`, (_, response) => response.end());
  try {
    await sent(port, "GET /api/whoami-v2?x=1 HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n");
    assert.deepEqual(urls, ["/tokens/api/whoami-v2?x=1"]);
  } finally {
    for (const each of [server, tokens.server]) each.close();
  }
  const gate = new Gate({ endpoint: "https://host.test/tokens/", orgs: ["acme"], credential: CREDENTIAL, fetch: new Server().fetch });
  const fetch = async (url) => void urls.push(url) ?? new Response();
  await serve(gate, new Request("https://hub.test/api/whoami-v2?x=1"), { origin: "https://hub.internal", fetch });
  assert.equal(urls.at(-1), "https://host.test/tokens/api/whoami-v2?x=1");
});

/** A gateway that asks about everything, what it had judged, and what came to the hub. */
async function judging(answer) {
  const [judged, arrived] = [[], []];
  const played = new Server();
  const fetch = async (input, init) => {
    if (!String(input).endsWith("/authz")) return played.fetch(input, init);
    judged.push(init.body === undefined ? null : Buffer.from(init.body).toString());
    return answer(judged.at(-1));
  };
  const hub = async (request, response, error) => {
    if (error) return response.destroy();
    arrived.push(await whole(request));
    response.end("the hub");
  };
  const { server, port } = await front("https://tokens.test", hub, { fetch, stale: "ask", maxAge: 1 });
  return { judged, arrived, server, port };
}

const granted = () => new Response(null, { headers: { "X-Tokenward-Reason": "granted", "X-Tokenward-User": "bob" } });
const head = (path) => `POST ${path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nAuthorization: Bearer hf_x\r\n`;
const chunked = (path) => `${head(path)}Transfer-Encoding: chunked\r\n\r\n`;
const chunk = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const END = "0\r\n\r\n";
const CREATE = "/api/repos/create";
/** A body that names a repository of the organization, so many bytes long. */
const body = (length) => {
  const text = (padding) => JSON.stringify({ name: "new", organization: "acme", operation: "upload", note: "é", padding });
  return text("x".repeat(length - Buffer.byteLength(text(""))));
};

test("a body in chunks is judged, and arrives at the hub as it was sent", async () => {
  const { judged, arrived, server, port } = await judging(granted);
  const whole = body(30_000);
  const pieces = [whole.slice(0, 10), whole.slice(10, 20_000), whole.slice(20_000)].map(chunk);
  try {
    // However it is cut, and also where its end comes by itself, or all of it at once.
    for (const parts of [[chunked(CREATE), ...pieces, END], [chunked(CREATE) + pieces.join("") + END], [chunked(CREATE), pieces.join("") + END]]) {
      assert.match(await sent(port, ...parts), /^HTTP\/1.1 200 .*the hub/s);
      assert.deepEqual([judged.splice(0), arrived.splice(0)], [[whole], [whole]]);
    }
  } finally {
    server.close();
  }
});

test("what a client says of itself reaches the hub nowhere", async () => {
  const seen = [];
  const hub = async (request, response) => {
    const { headers, headersDistinct, rawHeaders } = request;
    await whole(request);
    const { trailers, trailersDistinct, rawTrailers } = request;
    seen.push({ headers, headersDistinct, rawHeaders, trailers, trailersDistinct, rawTrailers });
    response.end("the hub");
  };
  const played = new Server();
  const fetch = async (input, init) => (String(input).endsWith("/authz") ? granted() : played.fetch(input, init));
  const { server, port } = await front("https://tokens.test", hub, { fetch, stale: "ask", maxAge: 1 });
  const claims = "X-Tokenward-User: eve\r\nX_Tokenward_Orgs: eve\r\n";
  const batch = "/acme/bert.git/info/lfs/objects/batch";
  try {
    // Read ahead, and not.
    for (const [path, length] of [[CREATE, 200], [batch, BODY_LIMIT + 1]]) {
      const start = chunked(path).replace("Connection: close", "Connection: close, X-Tokenward-User").replace("\r\n\r\n", `\r\n${claims}\r\n`);
      assert.match(await sent(port, start, chunk(body(length)), `0\r\n${claims}X-Sum: 1\r\n\r\n`), /^HTTP\/1.1 200 /);
      const [arrived] = seen.splice(0);
      assert.ok(!/eve|connection/i.test(JSON.stringify(arrived)), path);
      assert.equal(arrived.headers["x-tokenward-user"], "bob");
      assert.deepEqual(arrived.headersDistinct["x-tokenward-user"], ["bob"]);
      assert.deepEqual(arrived.rawHeaders.slice(arrived.rawHeaders.indexOf("x-tokenward-user")).slice(0, 2), ["x-tokenward-user", "bob"]);
      assert.deepEqual([{ ...arrived.trailers }, { ...arrived.trailersDistinct }], [{ "x-sum": "1" }, { "x-sum": ["1"] }]);
      assert.deepEqual(arrived.rawTrailers, ["X-Sum", "1"]);
    }
  } finally {
    server.close();
  }
});

test("one that is as long as the limit is judged; a longer one is not, and arrives all the same where it may", async () => {
  const batch = "/acme/bert.git/info/lfs/objects/batch";
  const { judged, arrived, server, port } = await judging(granted);
  const send = (path, text) => {
    const half = text.length >> 1;
    return sent(port, chunked(path), chunk(text.slice(0, half)), chunk(text.slice(half)), END);
  };
  try {
    for (const [path, length, isJudged, passes] of [
      [CREATE, BODY_LIMIT, true, true],
      [CREATE, BODY_LIMIT + 1, false, false],
      [batch, BODY_LIMIT, true, true],
      [batch, BODY_LIMIT + 1, false, true],
      [batch, 4 * BODY_LIMIT, false, true],
    ]) {
      const text = body(length);
      assert.match(await send(path, text), passes ? /^HTTP\/1.1 200 / : /^HTTP\/1.1 403 /, `${path} ${length}`);
      const asked = isJudged ? [text] : passes ? [null] : [];
      assert.deepEqual([judged.splice(0), arrived.splice(0)], [asked, passes ? [text] : []]);
    }
    // Nothing in it: a batch is judged without, and arrives.
    assert.match(await sent(port, chunked(batch) + END), /^HTTP\/1.1 [24]/);
  } finally {
    server.close();
  }
});

test("a body that is too large to be judged is refused before it has ended", async () => {
  const { judged, arrived, server, port } = await judging(granted);
  try {
    // Its end never comes.
    assert.match(await sent(port, chunked(CREATE), chunk(body(BODY_LIMIT + 1))), /^HTTP\/1.1 403 /);
    assert.deepEqual([judged, arrived], [[], []]);
  } finally {
    server.close();
  }
});

test("a body that somebody else reads as text is not looked at", async () => {
  const gate = new Gate({ endpoint: "https://tokens.test", orgs: ["acme"], credential: CREDENTIAL, keys, fetch: new Server().fetch });
  const judged = middleware(gate);
  await gate.within(1_000);
  const { server, port } = await listening((request, response) => {
    request.setEncoding("utf8");
    judged(request, response, () => response.end("the hub"));
  });
  try {
    assert.match(await sent(port, `${head(CREATE)}Content-Length: 200\r\n\r\n${body(200)}`), /^HTTP\/1.1 403 /);
  } finally {
    server.close();
  }
});

test("a body that breaks off lets nothing pass", async () => {
  const { judged, arrived, server, port } = await judging(granted);
  try {
    for (const parts of [[chunked(CREATE), chunk("{")], [`${head(CREATE)}Content-Length: 10\r\n\r\n{`]]) {
      const broken = new Promise((resolve) => server.once("request", (request) => request.on("close", resolve)));
      await sent(port, ...parts, (socket) => socket.end()).catch(() => undefined);
      await broken;
    }
    assert.deepEqual([judged, arrived], [[], []]);
  } finally {
    server.close();
  }
});
