// Forms of arguments, and what is thrown for those that are none.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTIONS, Authorizer, BODY_LIMIT, REASONS, TokenwardError, needsBody, parseToken, reasonOf } from "tokenward";

import { LAPTOP, LAPTOP_ID, NOW, acme, refused } from "./support.mjs";

const authorizer = Authorizer.fromDocument(acme(parseToken(LAPTOP).digest));
const ask = { token: LAPTOP, action: "repo.write", resource: "model:acme/bert", now: NOW };

test("a token may be a string, a secret, or known by its id", () => {
  const decision = authorizer.decide(ask);
  assert.equal(decision.reason, "token_pending");
  assert.deepEqual(authorizer.decide({ ...ask, token: parseToken(LAPTOP) }), decision);
  assert.deepEqual(authorizer.decide({ ...ask, token: null, tokenId: LAPTOP_ID }), decision);
  refused("parse_error", () => authorizer.decide({ ...ask, tokenId: LAPTOP_ID }));
  refused("parse_error", () => authorizer.decide({ ...ask, token: "", tokenId: LAPTOP_ID }));
  refused("parse_error", () => authorizer.decide({ ...ask, token: undefined, tokenId: "laptop" }));
  refused("invalid_type", () => authorizer.decide({ ...ask, token: undefined, tokenId: 7 }));
  refused("invalid_type", () => authorizer.decide({ ...ask, token: { reveal: () => LAPTOP } }));
});

test("an empty token is none", () => {
  for (const token of ["", null, undefined]) {
    assert.equal(authorizer.decide({ ...ask, token }).reason, "missing_token");
    assert.equal(reasonOf(authorizer.check(token, ask.action, ask.resource, NOW)), "missing_token");
  }
});

test("a resource may be a pair", () => {
  const resource = { type: "model", name: "acme/bert" };
  assert.deepEqual(authorizer.decide({ ...ask, resource }), authorizer.decide(ask));
  for (const wrong of ["acme/bert", "model:", "model:acme/b:rt", "", { type: "model:acme", name: "x" }, "model:é/x"]) {
    refused("parse_error", () => authorizer.decide({ ...ask, resource: wrong }));
  }
  for (const wrong of [undefined, null, 7, {}, { type: "model" }, ["model", "acme/bert"]]) {
    refused("invalid_type", () => authorizer.decide({ ...ask, resource: wrong }));
  }
});

test("a time may be a string, a date, a number, or the clock's", () => {
  const expiring = acme(parseToken(LAPTOP).digest);
  expiring.tokens[0].expiresAt = NOW;
  const authorizer = Authorizer.fromDocument(expiring);
  const millis = Date.parse(NOW);
  for (const now of [NOW, new Date(millis), millis, "2026-03-01T13:00:00+01:00"]) {
    assert.equal(authorizer.decide({ ...ask, now }).reason, "expired_token");
  }
  for (const now of ["2026-03-01T11:59:59.999Z", new Date(millis - 1), millis - 1]) {
    assert.equal(authorizer.decide({ ...ask, now }).reason, "token_pending");
  }
  expiring.tokens[0].expiresAt = "2026-01-01T12:00:01Z";
  const { now: _, ...clock } = ask;
  assert.equal(Authorizer.fromDocument(expiring).decide(clock).reason, "expired_token");
  for (const now of ["tomorrow", new Date(NaN), NaN, Infinity]) refused("parse_error", () => authorizer.decide({ ...ask, now }));
  for (const now of [null, {}, true]) refused("invalid_type", () => authorizer.decide({ ...ask, now }));
});

test("an action that does not exist is denied", () => {
  for (const action of ["", "repo.fly", "__proto__", "é".repeat(10_000)]) {
    assert.equal(authorizer.decide({ ...ask, action }).reason, "unknown_action");
  }
  refused("invalid_type", () => authorizer.decide({ ...ask, action: undefined }));
});

test("strings of any length and kind do no harm", () => {
  for (const token of ["x".repeat(100_000), "é".repeat(1000), "\ud800", "😀".repeat(10_000), "hf_\0"]) {
    assert.equal(authorizer.decide({ ...ask, token }).reason, "invalid_token");
    refused("parse_error", () => authorizer.decide({ ...ask, resource: token }));
    refused("parse_error", () => authorizer.decide({ ...ask, token, resource: `model:acme/${token}` }));
  }
  assert.equal(authorizer.decide(ask).reason, "token_pending");
});

test("documents that are none are refused, and their secrets not repeated", () => {
  const twice = acme();
  twice.members.push(twice.members[0]);
  for (const document of [{}, "{", "null", twice, { ...acme(), [LAPTOP]: 1 }, { ...acme(), generation: LAPTOP }, "\ud800"]) {
    refused("parse_error", () => Authorizer.fromDocument(document));
    assert.throws(
      () => Authorizer.fromDocument(document),
      (error) => !`${error.message}${error.what}`.includes(LAPTOP),
    );
  }
  const circle = {};
  circle.circle = circle;
  refused("parse_error", () => Authorizer.fromDocument(circle));
  for (const document of [undefined, null, 7]) refused("invalid_type", () => Authorizer.fromDocument(document));
});

test("an error names the thing and says why", () => {
  try {
    authorizer.decide({ ...ask, resource: "bert" });
    assert.fail("it is no resource");
  } catch (error) {
    assert.ok(error instanceof TokenwardError);
    assert.equal(error.name, "TokenwardError");
    assert.match(error.what, /resource/);
    assert.match(error.message, /^resource.*: must be/);
  }
});

test("preview, findings, org and generation", () => {
  assert.equal(authorizer.org, "acme");
  assert.equal(authorizer.generation, 42);
  assert.equal(authorizer.issued, null);
  assert.equal(authorizer.staleFrom, null);
  assert.deepEqual(authorizer.preview("default"), {
    generation: 42,
    summary: { unchanged: 0, blocked: 0, unblocked: 1 },
    tokens: [{ id: LAPTOP_ID, before: "token_pending", after: "granted" }],
  });
  refused("parse_error", () => authorizer.preview("no-such"));
  const found = (options) => authorizer.findings({ now: NOW, ...options }).map((found) => found.finding);
  assert.deepEqual(found({}), ["unused", "no_expiry", "org_wide_write"]);
  assert.deepEqual(found({ unusedDays: 60 }), ["no_expiry", "org_wide_write"]);
  refused("parse_error", () => found({ unusedDays: -1 }));
  refused("parse_error", () => found({ unusedDays: 1.5 }));
  refused("invalid_type", () => found({ unusedDays: "60" }));
});

test("the lists of words are in the order of codes", () => {
  assert.equal(REASONS[0], "granted");
  assert.ok(ACTIONS.includes("repo.write"));
  refused("parse_error", () => reasonOf(1000));
});

test("a gateway's requests", () => {
  const request = { method: "GET", uri: "/api/models/acme/bert", token: LAPTOP, now: NOW };
  const verdict = authorizer.pass(request);
  assert.deepEqual(
    [verdict.decision, verdict.reason, verdict.status, verdict.user, verdict.tokenId],
    ["deny", "token_pending", 403, "bob", LAPTOP_ID],
  );
  assert.deepEqual(authorizer.pass({ ...request, token: parseToken(LAPTOP) }), verdict);
  assert.match(verdict.message, /needs to be approved/);
  const nobody = authorizer.pass({ method: "GET", uri: "/api/models/acme/bert", now: NOW });
  assert.deepEqual([nobody.status, nobody.reason, nobody.user], [401, "missing_token", null]);
  const open = authorizer.pass({ method: "GET", uri: "/acme/open/resolve/main/config.json", now: NOW });
  assert.deepEqual([open.decision, open.status, open.message, open.errorCode], ["allow", 200, null, null]);
  assert.equal(authorizer.pass({ ...request, uri: "/api/../models" }).reason, "unknown_action");
  const body = JSON.stringify({ operation: "upload", objects: [] });
  const batch = { method: "POST", uri: "/acme/open.git/info/lfs/objects/batch", token: LAPTOP, now: NOW };
  for (const form of [body, new TextEncoder().encode(body)]) {
    assert.equal(authorizer.pass({ ...batch, body: form }).reason, "token_pending");
  }
  assert.equal(BODY_LIMIT, 65536);
  assert.equal(needsBody("GET", "/api/models/acme/bert"), false);
  assert.equal(needsBody("POST", "/api/repos/create"), true);
  refused("invalid_type", () => authorizer.pass({ ...request, uri: undefined }));
  refused("invalid_type", () => authorizer.pass({ ...request, body: 7 }));
});
