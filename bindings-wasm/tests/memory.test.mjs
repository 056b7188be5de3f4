// The module's memory stays as large as it is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";

// The memory is nobody's business but this test's.
let memory;
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(...given) {
    super(...given);
    memory = this.exports.memory;
  }
};
const { Authorizer } = await import("tokenward");
const { NOW, bytes, refreshKeys, refreshes, written } = await import("./support.mjs");

const keys = refreshKeys();
const manifest = refreshes("second.manifest");
const first = Authorizer.fromSnapshot(refreshes("first.bundle"), keys, NOW);

const blocks = new Map();
function block(hash) {
  if (!blocks.has(hash)) blocks.set(hash, bytes(written("TOKENWARD_REFRESHES", "blocks", hash)));
  return blocks.get(hash);
}

function refreshed() {
  const refresh = first.refresh(manifest, keys, NOW);
  for (let missing = refresh.missing(); missing.length > 0; missing = refresh.missing()) {
    for (const hash of missing) refresh.supply(block(hash));
  }
  return refresh.finish();
}

test("ten thousand refreshes that are freed", () => {
  refreshed().free();
  const before = memory.buffer.byteLength;
  for (let count = 0; count < 10_000; count++) refreshed().free();
  assert.equal(memory.buffer.byteLength, before);
});

test("refreshes that the garbage collector finds", async () => {
  const round = async () => {
    for (let count = 0; count < 500; count++) refreshed();
    globalThis.gc();
    await setImmediate();
    await setImmediate();
  };
  for (let count = 0; count < 4; count++) await round();
  const before = memory.buffer.byteLength;
  for (let count = 0; count < 10; count++) await round();
  assert.ok(memory.buffer.byteLength <= before * 1.25, `${before} became ${memory.buffer.byteLength}`);
});

test("questions and errors", () => {
  const ask = { token: "hf_x", action: "repo.write", resource: "model:acme/bert", now: NOW };
  const round = () => {
    first.decide(ask);
    first.explain(ask);
    first.pass({ method: "GET", uri: "/api/models/acme/bert", token: "hf_x", now: NOW });
    assert.throws(() => first.decide({ ...ask, resource: "x" }));
    assert.throws(() => first.refresh(refreshes("other.manifest"), keys, NOW));
  };
  for (let count = 0; count < 100; count++) round();
  const before = memory.buffer.byteLength;
  for (let count = 0; count < 5_000; count++) round();
  assert.equal(memory.buffer.byteLength, before);
});
