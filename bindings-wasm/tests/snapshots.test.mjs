// Signed snapshots: verified, followed, kept, and too old at some time.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Authorizer } from "tokenward";
import * as edge from "tokenward/snapshots";

import { NOW, bytes, granted, refreshKeys, refreshes, refused, written } from "./support.mjs";

const keys = refreshKeys();
const open = (name = "first", options) => Authorizer.fromSnapshot(refreshes(`${name}.bundle`), keys, NOW, options);
const block = (hash) => bytes(written("TOKENWARD_REFRESHES", "blocks", hash));

function follow(authorizer, name) {
  const refresh = authorizer.refresh(refreshes(`${name}.manifest`), keys, NOW);
  let supplied = 0;
  for (let missing = refresh.missing(); missing.length > 0; missing = refresh.missing()) {
    for (const hash of missing) {
      refresh.supply(block(hash));
      supplied++;
    }
  }
  return { next: refresh.finish(), supplied };
}

test("a refresh makes the next authorizer, and the old one stays as it is", () => {
  const first = open("first", { maxAge: 20 * 3_600 });
  const { next, supplied } = follow(first, "second");
  assert.ok(supplied > 0);
  assert.deepEqual([first.generation, next.generation], [7, 43]);
  assert.equal(first.decide(granted).reason, "granted");
  assert.equal(next.decide(granted).reason, "token_revoked");
  assert.deepEqual(next.issued, new Date("2026-03-01T00:00:00Z"));
  assert.deepEqual(next.staleFrom, new Date("2026-03-01T20:00:00Z"));
  assert.deepEqual(follow(next, "third").next.bundle(), refreshes("third.bundle"));
  assert.deepEqual(follow(next, "third").supplied, 0);
});

test("what does not follow is refused", () => {
  const second = open("second");
  const begin = (name) => second.refresh(refreshes(`${name}.manifest`), keys, NOW);
  refused("rollback", () => begin("first"));
  refused("wrong_org", () => begin("other"));
  refused("unknown_key", () => begin("stranger"));
  refused("expired", () => begin("gone"));
  refused("not_yet_valid", () => second.refresh(refreshes("third.manifest"), keys, "2020-01-01T00:00:00Z"));
  refused("malformed", () => second.refresh(new Uint8Array(), keys, NOW));
  refused("unknown_key", () => open("stranger"));
  refused("expired", () => open("gone"));
  assert.equal(second.generation, 43);
  assert.equal(second.decide(granted).reason, "token_revoked");
});

test("blocks are taken only where they are missing", () => {
  const refresh = open().refresh(refreshes("second.manifest"), keys, NOW);
  refused("missing_block", () => refresh.finish());
  refused("wrong_block", () => refresh.supply(new Uint8Array([1, 2, 3])));
  const [hash] = refresh.missing();
  const flipped = block(hash);
  flipped[0] ^= 1;
  refused("wrong_block", () => refresh.supply(flipped));
  refused("invalid_type", () => refresh.supply("block"));
  refresh.supply(block(hash));
  refused("wrong_block", () => refresh.supply(block(hash)));
  refresh.free();
  refresh.free();
  refused("freed", () => refresh.missing());
});

test("a bundle with any byte flipped, or cut anywhere, is refused", () => {
  const bundle = refreshes("first.bundle");
  const opened = (bytes) => Authorizer.fromSnapshot(bytes, keys, NOW);
  for (let at = 0; at < bundle.length; at++) {
    for (const mask of [1, 0x80]) {
      const flipped = bundle.slice();
      flipped[at] ^= mask;
      assert.throws(() => opened(flipped), { name: "TokenwardError" }, `byte ${at}`);
    }
    assert.throws(() => opened(bundle.slice(0, at)), { name: "TokenwardError" }, `cut at ${at}`);
  }
  refused("malformed", () => opened(new Uint8Array([...bundle, 0])));
});

test("a manifest with any byte flipped, or cut anywhere, is refused", () => {
  const first = open();
  const manifest = refreshes("second.manifest");
  for (let at = 0; at < manifest.length; at++) {
    const flipped = manifest.slice();
    flipped[at] ^= 1;
    assert.throws(() => first.refresh(flipped, keys, NOW), { name: "TokenwardError" }, `byte ${at}`);
    assert.throws(() => first.refresh(manifest.slice(0, at), keys, NOW), { name: "TokenwardError" }, `cut at ${at}`);
  }
});

test("keys may be an object or JSON", () => {
  assert.equal(Authorizer.fromSnapshot(refreshes("first.bundle"), JSON.parse(keys), NOW).org, "acme");
  for (const wrong of ["", "{}", { keys: [] }, []]) {
    refused("parse_error", () => Authorizer.fromSnapshot(refreshes("first.bundle"), wrong, NOW));
  }
  refused("invalid_type", () => Authorizer.fromSnapshot(refreshes("first.bundle"), undefined, NOW));
  refused("invalid_type", () => Authorizer.fromSnapshot(readFileSync(written("TOKENWARD_REFRESHES", "first.bundle"), "latin1"), keys));
});

test("past its maximum age everything is refused", () => {
  const authorizer = open("first", { maxAge: 15 * 3_600 });
  const at = authorizer.staleFrom;
  const before = new Date(at.getTime() - 1);
  assert.equal(authorizer.decide({ ...granted, now: before }).reason, "granted");
  const decision = authorizer.decide({ ...granted, now: at });
  assert.deepEqual([decision.decision, decision.reason, decision.status], ["deny", "snapshot_stale", 503]);
  assert.match(decision.message, /at most 54000 seconds/);
  const verdict = authorizer.pass({ method: "GET", uri: "/api/models/acme/bert", token: granted.token, now: at });
  assert.deepEqual([verdict.reason, verdict.status], ["snapshot_stale", 503]);
  refused("parse_error", () => open("first", { maxAge: -1 }));
});

test("a document is no snapshot", () => {
  const authorizer = Authorizer.fromDocument({ format: "tokenward.org/1", organization: { name: "acme" } });
  refused("no_snapshot", () => authorizer.refresh(refreshes("second.manifest"), keys, NOW));
  refused("no_snapshot", () => authorizer.bundle());
});

test("what was freed answers nothing", () => {
  const authorizer = open();
  authorizer.free();
  authorizer.free();
  refused("freed", () => authorizer.decide(granted));
  refused("freed", () => authorizer.check(granted.token, granted.action, granted.resource));
  const disposed = open();
  disposed[Symbol.dispose]();
  refused("freed", () => disposed.bundle());
});

test("the part for edges says what it has not", () => {
  const authorizer = edge.Authorizer.fromSnapshot(refreshes("first.bundle"), refreshKeys(), NOW);
  for (const call of [
    () => edge.Authorizer.fromDocument({}),
    () => authorizer.preview("default"),
    () => authorizer.findings({ now: NOW }),
  ]) {
    assert.throws(call, (error) => error instanceof edge.TokenwardError && error.code === "not_included");
  }
});
