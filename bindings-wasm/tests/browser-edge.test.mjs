// An edge in a browser: it follows a server by events, keeps its snapshot in the browser's cache, and gives
// nothing away. The server is played; `cargo xtask test clients` has a real one.

import assert from "node:assert/strict";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

import { Browser, INSECURE, ask } from "./browser/chromium.mjs";
import { edgePage } from "./browser/edge-page.mjs";
import { Played } from "./browser/played.mjs";
import { PKG, Site, TESTS, documented, importMap, policy } from "./browser/site.mjs";
import { NOW, granted, refreshKeys } from "./support.mjs";

const CREDENTIAL = "hf_notARealOneButNobodyMustSeeIt";
const CSP = "Content-Security-Policy";
/** It is asked about now, when the fixtures' tokens have not expired either. */
const question = { ...granted, now: undefined };
let browser;
let folder;
let bundle;
let played;
let sites;

before(async () => {
  browser = await Browser.start();
  folder = await mkdtemp(join(tmpdir(), "tokenward-edge-"));
  bundle = await edgePage(folder);
});
after(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  played = new Played();
  sites = [];
});
afterEach(() => Promise.all(sites.map((site) => site.close())));

async function serve(places, csp = policy()) {
  const site = await Site.start(places, { [CSP]: csp });
  sites.push(site);
  return site;
}

const together = () => serve({ ...bundle, ...played.places });
const options = (endpoint, more) => ({ endpoint, org: "acme", credential: CREDENTIAL, now: NOW, ...more });

/** That a revocation arrives while it is followed. */
async function follows(page, where, given) {
  assert.equal(await ask(page, where, "open", given), 7);
  assert.equal(await ask(page, where, "decide", question), "granted");
  await ask(page, where, "follow");
  const arrived = played.applied(43);
  played.publish("second");
  await arrived;
  assert.equal(await ask(page, where, "decide", question), "token_revoked");
  assert.deepEqual(await ask(page, where, "errors"), []);
  await ask(page, where, "close");
}

for (const where of ["inPage", "inWorker"]) {
  test(`a revocation arrives by events, ${where}`, async () => {
    const site = await together();
    const page = await browser.open(site.origin);
    await follows(page, where, options(site.origin));
    assert.deepEqual(played.shown, new Set([`Bearer ${CREDENTIAL}`]));
    await page.close();
  });
}

test("unbundled, in a page", async () => {
  const map = JSON.stringify({ imports: await importMap(["tokenward/edge", "tokenward/snapshots"]) });
  const script = '<script type="module" src="/tests/browser/pages/edge-page.mjs"></script>';
  const page = `<!doctype html><script type="importmap">${map}</script>${script}`;
  const site = await serve({ "/": page, "/tests/": TESTS, "/tokenward/": PKG, ...played.places }, policy(map));
  await follows(await browser.open(site.origin), "inPage", options(site.origin));
});

test("bundled by esbuild, beside the smaller module", async () => {
  const outdir = join(folder, "esbuild");
  await build({ entryPoints: [join(TESTS, "browser/pages/edge-page.mjs")], outdir, bundle: true, format: "esm" });
  await copyFile(fileURLToPath(import.meta.resolve("tokenward/snapshots/tokenward.wasm")), join(outdir, "tokenward.wasm"));
  const page = '<!doctype html><script type="module" src="/assets/edge-page.js"></script>';
  const site = await serve({ "/": page, "/assets/": outdir, ...played.places });
  await follows(await browser.open(site.origin), "inPage", options(site.origin));
});

test("without a secure context", async () => {
  const site = await together();
  const origin = `http://${INSECURE}:${site.port}`;
  const page = await browser.open(origin);
  assert.equal(await page.evaluate(() => isSecureContext), false);
  await follows(page, "inPage", options(origin));
  await page.close();
});

for (const where of ["inPage", "inWorker"]) {
  test(`what is kept in the browser's cache is there without the server, ${where}`, async () => {
    const site = await together();
    const given = options(site.origin, { keys: refreshKeys() });
    const first = await browser.open(site.origin);
    const stored = played.applied(7);
    await ask(first, where, "open", given, where);
    await stored;
    await first.close();
    played.isUp = false;
    const second = await browser.open(site.origin);
    assert.equal(await ask(second, where, "open", given, where), 7);
    assert.equal(await ask(second, where, "decide", question), "granted");
    assert.deepEqual(await second.evaluate(() => caches.keys()), ["tokenward"]);
    await second.close();
  });
}

test("another origin is refused, unless a proxy allows it as the guide says", async () => {
  const server = await serve(played.places);
  const pages = await serve(bundle, policy().replace("connect-src 'self'", `$& ${server.origin}`));
  const page = await browser.open(pages.origin);
  await assert.rejects(ask(page, "inPage", "open", options(server.origin)), /ServerError: the server cannot be reached \(TypeError\)/);
  assert.equal(played.shown.size, 0);
  allow(server, pages.origin);
  for (const where of ["inPage", "inWorker"]) {
    played.now = "first";
    await follows(page, where, options(server.origin));
  }
  await page.close();
});

/** The proxy's part. */
function allow(site, origin) {
  Object.assign(site.headers, documented("Access-Control-Allow-Origin"), { "Access-Control-Allow-Origin": origin });
  for (const [prefix, place] of site.places) {
    site.places.set(prefix, (request, response, path) => {
      if (request.method === "OPTIONS") response.writeHead(204).end();
      else return place(request, response, path);
    });
  }
}

test("the credential is not on the console, in no storage and in no file of the browser's", async () => {
  const site = await together();
  const page = await browser.open(site.origin);
  await ask(page, "inPage", "open", options(site.origin), "last");
  played.isUp = false;
  await ask(page, "inPage", "shown");
  const errors = await ask(page, "inPage", "errors");
  assert.ok(errors.length > 0);
  await browser.hasSaid(1);
  for (const text of [...errors, ...browser.said]) assert.ok(!text.includes(CREDENTIAL), text);
  const kept = await page.evaluate(async () => [localStorage.length, sessionStorage.length, document.cookie, await indexedDB.databases()]);
  assert.deepEqual(kept, [0, 0, "", []]);
  await browser.stop();
  assert.deepEqual(await browser.filesWith(CREDENTIAL), []);
  assert.notDeepEqual(await browser.filesWith("https://tokenward.invalid/snapshot/last"), [], "what is kept is found");
});
