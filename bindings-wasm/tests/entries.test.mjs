// The ways in: Node.js, workers, browsers, bundlers.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";
import { build } from "esbuild";

const PKG = new URL("../pkg/", import.meta.url);
const ASK = `
import { Authorizer } from "tokenward";
const authorizer = Authorizer.fromDocument({ format: "tokenward.org/1", organization: { name: "acme" } });
export const reason = authorizer.decide({ action: "repo.write", resource: "model:acme/bert" }).reason;
`;

async function bundled(options) {
  const resolveDir = new URL(".", import.meta.url).pathname;
  const stdin = { contents: ASK, resolveDir };
  const { outputFiles } = await build({ stdin, bundle: true, format: "esm", write: false, ...options });
  return outputFiles[0].text;
}

const imported = (code) => import(`data:text/javascript,${encodeURIComponent(code)}`);

test("a browser's bundle fetches the module, whatever type it comes with", async () => {
  const code = await bundled({ platform: "browser", target: "es2022" });
  for (const type of ["application/wasm", "application/octet-stream"]) {
    const server = createServer((_, response) => {
      response.setHeader("Content-Type", type).end(readFileSync(new URL("tokenward.wasm", PKG)));
    });
    await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
    const base = `http://127.0.0.1:${server.address().port}/assets/index.js`;
    const { reason } = await imported(code.replaceAll("import.meta.url", JSON.stringify(base)));
    assert.equal(reason, "missing_token");
    server.close();
  }
});

test("a worker's bundle imports the module", async () => {
  const code = await bundled({ conditions: ["workerd", "worker", "browser"], external: ["*.wasm"] });
  assert.match(code, /from "\.\/tokenward\.wasm"/);
  globalThis.wasmOfWorker = new WebAssembly.Module(readFileSync(new URL("tokenward.wasm", PKG)));
  const there = code.replace(/import (\w+) from "\.\/tokenward\.wasm";/, "const $1 = globalThis.wasmOfWorker;");
  const { reason } = await imported(there);
  assert.equal(reason, "missing_token");
});

test("all ways in export the same", async () => {
  const names = async (entry) => Object.keys(await import(entry)).sort();
  const { start, ...bare } = await import("tokenward/bare");
  assert.equal(typeof start, "function");
  assert.deepEqual(await names("tokenward"), Object.keys(bare).sort());
  assert.deepEqual(await names("tokenward/node"), Object.keys(bare).sort());
});
