// What a gateway asks of the server, and what it answers without one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Gate, serve } from "tokenward/edge";
import { CREDENTIAL, STALE, Server, allowed, down, keys, refusal } from "./played.mjs";

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

/** A gateway with a snapshot, the token server that it asks, and how often that was asked. */
async function asking(answer, options = {}) {
  const server = new Server();
  const asked = { now: 0, most: 0, all: 0 };
  const fetch = async (input, init) => {
    if (!String(input).endsWith("/authz")) return server.fetch(input, init);
    asked.all++;
    asked.most = Math.max(asked.most, ++asked.now);
    try {
      return await answer(new Headers(init.headers), init);
    } finally {
      asked.now--;
    }
  };
  const gate = new Gate({ endpoint: "https://tokens.test", orgs: ["acme"], credential: CREDENTIAL, keys, fetch, ...options });
  await gate.within(1_000);
  return { gate, asked, server };
}

const verdict = (reason, status = 401) =>
  new Response(`{"error":"${reason}"}`, {
    status,
    headers: { "X-Tokenward-Reason": reason, "X-Tokenward-User": "", "X-Request-Id": "theirs", "X-Error-Message": reason },
  });

test("tokens that are made up keep the server busy with so many at once, and no more", { timeout: 60_000 }, async () => {
  let finish;
  const finished = new Promise((resolve) => void (finish = resolve));
  const { gate, asked } = await asking(() => finished.then(() => verdict("invalid_token")));
  let refused = 0;
  const all = Array.from({ length: 200 }, async (_, n) => {
    const answer = await gate.judge({ ...allowed, authorization: `Bearer hf_madeUp${n}` });
    // The server answers nobody before all that it is not asked about are refused.
    if (++refused === 136) finish();
    return answer;
  });
  const answers = await Promise.all(all);
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

/** About something of the organization, by somebody whom its snapshot does not know. */
const create = { method: "POST", uri: "/api/repos/create", authorization: "Bearer hf_x", body: async () => new TextEncoder().encode(BODY) };
const BODY = '{"name":"new","organization":"acme"}';
const granted = () => new Response(null, { headers: { "X-Tokenward-Reason": "granted", "X-Tokenward-User": "bob", "X-Tokenward-Token-Id": "7" } });

test("past the maximum age everything is refused, or asked of the server", async () => {
  for (const elsewhere of ["ask", "answer"]) {
    const refusing = await asking(granted, { ...STALE, elsewhere });
    const refused = await refusing.gate.judge(allowed);
    assert.deepEqual([refused.status, refused.by, refusing.asked.all], [503, "snapshot", 0]);
    assert.equal(new Headers(refused.headers).get("X-Tokenward-Reason"), "snapshot_stale");
    let seen;
    const { gate, asked } = await asking((headers, init) => ((seen = { headers, init }), granted()), { ...STALE, elsewhere, stale: "ask" });
    const answer = await gate.judge(create);
    assert.deepEqual([answer.passes, answer.by, asked.all], [true, "server", 1]);
    assert.deepEqual(answer.forward, [["x-tokenward-token-id", "7"], ["x-tokenward-user", "bob"]]);
    assert.equal(new TextDecoder().decode(seen.init.body), BODY);
    assert.deepEqual([seen.headers.get("X-Original-Method"), seen.headers.get("X-Original-URI")], ["POST", create.uri]);
    assert.equal(seen.headers.get("Authorization"), create.authorization);
    // Another's, which no snapshot settles either.
    assert.equal((await gate.judge({ ...allowed, uri: "/api/models/other/bert" })).by, "server");
  }
});

test("what needs no snapshot is not asked, however old that is", async () => {
  const { gate, asked } = await asking(granted, { ...STALE, stale: "ask" });
  const answer = await gate.judge({ ...allowed, uri: "/api/agent-harnesses" });
  assert.deepEqual([answer.passes, answer.by, asked.all], [true, "snapshot", 0]);
});

test("where there is no snapshot yet, it is asked as well", async () => {
  const { gate } = await asking(granted, { stale: "ask", elsewhere: "answer", keys: '{"keys":[]}' });
  assert.deepEqual(gate.status.map(({ generation }) => generation), [null]);
  assert.equal((await gate.judge(allowed)).by, "server");
});

test("who asks does not wait for a snapshot that does not come", { timeout: 60_000 }, async () => {
  const { gate: stale, server } = await asking(granted, { ...STALE, stale: "ask" });
  // None of it ends, as long as anybody waits.
  const hanging = [];
  server.instead = () => new Promise((_, reject) => hanging.push(reject));
  const cold = new Gate({ endpoint: "https://tokens.test", orgs: ["acme"], credential: CREDENTIAL, keys, fetch: server.fetch, stale: "ask" });
  for (const [gate, path] of [[stale, ""], [cold, "bundle"]]) {
    const before = server.count(path);
    while (server.count(path) === before) await gate.within(1);
    // By now the one that tries is known to be slow.
    await Promise.all(Array.from({ length: 20 }, () => gate.within(1)));
    gate.close();
  }
  for (const reject of hanging) reject(new TypeError("at last"));
});

test("what is asked is not kept back by snapshots that fail", async () => {
  const { gate, asked, server } = await asking(granted, { ...STALE, stale: "ask" });
  server.instead = (path) => (path === "" ? refusal(503) : undefined);
  for (let n = 1; n <= 3; n++) {
    await gate.within(1);
    assert.deepEqual([(await gate.judge(allowed)).by, asked.all], ["server", n]);
  }
});

test("while the server cannot be reached, what would be asked is 503", async () => {
  const { gate } = await asking(down, { ...STALE, stale: "ask" });
  const answer = await gate.judge(allowed);
  assert.deepEqual([answer.passes, answer.status, answer.by], [false, 503, "nobody"]);
  assert.equal(new Headers(answer.headers).get("Retry-After"), "1");
});

test("a server that does not believe the gateway has said nothing about the request", async () => {
  const unknown = () =>
    new Response('{"error":"This operation is not allowed."}', {
      status: 403,
      headers: { "X-Tokenward-Reason": "unknown_action", "X-Tokenward-User": "", "X-Tokenward-Gateway": "unknown" },
    });
  const heard = [];
  const { gate } = await asking(unknown, { ...STALE, stale: "ask", onError: (error) => heard.push(error.message) });
  const answer = await gate.judge(allowed);
  assert.deepEqual([answer.passes, answer.status, answer.by], [false, 503, "nobody"]);
  assert.match(heard.at(-1), /does not believe/);
  // One credential that is still good will do.
  const tried = [];
  const either = (headers) => (tried.push(headers.get("X-Tokenward-Edge")), tried.at(-1) === "hf_good" ? granted() : unknown());
  const credential = { acme: "hf_withdrawn", other: "hf_good" };
  const two = await asking(either, { ...STALE, stale: "ask", orgs: ["acme", "other"], credential });
  assert.equal((await two.gate.judge(allowed)).passes, true);
  assert.ok(tried.includes("hf_good"));
});

test("a body that nobody needs is read before a refusal, so far and no further", async () => {
  const server = new Server();
  const gate = new Gate({ endpoint: "https://tokens.test", orgs: ["acme"], credential: CREDENTIAL, keys, fetch: server.fetch, elsewhere: "answer" });
  await gate.within(1);
  const piece = new Uint8Array(16 * 1024);
  for (const [pieces, ends, most] of [[2, true, 2], [1, false, 1], [Infinity, false, 6]]) {
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (sent < pieces) controller.enqueue(piece);
        else if (ends) controller.close();
        else return new Promise(() => {});
        sent += Number(sent < pieces);
      },
    }, { highWaterMark: 0 });
    const request = new Request("https://gateway.test/api/models/acme/bert/commit/main", { method: "POST", body, duplex: "half" });
    const answer = await serve(gate, request, { origin: "https://hub.test", fetch: () => assert.fail("it is refused") });
    assert.equal(answer.status, 401);
    assert.ok(sent >= Math.min(pieces, 4) && sent <= most, `${sent} pieces`);
  }
});
