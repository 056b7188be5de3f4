// How the newest snapshot comes to be held: fetched in one piece, or by the blocks that are missing.

import { Authorizer, TokenwardError, type Keys, type Refresh } from "tokenward/snapshots";

import type { Held } from "./held.js";
import { issuedAt } from "./keeping.js";
import type { Keyring } from "./keyring.js";
import type { Manifest, Server } from "./server.js";

/** When more blocks than this are missing, all is fetched in one piece. */
const MANY = 128;

/** What snapshots are taken, and how. */
export interface Wanted {
  /** When a snapshot is too old, in seconds, if that is sooner than the server says. */
  maxAge?: number;
  /** `all` (the default) has token ids and names, for twice the memory. */
  parts?: "all" | "decisions";
}

export class Updates {
  readonly #server: Server;
  readonly #keyring: Keyring;
  readonly #held: Held;
  readonly #wanted: Wanted;
  readonly #forget: () => void;

  /** `forget` is called when generations begin anew. */
  constructor(server: Server, keyring: Keyring, held: Held, wanted: Wanted, forget: () => void) {
    this.#server = server;
    this.#keyring = keyring;
    this.#held = held;
    this.#wanted = wanted;
    this.#forget = forget;
  }

  /** Opens a bundle that was kept. */
  async openKept(bundle: Uint8Array): Promise<Authorizer> {
    return this.#opened(bundle, await this.#keyring.now());
  }

  /** Takes the server's snapshot, where nothing is held. */
  async fetch(): Promise<void> {
    const { next, tag } = await this.#bundle();
    this.take(next, tag);
  }

  /** Decides from the next one from now on, unless something newer came in between, or its key was withdrawn. */
  take(next: Authorizer, tag: string | undefined): boolean {
    if (this.#held.isClosed || this.#held.isNewerThan(next) || !this.#keyring.trusts(next)) {
      next.free();
      return false;
    }
    this.#held.swap(next, tag);
    return true;
  }

  /** Brings what is held up to a manifest, unless its blocks are superseded already. */
  async apply(manifest: Manifest): Promise<"newer" | "same" | "superseded"> {
    let refresh: Refresh;
    try {
      refresh = await this.#begin(manifest.sealed);
    } catch (error) {
      return this.#instead(error);
    }
    try {
      let fetched = 0;
      for (let missing = refresh.missing(); missing.length > 0; missing = refresh.missing()) {
        fetched += missing.length;
        if (fetched > MANY) return (await this.#whole()) ? "newer" : "same";
        const blocks = await Promise.all(missing.map((hash) => this.#server.block(hash)));
        for (const block of blocks) {
          if (!block) return "superseded";
          refresh.supply(block);
        }
      }
      return this.take(refresh.finish(), manifest.tag) ? "newer" : "same";
    } finally {
      refresh.free();
    }
  }

  /** What is done where a manifest does not follow what is held. */
  async #instead(error: unknown): Promise<"newer"> {
    if (!this.#held.current && !this.#held.isClosed) {
      // The keys that came meanwhile do not have that of what was held.
      await this.fetch();
      return "newer";
    }
    const code = error instanceof TokenwardError ? error.code : "";
    if ((code !== "rollback" && code !== "conflict") || !this.#held.isStale) throw error;
    await this.#beginAnew();
    return "newer";
  }

  #begin(sealed: Uint8Array): Promise<Refresh> {
    return this.#keyring.with((keys) => {
      const { current } = this.#held;
      if (!current) throw new TokenwardError("freed", "edge", "was closed before");
      return current.refresh(sealed, keys);
    });
  }

  /** Takes the server's snapshot in one piece, which has to follow the one that is held like any other. */
  async #whole(): Promise<boolean> {
    const { next, tag } = await this.#bundle();
    try {
      (await this.#begin(next.manifest())).free();
    } catch (error) {
      next.free();
      throw error;
    }
    return this.take(next, tag);
  }

  /**
   * What is held decides nothing any more: whatever was issued after it may take its place. So an edge
   * comes back when its server was restored from a backup, and nobody can make it go back to anything
   * that was issued before.
   */
  async #beginAnew(): Promise<void> {
    const { next, tag } = await this.#bundle();
    const { current } = this.#held;
    if (current && issuedAt(next) <= issuedAt(current)) {
      next.free();
      throw new TokenwardError("rollback", "snapshot", "is older than the one that is held");
    }
    if (!this.#held.isClosed) this.#forget();
    this.#held.swap(next, tag);
  }

  async #bundle(): Promise<{ next: Authorizer; tag: string }> {
    const { tag, sealed } = await this.#server.bundle(this.#wanted.parts ?? "all");
    return { next: await this.#keyring.with((keys) => this.#opened(sealed, keys)), tag };
  }

  #opened(bundle: Uint8Array, keys: Keys | string): Authorizer {
    const { maxAge } = this.#wanted;
    const opened = Authorizer.fromSnapshot(bundle, keys, undefined, maxAge === undefined ? {} : { maxAge });
    if (opened.org === this.#server.org) return opened;
    opened.free();
    throw new TokenwardError("wrong_org", "snapshot", "is of another organization");
  }
}
