// A web server for pages: files of folders, texts, and answers that a test plays.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

export const PKG = fileURLToPath(new URL("../../pkg/", import.meta.url));
export const TESTS = fileURLToPath(new URL("../", import.meta.url));

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** The strictest policy under which the package runs; an import map is inline, and named by its hash. */
export function policy(inline = "") {
  const hash = inline && ` 'sha256-${createHash("sha256").update(inline).digest("base64")}'`;
  return [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval'${hash}`,
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types default",
  ].join("; ");
}

/** What an import map has to say: the package's own `exports`, as a browser has to read them. */
export async function importMap(names) {
  const { exports } = JSON.parse(await readFile(join(PKG, "package.json"), "utf8"));
  const found = ({ browser, default: other }) => browser ?? other;
  const path = (name) => found(exports[name.replace(/^tokenward/, ".")]).replace("./", "/tokenward/");
  return Object.fromEntries(names.map((name) => [name, path(name)]));
}

/** Serves on a port of its own until `close`. */
export class Site {
  /** Paths, and folders with a slash at their end, to what is there: a folder's path, a text, bytes, or a handler. */
  places = new Map();
  /** Sent with everything. */
  headers = {};
  /** The media type of modules. */
  wasm = "application/wasm";
  /** Paths that were asked for. */
  asked = [];
  #server = createServer((request, response) => {
    this.#answer(request, response).catch((error) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });

  static async start(places = {}, headers = {}) {
    const site = new Site();
    site.places = new Map(Object.entries(places));
    site.headers = headers;
    await new Promise((listening) => site.#server.listen(0, "127.0.0.1", listening));
    return site;
  }

  get port() {
    return this.#server.address().port;
  }

  get origin() {
    return `http://localhost:${this.port}`;
  }

  async close() {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #answer(request, response) {
    const path = normalize(decodeURIComponent(new URL(request.url, this.origin).pathname));
    this.asked.push(path);
    for (const [name, value] of Object.entries(this.headers)) response.setHeader(name, value);
    const [prefix, place] = this.#find(path) ?? [];
    if (place === undefined) return void response.writeHead(404).end("not found");
    if (typeof place === "function") return place(request, response, path.slice(prefix.length));
    const end = extname(path);
    response.setHeader("Content-Type", end === ".wasm" ? this.wasm : (TYPES[end] ?? TYPES[".html"]));
    response.setHeader("Cache-Control", "no-store");
    response.end(prefix.endsWith("/") && prefix !== path ? await readFile(join(place, path.slice(prefix.length))) : place);
  }

  #find(path) {
    const fits = ([prefix]) => prefix === path || (prefix.endsWith("/") && prefix !== "/" && path.startsWith(prefix));
    return [...this.places].filter(fits).sort(([one], [other]) => other.length - one.length)[0];
  }
}
