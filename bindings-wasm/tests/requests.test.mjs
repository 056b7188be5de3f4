// What a gateway reads of a request before it judges it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isGit, presented } from "tokenward";
import { Gate } from "tokenward/edge";
import { OWN_PATHS } from "../pkg/edge/own.js";
import { CREDENTIAL, Server, keys } from "./played.mjs";

const basic = (pair) => `Basic ${Buffer.from(pair).toString("base64")}`;

test("a token is that of Bearer, or the password of Basic", () => {
  for (const header of ["Bearer hf_x", "bearer hf_x", " BEARER  hf_x ", basic("ada:hf_x"), basic(":hf_x")]) {
    assert.equal(presented(header), "hf_x", header);
  }
  for (const header of [null, undefined, "", " ", "Bearer", "Bearer ", basic("ada:")]) assert.equal(presented(header), null);
});

test("what cannot be read is a token that nobody knows", () => {
  const odd = ["hf_x", "Digest x", "Bearer\thf_x", "Basic", "Basic !", basic("ada"), basic(Buffer.from([255, 58, 120])), "Bearer \u00e9"];
  // base64 that some read and some do not.
  for (const header of [...odd, "Basic YWRhOmhmX3g", "Basic YWRhOmhm X3g=", "Basic YWRhOmhmX3h="]) assert.equal(presented(header), " ", header);
  for (const value of [7, {}]) assert.throws(() => presented(value), { code: "invalid_type" });
});

test("git is known by the end of the path", () => {
  for (const uri of ["/acme/bert.git/info/refs?service=git-upload-pack", "/acme/bert/git-receive-pack"]) assert.equal(isGit(uri), true);
  for (const uri of ["/acme/bert.git/info/lfs/objects/batch", "/acme/bert?x=/info/refs"]) assert.equal(isGit(uri), false);
});

test("the token server's own calls go there, and nothing that only looks like one", async () => {
  const { fetch } = new Server();
  const gate = new Gate({ endpoint: "https://tokens.test", orgs: ["acme"], credential: CREDENTIAL, keys, fetch, elsewhere: "answer" });
  await gate.within(1_000);
  const goes = async (uri) => (await gate.judge({ method: "GET", uri, authorization: null })).to;
  const filled = (path, with_) => path.replace(/\{\w+\}/g, with_);
  assert.ok(OWN_PATHS.length > 10);
  for (const path of OWN_PATHS) {
    const own = filled(path, "acme-7");
    for (const uri of [own, `${own}?x=/api/models`]) assert.equal(await goes(uri), "server", uri);
    for (const uri of [`${own}/`, `/${own}`, `${own}/x/y`, `/x${own}`, `${own}%2f`, own.toUpperCase()]) assert.equal(await goes(uri), "hub", uri);
    if (own === path) continue;
    for (const segment of ["..", ".", "%2e", "a%2fb", "", "a/b", "a.b"]) assert.equal(await goes(filled(path, segment)), "hub", segment);
  }
});
