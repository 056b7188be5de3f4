// Decisions are the core's, field for field: the corpus and the enumerated domain.

import assert from "node:assert/strict";
import { createReadStream, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { Authorizer, isAllowed, reasonOf } from "tokenward";
import * as edge from "tokenward/snapshots";

import { same } from "./same.mjs";
import { bytes, corpus, written } from "./support.mjs";

function agree(authorizer, request, decision, name) {
  assert.deepEqual(authorizer.decide(request), decision, name);
  if (request.tokenId == null) {
    const code = authorizer.check(request.token, request.action, request.resource, request.now);
    assert.equal(reasonOf(code), decision.reason, name);
    assert.equal(isAllowed(code), decision.decision === "allow", name);
  }
  const { checks, ...explained } = authorizer.explain(request);
  assert.deepEqual(explained, decision, name);
  assert.equal(checks.length, 13);
}

for (const { name, document, cases } of corpus()) {
  test(`the corpus from a document: ${name}`, () => {
    const authorizers = [Authorizer.fromDocument(document), Authorizer.fromDocument(JSON.stringify(document))];
    for (const authorizer of authorizers) {
      for (const { name, request, decision } of cases) agree(authorizer, request, decision, name);
    }
  });

  test(`the corpus from a snapshot: ${name}`, () => {
    const keys = readFileSync(written("TOKENWARD_BUNDLES", "keys.json"), "utf8");
    const bundle = bytes(written("TOKENWARD_BUNDLES", `${name}.bundle`));
    const now = cases[0].request.now;
    const authorizer = Authorizer.fromSnapshot(bundle, JSON.parse(keys), now);
    const again = Authorizer.fromSnapshot(authorizer.bundle(), keys, new Date(now));
    for (const each of [authorizer, again]) {
      for (const { name, request, decision } of cases) agree(each, request, decision, name);
    }
  });
}

test("the enumerated domain", async () => {
  const lines = createInterface({ input: createReadStream(written("TOKENWARD_DOMAIN")) });
  let all;
  let keys;
  let count = 0;
  for await (const line of lines) {
    const { document, snapshot, requests, now, decisions, ...first } = JSON.parse(line);
    if (!all) {
      all = decisions;
      keys = first.keys;
      continue;
    }
    const bundle = Buffer.from(snapshot, "hex");
    const authorizers = [Authorizer.fromDocument(document), edge.Authorizer.fromSnapshot(bundle, keys, now)];
    for (const authorizer of authorizers) requests.forEach(([token, tokenId, action, resource], place) => {
      const expected = all[decisions[place]];
      const decision = authorizer.decide({ token, tokenId, action, resource, now });
      // The message is only built where it is needed: this loop is long.
      if (!same(decision, expected)) {
        assert.deepEqual(decision, expected, JSON.stringify({ document, token, tokenId, action, resource }));
      }
      if (tokenId === null) {
        const code = authorizer.check(token, action, resource, now);
        assert.equal(reasonOf(code), expected.reason);
        assert.equal(isAllowed(code), expected.decision === "allow");
      }
      count++;
    });
    for (const authorizer of authorizers) authorizer.free();
  }
  assert.ok(count > 1_000_000, `${count} decisions`);
});
