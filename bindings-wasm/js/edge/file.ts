// Keeps a snapshot in a file, for Node.js, Deno and Bun.

import { randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";

import type { Store } from "./store.js";

/** In a file that only its owner reads, replaced as a whole. */
export function inFile(path: string): Store {
  return {
    async get() {
      try {
        return new Uint8Array(await readFile(path));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    async put(bundle) {
      const next = `${path}.${randomUUID()}`;
      try {
        await writeFile(next, bundle, { mode: 0o600, flush: true });
        await rename(next, path);
      } catch (error) {
        await rm(next, { force: true });
        throw error;
      }
    },
  };
}
