// Debian's Chromium, driven by Playwright: its own user data, and everything that it says.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

/** A machine may be busy with other suites. */
const PATIENCE = 120_000;
// Its own connections are of no use here, and on a machine with a closed network they make it refuse ours.
const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** A name that is no secure context, unlike `localhost`. */
export const INSECURE = "tokenward.test";

/** What a page, or its worker, answers to a question; as one text, since a browser hands over objects slowly. */
export async function ask(page, where, ...question) {
  const answer = async ([where, question]) => JSON.stringify((await globalThis[where](...question)) ?? null);
  return JSON.parse(await page.evaluate(answer, [where, question]));
}

/** A browser, until `close`. */
export class Browser {
  #folder;
  #context;
  /** What pages and their workers have written on the console, and what nobody has caught. */
  said = [];

  static async start() {
    const executablePath = process.env.PATH.split(delimiter).map((folder) => join(folder, "chromium")).find(existsSync);
    assert.ok(executablePath, "Chromium is missing (Debian: chromium)");
    const browser = new Browser();
    browser.#folder = await mkdtemp(join(tmpdir(), "tokenward-chromium-"));
    browser.#context = await chromium.launchPersistentContext(browser.#folder, {
      executablePath,
      timeout: PATIENCE,
      args: [...ARGUMENTS, `--host-resolver-rules=MAP ${INSECURE} 127.0.0.1`],
    });
    browser.#context.setDefaultTimeout(PATIENCE);
    browser.#context.on("console", (message) => browser.said.push(message.text()));
    browser.#context.on("weberror", (error) => browser.said.push(String(error.error())));
    return browser;
  }

  /**
   * A page at this address, once its module has run: the page's own `load` does not wait for `await`. Rejects
   * with what the module throws. `before` is run before anything of the page's own.
   */
  async open(address, module, before) {
    const page = await this.#context.newPage();
    if (before) await page.addInitScript(before);
    await page.goto(address);
    await page.evaluate(async (module) => void (await import(module ?? document.querySelector("script[src]").src)), module);
    return page;
  }

  /** Waits until so much has been said: what a worker says comes a moment after what it answers. */
  async hasSaid(count) {
    while (this.said.length < count) await this.#context.waitForEvent("console");
  }

  /** Ends it, so that its files are written. */
  async stop() {
    await this.#context.close();
  }

  /** Which of its files hold a text. */
  async filesWith(text) {
    const entries = await readdir(this.#folder, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const holds = await Promise.all(paths.map(async (path) => (await readFile(path)).includes(text)));
    return paths.filter((_, place) => holds[place]);
  }

  async close() {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
