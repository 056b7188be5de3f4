// The keys that an edge trusts: pinned ones for ever, others fetched again and again.

import { type Authorizer, TokenwardError, type Keys } from "tokenward/snapshots";

import type { Server } from "./server.js";

/** Keys are fetched again after this time, so that one that was withdrawn is forgotten. */
const LAST = 60_000;
/** They are not asked for more often, whatever unknown keys come. */
const AT_MOST_EVERY = 1_000;

/** Who is told of what happens to keys. */
export interface KeyringListener {
  /** Others may be trusted from now on. */
  renewed(): void;
  /** They could not be fetched, and those of before go on. */
  failed(error: unknown): void;
}

export class Keyring {
  readonly #server: Server;
  readonly #listener: KeyringListener;
  readonly #arePinned: boolean;
  #held: { value: Keys | string; until: number } | undefined;
  #asked = 0;

  constructor(server: Server, pinned: Keys | string | undefined, listener: KeyringListener) {
    this.#server = server;
    this.#listener = listener;
    this.#arePinned = Boolean(pinned);
    if (pinned) this.#held = { value: pinned, until: Infinity };
  }

  /** Does something with the keys; those that are held may be too old to know who signed. */
  async with<T>(use: (keys: Keys | string) => T): Promise<T> {
    try {
      return this.#tried(use, await this.now());
    } catch (error) {
      const unknown = error instanceof TokenwardError && error.code === "unknown_key";
      if (!unknown || this.#arePinned || Date.now() - this.#asked < AT_MOST_EVERY) throw error;
      return this.#tried(use, await this.#fetch());
    }
  }

  /** The keys that are trusted now. */
  async now(): Promise<Keys | string> {
    const held = this.#held;
    if (!held) return this.#fetch();
    if (Date.now() < held.until) return held.value;
    try {
      return await this.#fetch();
    } catch (error) {
      // Those of before go on: nothing that they have signed lasts longer than its maximum age.
      this.#listener.failed(error);
      this.#held = { value: held.value, until: Date.now() + AT_MOST_EVERY };
      return held.value;
    }
  }

  /** Fetches the keys when it is time, also while nothing new comes that is signed with them. */
  async renew(): Promise<void> {
    if (this.#held) await this.now();
  }

  /** Whether a snapshot's key is among those that are held. Pinned ones had it when it was opened. */
  trusts(authorizer: Authorizer): boolean {
    return !this.#held || this.#arePinned || authorizer.isSignedBy(this.#held.value);
  }

  async #fetch(): Promise<Keys> {
    this.#asked = Date.now();
    const value = await this.#server.keys();
    const before = this.#held;
    this.#held = { value, until: Date.now() + LAST };
    try {
      this.#listener.renewed();
    } catch (error) {
      // They cannot be read: those of before go on.
      this.#held = before;
      throw error;
    }
    return value;
  }

  /** Does something with the keys, and forgets fetched ones that cannot be read, so that they are asked for again. */
  #tried<T>(use: (keys: Keys | string) => T, keys: Keys | string): T {
    try {
      return use(keys);
    } catch (error) {
      // What is no snapshot has other codes.
      const areBad = error instanceof TokenwardError && error.code === "parse_error";
      if (areBad && !this.#arePinned) this.#held = undefined;
      throw error;
    }
  }
}
