// Receipts: what is applied is stored first, and reported to the server then.

import type { Authorizer } from "tokenward/snapshots";

import { textOf } from "./errors.js";
import type { Keeping } from "./keeping.js";
import type { Server } from "./server.js";
import { backoff, toldToWait } from "./waiting.js";

export class Receipts {
  readonly #server: Server;
  readonly #keeping: Keeping | undefined;
  readonly #tell: (error: unknown) => void;
  /** What the server knows to be applied. */
  #reported: Authorizer | undefined;
  /** Storing or reporting has failed: with which generation, how often, and from when on it is tried again. */
  #failed: { generation: number; failures: number; from: number; error: string } | undefined;

  constructor(server: Server, keeping: Keeping | undefined, tell: (error: unknown) => void) {
    this.#server = server;
    this.#keeping = keeping;
    this.#tell = tell;
  }

  /** What has gone wrong, and is tried again. */
  get error(): string | null {
    return this.#failed?.error ?? null;
  }

  /** The newest generation that may be reported: what a restart would not go back behind. */
  reportable(current: Authorizer | undefined): number | undefined {
    return this.#keeping ? this.#keeping.generation : current?.generation;
  }

  /** Generations begin anew: what was stored and reported says nothing about the next. */
  forget(): void {
    this.#keeping?.forget();
    this.#reported = this.#failed = undefined;
  }

  /**
   * Stores what is held, and reports it then, unless both were done. Neither is worth failing for: it
   * is tried again with the next check or sign of life, later each time.
   */
  async settle(held: () => Authorizer | undefined): Promise<void> {
    const current = held();
    if (!current) return;
    const { generation } = current;
    const before = this.#failed?.generation === generation ? this.#failed : undefined;
    if (before && Date.now() < before.from) return;
    try {
      if ((this.#keeping && !(await this.#keeping.keep(current))) || this.#reported === current) return;
      await this.#server.applied(generation);
      this.#reported = current;
      this.#failed = undefined;
      // Whoever took it had to leave it to this one.
      if (held() !== current) await this.settle(held);
    } catch (error) {
      const failures = (before?.failures ?? 0) + 1;
      const wait = Math.max(backoff(failures), toldToWait(error));
      this.#failed = { generation, failures, from: Date.now() + wait, error: textOf(error) };
      this.#tell(error);
    }
  }
}
