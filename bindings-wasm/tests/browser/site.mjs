// A web server for pages: files of folders, texts, and answers that a test plays.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, request as call } from "node:http";
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

/** The headers of a block in docs/browser.md, the first of which has this name. */
export function documented(name) {
  const text = readFileSync(new URL("../../../docs/browser.md", import.meta.url), "utf8");
  const block = text.split("```http\n").find((block) => block.startsWith(`${name}: `));
  return Object.fromEntries(block.split("\n```")[0].split("\n").map((line) => line.split(/: (.*)/s, 2)));
}

/** The strictest policy under which the package runs; an import map is inline, and named by its hash. */
export function policy(inline) {
  const policy = documented("Content-Security-Policy")["Content-Security-Policy"];
  const hash = inline && createHash("sha256").update(inline).digest("base64");
  return hash ? policy.replace("'wasm-unsafe-eval'", `$& 'sha256-${hash}'`) : policy;
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

/** A handler that hands requests on to a server, as a proxy of the same origin does. */
export function handedTo(origin) {
  return (request, response) => {
    const { method, headers, url } = request;
    const there = call(new URL(url, origin), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    response.on("close", () => there.destroy());
    there.on("error", () => response.destroy());
    request.pipe(there);
  };
}
