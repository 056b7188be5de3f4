// What an edge does when its server is slow, gone, overloaded, or came back from a backup: against one that is played.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { inspect } from "node:util";
import { setTimeout as pause } from "node:timers/promises";
import { Edge, Gate, ServerError } from "tokenward/edge";
import { CREDENTIAL, STALE, Server, allowed, down, edge, keys, refusal } from "./played.mjs";
import { refreshes } from "./support.mjs";

/** Waits until something holds: long enough for a machine that is busy with other things. */
async function until(holds) {
  const began = performance.now();
  while (!holds()) {
    assert.ok(performance.now() - began < 30_000, "it did not happen");
    await pause(2);
  }
}

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
  let answer;
  const answered = new Promise((resolve) => void (answer = resolve));
  server.instead = (path) => (path === "" ? answered : undefined);
  await pause(5);
  const first = followed.within(1);
  let gone = 0;
  for (let n = 0; n < 50; n++) void followed.within(1).then(() => gone++);
  // Whoever waits for nothing has gone on by then.
  await new Promise(setImmediate);
  assert.equal(gone, 50, "the others waited");
  answer();
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

test("one that follows and requests beside it fetch the first snapshot once", async () => {
  for (const order of ["the one that follows first", "a request first"]) {
    const server = new Server();
    let answer;
    const asked = new Promise((resolve) => {
      server.instead = (path) => {
        if (path === "bundle") return resolve(), new Promise((done) => void (answer = done));
        return path === "events" ? new Response(new ReadableStream()) : undefined;
      };
    });
    const followed = edge(server, { keys: undefined });
    const ending = new AbortController();
    const begun = [() => followed.follow(ending.signal), () => followed.within(1_000)];
    if (order === "a request first") begun.reverse();
    const [one, other] = begun.map((begin) => begin());
    const more = [followed.open(), followed.refresh(), followed.within(1_000)];
    await asked;
    await pause(50);
    answer();
    await Promise.all([order === "a request first" ? one : other, ...more]);
    assert.equal(followed.authorizer.generation, 7);
    assert.deepEqual([server.count("bundle"), server.count("/.well-known/tokenward-keys")], [1, 1], order);
    ending.abort();
    await Promise.all([one, other]);
    followed.close();
  }
});

test("where the first fetch fails, whoever waited for it makes the next", async () => {
  const server = new Server();
  let fail;
  server.instead = (path) => (path === "bundle" && !fail ? new Promise((done) => void (fail = () => done(refusal(500)))) : undefined);
  const followed = edge(server);
  const first = followed.open();
  const second = followed.open();
  while (!fail) await pause(5);
  fail();
  await assert.rejects(first, ServerError);
  assert.equal((await second).generation, 7);
  assert.equal(server.count("bundle"), 2);
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
  while (server.calls.length === 0) await pause(5);
  globalThis.setInterval = timer;
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
  await until(() => say);
  say(": still here\n\n");
  await until(() => followed.isFollowing);
  const sealed = Buffer.from(refreshes("second.manifest")).toString("base64");
  // However it is cut.
  for (const piece of [`event: mani`, `fest\nid: second\nda`, `ta: ${sealed.slice(0, 40)}`, sealed.slice(40), "\n", "\n"]) {
    say(piece);
    await pause(2);
  }
  await until(() => followed.authorizer.generation === 43);
  ending.abort();
  assert.equal(await following, true);
  assert.equal(followed.isFollowing, false);
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

/** Some that cannot be read, though the server says that all is well. */
const NO_KEYS = ['{"error":"busy"}', "null", "[]", '{"keys":[]}', '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"?"}]}'];

test("keys that cannot be read are not kept: those of before go on, and a change comes through", async (context) => {
  for (const odd of NO_KEYS) {
    context.mock.timers.reset();
    context.mock.timers.enable({ apis: ["Date"], now: Date.now() });
    const server = new Server();
    const heard = [];
    const followed = edge(server, { keys: undefined, onError: (error) => heard.push(error) });
    await followed.open();
    context.mock.timers.tick(60_000);
    server.instead = (path) => (path.endsWith("tokenward-keys") ? new Response(odd) : undefined);
    server.now = "second";
    assert.equal(await followed.refresh(), true, odd);
    assert.equal(heard.length, 1);
    assert.equal(followed.authorizer.generation, 43);
  }
});

test("and where there were none before, they are asked for again", async () => {
  for (const odd of NO_KEYS) {
    const server = new Server();
    server.instead = (path) => (path.endsWith("tokenward-keys") ? new Response(odd) : undefined);
    const followed = edge(server, { keys: undefined });
    await assert.rejects(followed.open(), (error) => error instanceof Error, odd);
    server.instead = () => undefined;
    assert.equal((await followed.open()).generation, 7, odd);
  }
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
      await until(() => say);
      say(": still here\n\n");
      await until(() => followed.authorizer?.generation === 7 && followed.status.error === null);
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
