// What an edge does when its server is slow, gone, overloaded, or came back from a backup: against one that is played.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import { connect } from "node:net";
import { inspect } from "node:util";
import { setTimeout as pause } from "node:timers/promises";
import { Edge, Gate, ServerError } from "tokenward/edge";
import { middleware } from "tokenward/edge/node";
import { begin } from "./clock.mjs";
import { NOW, bytes, refreshes, refreshKeys, written } from "./support.mjs";

begin(NOW);

const CREDENTIAL = "hf_notARealOneButNobodyMustSeeIt";
const keys = refreshKeys();
const allowed = { method: "GET", uri: "/api/models/acme/bert", authorization: null };
/** Long ago, so that everything is stale from the beginning. */
const STALE = { maxAge: 1 };

/** Plays the server: `now` is the snapshot that it has; `calls` are those that it got. */
class Server {
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

function edge(server, options = {}) {
  const { credential = CREDENTIAL, ...more } = options;
  return new Edge({ endpoint: "https://tokens.test", org: "acme", credential, keys, fetch: server.fetch, ...more });
}

const refusal = (status, headers = {}) => new Response(null, { status, headers });
const down = () => Promise.reject(new TypeError(`connecting with ${CREDENTIAL} failed`));

test("it opens, refreshes by blocks, and reports", async () => {
  const server = new Server();
  const followed = edge(server);
  await followed.open();
  server.now = "second";
  assert.equal(await followed.refresh(), true);
  assert.equal(await followed.refresh(), false);
  assert.equal(followed.authorizer.generation, 43);
  assert.equal(server.count("bundle"), 1);
  assert.equal(server.count("applied"), 2);
  assert.equal(server.calls.at(-1).headers.get("X-Tokenward-Applied"), "43");
});

test("a server that came back from a backup is refused while what is held is fresh", async () => {
  const server = new Server();
  server.now = "second";
  const followed = edge(server);
  await followed.open();
  server.now = "restored";
  await assert.rejects(followed.refresh(), { code: "rollback" });
  assert.equal(followed.authorizer.generation, 43);
});

test("and taken up once that is stale, if it was issued later", async () => {
  const server = new Server();
  server.now = "second";
  const followed = edge(server, STALE);
  await followed.open();
  // It does not know the generation that is reported, either.
  server.instead = (path, headers) => (path === "" && headers.has("X-Tokenward-Applied") ? refusal(400) : undefined);
  server.now = "restored";
  assert.equal(await followed.refresh(), true);
  assert.equal(followed.authorizer.generation, 8);
  server.instead = () => undefined;
  // Though that is stale as well, nobody makes it go back.
  server.now = "first";
  await assert.rejects(followed.refresh(), { code: "rollback" });
  assert.equal(followed.authorizer.generation, 8);
});

test("one request asks, and others go on with what is held", async () => {
  const server = new Server();
  const followed = edge(server);
  await followed.open();
  const before = server.count("");
  server.instead = async (path) => (path === "" ? void (await pause(100)) : undefined);
  await pause(5);
  const began = performance.now();
  const first = followed.within(1);
  await Promise.all(Array.from({ length: 50 }, () => followed.within(1)));
  assert.ok(performance.now() - began < 50, "the others waited");
  await first;
  assert.equal(server.count("") - before, 1);
});

test("nobody waits long for a server that hangs, and it is not asked each time", async () => {
  const server = new Server();
  const followed = edge(server);
  await followed.open();
  server.instead = (path, headers, signal) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  await pause(5);
  const [began, before] = [performance.now(), server.calls.length];
  await followed.within(1);
  assert.ok(performance.now() - began < 3_000);
  for (let n = 0; n < 20; n++) void followed.within(1);
  assert.ok(server.calls.length - before <= 2, `${server.calls.length - before} calls`);
});

test("what is held and stale is not good enough to go on with", async () => {
  const server = new Server();
  const followed = edge(server, STALE);
  await followed.open();
  const before = server.count("");
  server.instead = async (path) => (path === "" ? void (await pause(100)) : undefined);
  const began = performance.now();
  await Promise.all([followed.within(1e9), followed.within(1e9)]);
  assert.ok(performance.now() - began >= 90, "one went on");
  assert.equal(server.count("") - before, 1);
});

test("at a cold start one request fetches, and the others wait for it", async () => {
  const server = new Server();
  server.instead = async (path) => (path === "bundle" ? void (await pause(100)) : undefined);
  const followed = edge(server);
  await Promise.all(Array.from({ length: 60 }, () => followed.within(1_000)));
  assert.equal(followed.authorizer.generation, 7);
  assert.equal(server.count("bundle"), 1);
});

test("and where there is nothing to be had, each is refused without asking again", async () => {
  const server = new Server();
  server.instead = () => refusal(503, { "Retry-After": "2" });
  const followed = edge(server);
  for (let n = 0; n < 3; n++) {
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => followed.within(1_000)));
    assert.ok(all.every(({ reason }) => reason instanceof ServerError));
    await pause(50);
  }
  assert.equal(server.calls.length, 1);
});

test("a request that its host has ended stops nobody for long", async () => {
  const server = new Server();
  const timer = globalThis.setInterval;
  // Ended with all its timers.
  globalThis.setInterval = () => undefined;
  server.instead = () => new Promise(() => undefined);
  const followed = edge(server);
  void followed.within(1_000);
  globalThis.setInterval = timer;
  await pause(20);
  server.instead = () => undefined;
  await assert.rejects(followed.within(1_000), ServerError);
  await followed.within(1_000);
  assert.equal(followed.authorizer.generation, 7);
});

test("`Retry-After` is obeyed", async () => {
  const server = new Server();
  const followed = edge(server);
  await followed.open();
  await pause(5);
  server.instead = () => refusal(429, { "Retry-After": "1" });
  const before = server.calls.length;
  for (let n = 0; n < 10; n++) {
    await followed.within(1);
    await pause(30);
  }
  assert.equal(server.calls.length - before, 1);
  await pause(1_000);
  server.instead = () => undefined;
  await followed.within(1);
  assert.equal(followed.status.error, null);
});

test("a stream that ends at once, again and again, is not opened in a rush", async () => {
  const server = new Server();
  const followed = edge(server);
  await followed.open();
  server.instead = (path) => (path === "events" ? new Response(new ReadableStream({ start: (it) => it.close() })) : undefined);
  const ending = new AbortController();
  const following = followed.follow(ending.signal);
  await pause(1_500);
  ending.abort();
  await following;
  assert.ok(server.count("events") >= 2 && server.count("events") <= 5, `${server.count("events")} streams`);
  assert.equal(followed.isFollowing, false);
});

test("events bring the next manifest, and comments say that the stream lives", async () => {
  const server = new Server();
  const followed = edge(server);
  await followed.open();
  let say;
  server.instead = (path) =>
    path === "events" ? new Response(new ReadableStream({ start: (it) => void (say = (text) => it.enqueue(new TextEncoder().encode(text))) })) : undefined;
  const ending = new AbortController();
  const following = followed.stream(ending.signal);
  await pause(20);
  say(": still here\n\n");
  await pause(20);
  assert.equal(followed.isFollowing, true);
  const sealed = Buffer.from(refreshes("second.manifest")).toString("base64");
  // However it is cut.
  for (const piece of [`event: mani`, `fest\nid: second\nda`, `ta: ${sealed.slice(0, 40)}`, sealed.slice(40), "\n", "\n"]) {
    say(piece);
    await pause(2);
  }
  await pause(50);
  assert.equal(followed.authorizer.generation, 43);
  ending.abort();
  assert.equal(await following, true);
  assert.equal(followed.isFollowing, false);
});

test("one organization that fails does not stand in another's way", async () => {
  const server = new Server();
  server.instead = (path, headers) => (headers.get("Authorization")?.endsWith("bad") ? refusal(401) : undefined);
  const credential = { acme: CREDENTIAL, other: "bad" };
  const gate = new Gate({ endpoint: "https://tokens.test", orgs: ["other", "acme"], credential, keys, fetch: server.fetch });
  await gate.within(1);
  assert.deepEqual(gate.status.map(({ generation }) => generation), [null, 7]);
  const answer = await gate.judge({ ...allowed, uri: "/api/models/acme/nothing" });
  assert.equal(answer.by, "snapshot");
});

test("without a snapshot and without a server it is 503, and never an error", async () => {
  const server = new Server();
  server.instead = down;
  for (const elsewhere of ["ask", "answer"]) {
    const options = { endpoint: "https://tokens.test", orgs: ["acme"], credential: CREDENTIAL, fetch: server.fetch, elsewhere };
    const gate = new Gate({ ...options, onError: () => { throw new Error("whoever is told fails"); } });
    await gate.within(1);
    const answer = await gate.judge(allowed);
    assert.deepEqual([answer.passes, answer.status, answer.by], [false, 503, "nobody"]);
  }
});

test("whatever answers in the server's place lets nothing pass", async () => {
  const told = { "X-Tokenward-Reason": "granted", "X-Tokenward-User": "bob", "X-Tokenward-Token-Id": "" };
  const gate = (answer) =>
    new Gate({ endpoint: "https://tokens.test", orgs: ["acme"], credential: CREDENTIAL, fetch: async () => answer() });
  for (const answer of [
    () => new Response("welcome"),
    () => new Response(null, { status: 302, headers: { Location: "/login" } }),
    () => new Response(null, { status: 204, headers: told }),
    () => new Response(null, { status: 200, headers: { "X-Tokenward-User": "bob" } }),
  ]) {
    assert.equal((await gate(answer).judge(allowed)).status, 503);
  }
  assert.equal((await gate(() => new Response(null, { headers: told })).judge(allowed)).passes, true);
});

test("the credential is in no error, status or view", async () => {
  const server = new Server();
  const heard = [];
  const followed = edge(server, { onError: (error) => heard.push(error) });
  await followed.open();
  server.instead = down;
  await pause(5);
  await followed.within(1);
  await assert.rejects(followed.refresh(), ServerError);
  assert.ok(heard.length > 0);
  const shown = inspect([heard, followed, followed.status, followed.server], { depth: 9, showHidden: true });
  assert.ok(!shown.includes(CREDENTIAL), shown);
  for (const credential of ["", `${CREDENTIAL}\n`, undefined, 7]) {
    const made = () => new Edge({ endpoint: "https://tokens.test", org: "acme", credential });
    assert.throws(made, (error) => error instanceof TypeError && !error.message.includes("hf_"));
  }
});

test("a stored snapshot is verified, and one that is bad does no harm", async () => {
  const server = new Server();
  const kept = { first: refreshes("first.bundle"), bad: refreshes("first.bundle").fill(0, 40, 60), other: refreshes("other.bundle") };
  for (const [name, fetched] of [["first", 0], ["bad", 1], ["other", 1]]) {
    server.calls = [];
    const store = { get: async () => kept[name], put: async () => assert.fail("full") };
    const followed = edge(server, { store });
    await followed.open();
    assert.equal(followed.authorizer.generation, 7);
    assert.equal(server.count("bundle"), fetched, name);
  }
});

test("what is stored is reported, and nothing else", async () => {
  const server = new Server();
  let [kept, full] = [undefined, false];
  const put = async (bundle) => (full ? Promise.reject(new Error(`no space for ${CREDENTIAL}`)) : void (kept = bundle));
  const store = { get: async () => kept, put };
  const followed = edge(server, { store });
  const reported = () => server.count("applied");
  await followed.open();
  assert.equal(reported(), 1);
  full = true;
  server.now = "second";
  assert.equal(await followed.refresh(), true);
  assert.equal(followed.authorizer.generation, 43);
  assert.deepEqual([reported(), followed.status.error], [1, "Error"]);
  await pause(700);
  await followed.refresh();
  assert.equal(server.calls.at(-1).headers.get("X-Tokenward-Applied"), "7");
  assert.deepEqual([reported(), followed.status.error], [1, "Error"]);
  full = false;
  await pause(1_200);
  await followed.refresh();
  assert.deepEqual([reported(), followed.status.error], [2, null]);
  await followed.refresh();
  assert.equal(server.calls.at(-1).headers.get("X-Tokenward-Applied"), "43");
  // With the link cut, it starts from what was reported.
  server.instead = down;
  assert.equal((await edge(server, { store }).open()).generation, 43);
});

test("a store that is slow holds nothing back but the report", async () => {
  const server = new Server();
  let finish;
  const store = { get: async () => undefined, put: () => new Promise((resolve) => void (finish = resolve)) };
  const followed = edge(server, { store });
  const opening = followed.open();
  while (!finish) await pause(5);
  server.now = "second";
  assert.equal(await followed.refresh(), true);
  assert.deepEqual([followed.authorizer.generation, server.count("applied")], [43, 0]);
  const first = finish;
  finish = undefined;
  first();
  while (!finish) await pause(5);
  assert.equal(server.count("applied"), 1);
  finish();
  await opening;
  assert.equal(server.count("applied"), 2);
});

test("a report that was refused is made again, but not at once", async () => {
  const server = new Server();
  server.instead = (path) => (path === "applied" ? refusal(400) : undefined);
  const followed = edge(server);
  await followed.open();
  for (let n = 0; n < 10; n++) await followed.refresh();
  assert.equal(server.count("applied"), 1);
  assert.match(followed.status.error, /400/);
  server.instead = () => undefined;
  await pause(550);
  await followed.refresh();
  assert.deepEqual([server.count("applied"), followed.status.error], [2, null]);
  await followed.refresh();
  assert.equal(server.count("applied"), 2);
});

/** A thief's key, and what is signed with it. */
function thief() {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const { x } = publicKey.export({ format: "jwk" });
  const id = createHash("sha256").update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest();
  const key = { kty: "OKP", crv: "Ed25519", x, kid: id.toString("base64url"), alg: "EdDSA", use: "sig" };
  const signed = (sealed) => {
    const message = sealed.subarray(96);
    return new Uint8Array(Buffer.concat([id, sign(null, message, privateKey), message]));
  };
  return { key, signed };
}

test("what a stolen key has signed goes with the key, however far its generation", async (context) => {
  for (const by of ["asking", "a sign of life"]) {
    const server = new Server();
    const { key, signed } = thief();
    const good = JSON.parse(keys);
    let trusted = { keys: [...good.keys, key] };
    let forged = false;
    let say;
    server.instead = (path, headers) => {
      if (path.endsWith("tokenward-keys")) return Response.json(trusted);
      if (path === "" && forged) return new Response(signed(refreshes("second.manifest")), { headers: { ETag: '"forged"' } });
      if (path === "events") return new Response(new ReadableStream({ start: (it) => void (say = (text) => it.enqueue(new TextEncoder().encode(text))) }));
      if (path === "applied" && forged) return refusal(400);
      return undefined;
    };
    context.mock.timers.reset();
    context.mock.timers.enable({ apis: ["Date"], now: Date.now() });
    const followed = edge(server, { keys: undefined });
    await followed.open();
    forged = true;
    await followed.refresh();
    assert.equal(followed.authorizer.generation, 43);
    forged = false;
    await assert.rejects(followed.refresh(), { code: "rollback" });
    trusted = good;
    const fetched = server.count("bundle");
    context.mock.timers.tick(60_000);
    if (by === "asking") {
      // While the next is fetched, the one before decides nothing.
      let meanwhile = "not asked";
      const before = server.instead;
      server.instead = (path, headers) => {
        if (path === "bundle") meanwhile = followed.authorizer;
        return before(path, headers);
      };
      await followed.refresh();
      assert.equal(meanwhile, undefined);
    } else {
      const ending = new AbortController();
      const following = followed.stream(ending.signal);
      while (!say) await pause(5);
      say(": still here\n\n");
      await pause(100);
      ending.abort();
      await following;
    }
    assert.equal(followed.authorizer.generation, 7, by);
    assert.equal(server.count("bundle") - fetched, 1);
    assert.equal(followed.status.error, null);
    server.now = "second";
    assert.equal(await followed.refresh(), true);
    followed.close();
  }
});

test("and nothing is decided where the next cannot be had", async (context) => {
  const server = new Server();
  const { key, signed } = thief();
  let trusted = { keys: [key] };
  const bundle = refreshes("first.bundle");
  const length = new DataView(bundle.buffer).getUint32(9, true);
  bundle.set(signed(bundle.subarray(13, 13 + length)), 13);
  server.instead = (path) =>
    path.endsWith("tokenward-keys") ? Response.json(trusted) : path === "bundle" ? new Response(bundle) : undefined;
  context.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  // What was stored before is no way around it.
  const store = { get: async () => bundle, put: async () => undefined };
  const options = { endpoint: "https://tokens.test", orgs: ["acme"], credential: CREDENTIAL, store: () => store, fetch: server.fetch };
  const gate = new Gate({ ...options, elsewhere: "answer" });
  await gate.within(1_000);
  const passing = { ...allowed, uri: "/api/models/acme/nothing" };
  assert.equal((await gate.judge(passing)).by, "snapshot");
  trusted = JSON.parse(keys);
  context.mock.timers.tick(60_000);
  await gate.within(1_000);
  const answer = await gate.judge(passing);
  assert.deepEqual([answer.passes, answer.status, answer.by], [false, 503, "nobody"]);
});

/** A gateway with a snapshot, the token server that it asks, and how often that was asked. */
async function asking(answer) {
  const server = new Server();
  const asked = { now: 0, most: 0, all: 0 };
  const fetch = async (input, init) => {
    if (!String(input).endsWith("/authz")) return server.fetch(input, init);
    asked.all++;
    asked.most = Math.max(asked.most, ++asked.now);
    try {
      return await answer(new Headers(init.headers));
    } finally {
      asked.now--;
    }
  };
  const gate = new Gate({ endpoint: "https://tokens.test", orgs: ["acme"], credential: CREDENTIAL, keys, fetch });
  await gate.within(1_000);
  return { gate, asked };
}

const verdict = (reason, status = 401) =>
  new Response(`{"error":"${reason}"}`, {
    status,
    headers: { "X-Tokenward-Reason": reason, "X-Tokenward-User": "", "X-Request-Id": "theirs", "X-Error-Message": reason },
  });

test("tokens that are made up keep the server busy with so many at once, and no more", async () => {
  const { gate, asked } = await asking(async () => void (await pause(100)) ?? verdict("invalid_token"));
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, n) => gate.judge({ ...allowed, authorization: `Bearer hf_madeUp${n}` })),
  );
  assert.deepEqual([asked.most, asked.all], [64, 64]);
  const busy = answers.filter(({ status }) => status === 503);
  assert.equal(busy.length, 136);
  assert.ok(busy.every(({ headers }) => new Headers(headers).get("Retry-After") === "1"));
  // Those that are asked about are in nobody's way afterwards, nor is whoever needs no asking.
  assert.equal((await gate.judge({ ...allowed, authorization: "Bearer hf_another" })).status, 401);
});

test("a token that is unknown is not asked about again at once; any other answer is not remembered", async (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  let reason = "invalid_token";
  const { gate, asked } = await asking(async () => verdict(reason));
  const ask = (token, uri = allowed.uri) => gate.judge({ ...allowed, uri, authorization: `Bearer ${token}` });
  const first = await ask("hf_x");
  const second = await ask("hf_x");
  assert.equal(asked.all, 1);
  assert.deepEqual([second.status, second.body, second.by], [first.status, first.body, first.by]);
  assert.notEqual(new Headers(second.headers).get("X-Request-Id"), new Headers(first.headers).get("X-Request-Id"));
  await ask("hf_y");
  await ask("hf_x", "/api/models/acme/other");
  assert.equal(asked.all, 3);
  context.mock.timers.tick(3_000);
  await ask("hf_x");
  assert.equal(asked.all, 4);
  reason = "token_expired";
  await ask("hf_z");
  await ask("hf_z");
  assert.equal(asked.all, 6);
  assert.ok(!inspect(gate, { depth: 9, showHidden: true }).includes("hf_"));
});

test("in Node.js, the token server's own calls go to it, unless they are judged like others", async () => {
  const server = new Server();
  const listening = async (answer) => {
    const made = createServer(answer);
    await new Promise((resolve) => made.listen(0, "127.0.0.1", resolve));
    return made;
  };
  const seen = [];
  const tokens = await listening(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    seen.push({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(401, { "X-Tokenward-Reason": "invalid_token", "Set-Cookie": ["a=1", "b=2"], "Keep-Alive": "timeout=77" });
    response.end("who?");
  });
  const endpoint = `http://127.0.0.1:${tokens.address().port}`;
  const gate = (options) => new Gate({ endpoint, orgs: ["acme"], credential: CREDENTIAL, keys, fetch: server.fetch, elsewhere: "answer", ...options });
  const fronts = [];
  const front = async (options) => {
    const made = gate(options);
    await made.within(1_000);
    const judged = middleware(made);
    const next = (request, response) => () => response.end("the hub");
    fronts.push(await listening((request, response) => judged(request, response, next(request, response))));
    return fronts.at(-1).address().port;
  };
  /** What comes back for a request that is sent as it is. */
  const sent = (port, text) =>
    new Promise((resolve, reject) => {
      let back = "";
      const socket = connect(port, "127.0.0.1", () => socket.write(text));
      socket.on("data", (data) => void (back += data)).on("end", () => resolve(back)).on("error", reject);
    });
  try {
    const port = await front({});
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
    assert.match(await sent(await front({ own: "judge" }), `GET /api/whoami-v2 HTTP/1.1\r\n${head}Connection: close\r\n\r\n`), /^HTTP/);
    assert.equal(seen.length, 0);
    tokens.closeAllConnections();
    await new Promise((resolve) => tokens.close(resolve));
    assert.match(await sent(port, `GET /api/whoami-v2 HTTP/1.1\r\n${head}Connection: close\r\n\r\n`), /^HTTP\/1.1 503 /);
  } finally {
    for (const one of [...fronts, tokens]) one.close();
  }
});
