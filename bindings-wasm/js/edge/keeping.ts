// What is kept between runs: stored when there is something new, and read once, at the start.

import type { Authorizer } from "tokenward/snapshots";

import type { Store } from "./store.js";

/** One of a generation that is stored already is not stored more often. */
const EVERY = 60_000;
/** What has begun to store and said nothing for so long is given up: hosts end requests without a word. */
const LASTS = 30_000;

export class Keeping {
  readonly #store: Store;
  #wasRead = false;
  /** What the store holds, and since when. */
  #kept: { generation: number; issued: number; at: number } | undefined;
  /** Who stores, and until when that is believed. */
  #storing: { until: number } | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The generation that is stored, as far as is known. */
  get generation(): number | undefined {
    return this.#kept?.generation;
  }

  /** What is stored; nothing when that was asked before: only what there is at the start is of use. */
  async read(): Promise<Uint8Array | undefined> {
    if (this.#wasRead) return undefined;
    this.#wasRead = true;
    return this.#store.get();
  }

  /** That is what was read. */
  wasRead(authorizer: Authorizer): void {
    this.#kept = of(authorizer);
  }

  /** Generations begin anew: what was stored says nothing about the next. */
  forget(): void {
    this.#kept = this.#storing = undefined;
  }

  /** Whether the generation is stored now. One that is renewed is stored again now and then. */
  async keep(current: Authorizer): Promise<boolean> {
    const isKept = this.#kept?.generation === current.generation;
    if (isKept && !this.#isDue(current)) return true;
    // Two at once could end in either order.
    if (this.#storing && Date.now() < this.#storing.until) return isKept;
    const mine = (this.#storing = { until: Date.now() + LASTS });
    const next = of(current);
    try {
      await this.#store.put(current.bundle());
      const isLast = this.#storing === mine;
      this.#kept = isLast ? next : undefined;
      return isLast;
    } finally {
      if (this.#storing === mine) this.#storing = undefined;
    }
  }

  /** Whether it was renewed, and what is stored is too old for a restart. */
  #isDue(current: Authorizer): boolean {
    const kept = this.#kept!;
    const issued = issuedAt(current);
    const lifetime = (current.staleFrom?.getTime() ?? Infinity) - issued;
    return kept.issued !== issued && Date.now() - kept.at > Math.min(EVERY, lifetime / 4);
  }
}

function of(authorizer: Authorizer): { generation: number; issued: number; at: number } {
  return { generation: authorizer.generation, issued: issuedAt(authorizer), at: Date.now() };
}

/** When a snapshot was issued, as a number. */
export function issuedAt(authorizer: Authorizer): number {
  return authorizer.issued?.getTime() ?? 0;
}
