// What requests do where no stream is open: one has the server asked, and the others go on, or wait for it.

import type { Held } from "./held.js";
import { Turn, atMost, backoff, toldToWait } from "./waiting.js";

/** A request waits no longer for a refresh, as long as there is something to decide from. */
export const PATIENCE = 2_000;
/** Where there is nothing, it waits so long for another's. */
const WAITS = 10_000;

export class Asking {
  readonly #held: Held;
  readonly #refresh: () => Promise<unknown>;
  readonly #failed: (error: unknown) => void;
  readonly #turn = new Turn();
  /** From when on requests try again, after one that failed. */
  #from = 0;
  #failures = 0;

  constructor(held: Held, refresh: () => Promise<unknown>, failed: (error: unknown) => void) {
    this.#held = held;
    this.#refresh = refresh;
    this.#failed = failed;
  }

  /** Has the server asked if that was longer ago; whoever can decide from what is held goes on soon. */
  async within(milliseconds: number, patience = Infinity): Promise<void> {
    if (this.#held.isUsable) {
      if (Date.now() - this.#held.checked < milliseconds) return;
      if (!this.#turn.isTaken && Date.now() >= this.#from) await atMost(PATIENCE, this.#attempt());
    } else if (this.#turn.isTaken) {
      const until = Math.min(Date.now() + WAITS, this.#turn.since + patience);
      await this.#turn.over(until, () => this.#held.isUsable);
    } else if (Date.now() >= this.#from) {
      await atMost(patience, this.#attempt());
    }
  }

  /** Refreshes; the next attempt has to wait if this one was in vain. Never throws. */
  #attempt(): Promise<void> {
    return this.#turn.take(async () => {
      try {
        await this.#refresh();
        this.#failures = 0;
        this.#from = this.#held.isUsable ? 0 : Date.now() + backoff(0);
      } catch (error) {
        this.#failed(error);
        this.#from = Date.now() + Math.max(backoff(this.#failures++, PATIENCE), toldToWait(error));
      }
    });
  }
}
