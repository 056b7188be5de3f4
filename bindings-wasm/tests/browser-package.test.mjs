// The package in a browser, as it is and bundled: it decides as in Node.js, in a page and in a worker, under a
// Content-Security-Policy that leaves little.

import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { build as esbuild } from "esbuild";
import * as whole from "tokenward";
import * as snapshots from "tokenward/snapshots";
import { build as vite, createServer } from "vite";

import { aboutCorpus, aboutDomain, aboutOrganization, aboutRefreshes } from "./browser/about.mjs";
import { Browser, INSECURE, ask } from "./browser/chromium.mjs";
import * as questions from "./browser/pages/questions.mjs";
import { PKG, Site, TESTS, importMap, policy } from "./browser/site.mjs";
import { LAPTOP, granted } from "./support.mjs";

/** Of how many lines of the enumerated domain one is asked about, in a page and in a worker each. */
const STEP = 20;

const about = {
  corpus: aboutCorpus(),
  page: await aboutDomain(STEP, 1),
  worker: await aboutDomain(STEP, 2),
  organization: aboutOrganization(whole.parseToken(LAPTOP).digest),
  refreshes: aboutRefreshes(),
};
const abouts = Object.entries(about).map(([name, data]) => [`/about/${name}.json`, JSON.stringify(data)]);
const sites = [];
let browser;
let folder;

before(async () => {
  browser = await Browser.start();
  folder = await mkdtemp(join(tmpdir(), "tokenward-bundles-"));
});
after(async () => {
  await browser?.close();
  await Promise.all(sites.map((site) => site.close()));
  await rm(folder, { recursive: true, force: true });
});

async function serve(places, headers) {
  const site = await Site.start({ ...Object.fromEntries(abouts), ...places }, headers);
  sites.push(site);
  return site;
}

/** The package unbundled, with an import map for the page; for workers there is none, so paths stand there. */
async function unbundled() {
  const imports = await importMap(["tokenward", "tokenward/snapshots"]);
  const map = JSON.stringify({ imports });
  const page = "/tests/browser/pages/page.mjs";
  let worker = await readFile(join(TESTS, "browser/pages/worker.mjs"), "utf8");
  for (const [name, path] of Object.entries(imports)) worker = worker.replace(`"${name}"`, `"${path}"`);
  return serve(
    {
      "/": `<!doctype html><script type="importmap">${map}</script><script type="module" src="${page}"></script>`,
      "/tests/": TESTS,
      "/tests/browser/pages/worker.mjs": worker,
      "/tokenward/": PKG,
    },
    { "Content-Security-Policy": policy(map) },
  );
}

/** Bundled by esbuild, which leaves `new URL(…)` as it is: the modules are put beside the bundle. */
async function byEsbuild() {
  const outdir = join(folder, "esbuild");
  const entryPoints = ["page", "worker"].map((name) => join(TESTS, `browser/pages/${name}.mjs`));
  const options = { bundle: true, format: "esm", splitting: true, outExtension: { ".js": ".mjs" }, minify: true };
  await esbuild({ entryPoints, outdir, ...options });
  await writeFile(join(outdir, "tokenward.wasm"), await readFile(join(PKG, "tokenward.wasm")));
  return serve(
    { "/": '<!doctype html><script type="module" src="/assets/page.mjs"></script>', "/assets/": outdir },
    { "Content-Security-Policy": policy() },
  );
}

/** Bundled by Vite, which finds the modules by itself. */
async function byVite() {
  const outDir = join(folder, "vite");
  await writeFile(
    join(folder, "index.html"),
    `<!doctype html><script type="module" src="${join(TESTS, "browser/pages/page.mjs")}"></script>`,
  );
  const config = { configFile: false, root: folder, logLevel: "warn", worker: { format: "es" } };
  await vite({ ...config, build: { outDir, emptyOutDir: true } });
  return serve(
    { "/": await readFile(join(outDir, "index.html"), "utf8"), "/assets/": join(outDir, "assets") },
    { "Content-Security-Policy": policy() },
  );
}

/** What Node.js answers. */
const here = {
  corpus: questions.corpus({ whole, snapshots }, about.corpus),
  others: questions.others({ whole }, about.organization),
  following: questions.following({ snapshots }, about.refreshes, granted),
};

/** Everything but the enumerated domain. */
async function answersAsNode(page, where) {
  assert.deepEqual(await ask(page, where, "corpus"), here.corpus);
  assert.deepEqual(await ask(page, where, "others"), here.others);
  const followed = await ask(page, where, "following", granted);
  assert.deepEqual(followed, here.following);
  assert.deepEqual(followed.reasons, ["granted", "token_revoked"]);
  assert.match(followed.rollback, /^rollback: /);
  assert.ok(followed.kept);
}

for (const [how, made] of [["unbundled", unbundled], ["bundled by esbuild", byEsbuild], ["bundled by Vite", byVite]]) {
  test(`${how}, a page and a worker answer as Node.js`, async () => {
    const page = await browser.open((await made()).origin);
    for (const where of ["inPage", "inWorker"]) await answersAsNode(page, where);
    assert.deepEqual(browser.said, []);
    await page.close();
  });
}

test("a part of the enumerated domain is decided as everywhere", async () => {
  const page = await browser.open((await unbundled()).origin);
  for (const [where, part] of [["inPage", "page"], ["inWorker", "worker"]]) {
    const count = await ask(page, where, "domain", part);
    assert.ok(count > 900_000 / STEP, `${count} decisions`);
  }
  await page.close();
});

test("Vite's development server serves it as it is", async () => {
  const root = join(folder, "dev");
  // A link would not be treated like a package that is installed.
  await cp(PKG, join(root, "node_modules/tokenward"), { recursive: true });
  await writeFile(join(root, "index.html"), '<!doctype html><link rel="icon" href="data:," /><script type="module" src="/page.js"></script>');
  await writeFile(join(root, "page.js"), 'import { scan } from "tokenward"; globalThis.scan = scan;');
  const server = await createServer({ configFile: false, root, logLevel: "warn", server: { port: 0, host: "127.0.0.1" } });
  await server.listen();
  const page = await browser.open(`http://127.0.0.1:${server.httpServer.address().port}`, "/page.js");
  const found = await page.evaluate((token) => globalThis.scan(token), LAPTOP);
  assert.deepEqual(found, [{ start: 0, end: LAPTOP.length, ours: true }]);
  await page.close();
  await server.close();
  browser.said = [];
});

test("the module may come with any media type", async () => {
  const site = await unbundled();
  for (const type of ["application/octet-stream", "application/wasm; charset=utf-8", "Application/WASM"]) {
    site.wasm = type;
    const page = await browser.open(site.origin);
    assert.equal((await ask(page, "inPage", "others")).errors.length, 6, type);
    await page.close();
  }
  assert.deepEqual(browser.said, []);
});

test("a browser that starts no module at once in a page, as older ones", async () => {
  const page = await browser.open((await unbundled()).origin, undefined, () => {
    const refuse = function () {
      throw new RangeError("disallowed on the main thread");
    };
    Object.assign(WebAssembly, { Instance: refuse, Module: refuse });
  });
  assert.equal((await ask(page, "inPage", "others")).errors.length, 6);
  await page.close();
});

test("it needs no secure context", async () => {
  const site = await unbundled();
  const page = await browser.open(`http://${INSECURE}:${site.port}`);
  assert.equal(await page.evaluate(() => isSecureContext), false);
  for (const where of ["inPage", "inWorker"]) await answersAsNode(page, where);
  await page.close();
});

test("a service worker, which may not wait while it starts, starts the module itself", async () => {
  const site = await unbundled();
  site.places.set("/waits.mjs", 'import "/tokenward/browser.js";');
  site.places.set("/starts.mjs", await readFile(join(TESTS, "browser/pages/service-worker.mjs"), "utf8"));
  const page = await browser.open(site.origin);
  await page.evaluate(() => void trustedTypes.createPolicy("default", { createScriptURL: (url) => url }));
  const registered = (script) => page.evaluate(async (script) => {
    const { active, installing } = await navigator.serviceWorker.register(script, { type: "module" });
    return Boolean(active ?? installing);
  }, script);
  await assert.rejects(registered("/waits.mjs"), /ServiceWorker/);
  await registered("/starts.mjs");
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  const found = await page.evaluate(async (text) => (await fetch("/found", { method: "POST", body: text })).json(), `x ${LAPTOP}`);
  assert.deepEqual(found, whole.scan(`x ${LAPTOP}`));
  await page.close();
  browser.said = [];
});

test("where the module is not, the error says so", async () => {
  const site = await unbundled();
  const opened = () => browser.open(site.origin);
  site.places.set("/tokenward/tokenward.wasm", (_, response) => response.writeHead(404).end());
  await assert.rejects(opened, /fetching \/tokenward\/tokenward.wasm failed with 404/);
  site.places.set("/tokenward/tokenward.wasm", (_, response) => response.setHeader("Content-Type", "text/html").end("<!doctype html>"));
  await assert.rejects(opened, /\/tokenward\/tokenward.wasm is no module but text\/html: has it been put beside the bundle\?/);
  browser.said = [];
});

test("without 'wasm-unsafe-eval' a browser does not compile it", async () => {
  const site = await unbundled();
  const policy = site.headers["Content-Security-Policy"];
  assert.doesNotMatch(policy, /'unsafe-eval'|'unsafe-inline'/);
  site.headers["Content-Security-Policy"] = policy.replace(" 'wasm-unsafe-eval'", "");
  await assert.rejects(browser.open(site.origin), /Content Security Policy/);
  browser.said = [];
});

test("a token is not on the console, in no storage and in no file of the browser's", async () => {
  const page = await browser.open((await unbundled()).origin);
  for (const where of ["inPage", "inWorker"]) {
    const { errors, secret, ...others } = await ask(page, where, "others");
    assert.ok(!JSON.stringify([errors, secret, others]).includes(LAPTOP));
    await ask(page, where, "shown");
  }
  await browser.hasSaid(4 * 2);
  assert.ok(browser.said.every((text) => !text.includes(LAPTOP.slice(3))), browser.said.join("\n"));
  const kept = await page.evaluate(async () => [localStorage.length, sessionStorage.length, document.cookie, await indexedDB.databases(), await caches.keys()]);
  assert.deepEqual(kept, [0, 0, "", [], []]);
  await browser.stop();
  assert.deepEqual(await browser.filesWith(LAPTOP), []);
});
