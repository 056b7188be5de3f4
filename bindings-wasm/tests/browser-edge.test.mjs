// An edge in a browser: it follows a server by events, keeps its snapshot in the browser's cache, and gives
// nothing away. The server is played; `cargo xtask test clients` has a real one.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { build } from "vite";

import { Browser, INSECURE } from "./browser/chromium.mjs";
import { Played } from "./browser/played.mjs";
import { PKG, Site, TESTS, importMap, policy } from "./browser/site.mjs";
import { granted, refreshKeys } from "./support.mjs";

const CREDENTIAL = "hf_notARealOneButNobodyMustSeeIt";
const keys = refreshKeys();
let browser;
let folder;
let bundle;
let played;
let site;

before(async () => {
  browser = await Browser.start();
  folder = await mkdtemp(join(tmpdir(), "tokenward-edge-"));
  bundle = await bundled();
});
after(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  played = new Played();
  site = await Site.start({ ...bundle, ...played.places }, { "Content-Security-Policy": policy() });
});
