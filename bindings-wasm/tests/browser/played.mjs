// A token server that is played for edges: snapshots that follow one another, from the fixtures.

import { json } from "node:stream/consumers";

import { bytes, refreshKeys, refreshes, written } from "../support.mjs";

export class Played {
  /** The snapshot that it has. */
  now = "first";
  /** Whether it is to be reached. */
  isUp = true;
  /** The credentials that it was shown. */
  shown = new Set();
  #streams = new Set();
  #waiting = [];

  /** Where it is, for a `Site`. */
  get places() {
    const answer = (request, response, path) => this.#answer(request, response, path);
    return { "/api/organizations/acme/": answer, "/.well-known/": answer };
  }

  /** Publishes the next snapshot to everyone that follows. */
  publish(name) {
    this.now = name;
    for (const stream of this.#streams) stream.write(this.#event());
  }

  /** Waits until somebody has reported this generation. */
  applied(generation) {
    return new Promise((resolve) => this.#waiting.push({ generation, resolve }));
  }

  #event() {
    return `event: manifest\nid: ${this.now}\ndata: ${Buffer.from(refreshes(`${this.now}.manifest`)).toString("base64")}\n\n`;
  }

  async #answer(request, response, path) {
    if (!this.isUp) return request.socket.destroy();
    if (request.method === "OPTIONS") return response.writeHead(405).end();
    if (path === "tokenward-keys") return response.setHeader("Content-Type", "application/json").end(refreshKeys());
    this.shown.add(request.headers.authorization);
    response.setHeader("Cache-Control", "no-store");
    const tag = `"${this.now}"`;
    if (path === "snapshot/applied") {
      this.#report((await json(request)).generation);
      return response.writeHead(204).end();
    }
    if (path === "snapshot/bundle") return response.setHeader("ETag", tag).end(refreshes(`${this.now}.bundle`));
    if (path === "snapshot/events") return this.#follow(response);
    if (path.startsWith("snapshot/blocks/")) {
      return response.end(bytes(written("TOKENWARD_REFRESHES", "blocks", path.slice("snapshot/blocks/".length))));
    }
    if (path !== "snapshot") return response.writeHead(404).end();
    if (request.headers["if-none-match"] === tag) return response.writeHead(304).end();
    response.setHeader("ETag", tag).end(refreshes(`${this.now}.manifest`));
  }

  #follow(response) {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write(this.#event());
    this.#streams.add(response);
    response.on("close", () => this.#streams.delete(response));
  }

  #report(generation) {
    for (const waiting of this.#waiting) if (generation >= waiting.generation) waiting.resolve();
  }
}
