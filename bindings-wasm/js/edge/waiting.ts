// How long to wait, and waiting: between attempts, and for others.

import { ServerError } from "./server.js";

/** Between attempts: doubled each time, and shortened at random. */
const [SOONEST, LATEST] = [250, 15_000];
/** Whoever works and says nothing for so long has been ended by its host. */
const ALIVE = 4_000;
/** How often is looked whether another is done. */
const LOOKS = 25;

/** For how many milliseconds to wait after so many failures. */
export function backoff(failures: number, latest = LATEST): number {
  return shortened(Math.min(SOONEST * 2 ** failures, latest));
}

/** Between half and all of it, so that edges do not come all at once. */
export function shortened(milliseconds: number): number {
  return milliseconds * (0.5 + Math.random() / 2);
}

/** For how many milliseconds the server wants to be left alone. */
export function toldToWait(error: unknown): number {
  return error instanceof ServerError ? error.retryAfter : 0;
}

export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted || milliseconds <= 0) return resolve();
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done);
  });
}

/** Waits for a promise, but no longer than that. */
export async function atMost(milliseconds: number, promise: Promise<void>): Promise<void> {
  await (milliseconds === Infinity ? promise : Promise.race([promise, pause(milliseconds)]));
}

/**
 * A piece of work that one does at a time, as far as can be told. Nobody waits for another's promise:
 * hosts forbid that between requests, and end requests without a word. So whoever works says so again
 * and again, and others look.
 */
export class Turn {
  #holder: { since: number; until: number } | undefined;

  /** Whether somebody works. */
  get isTaken(): boolean {
    return this.#holder !== undefined && Date.now() < this.#holder.until;
  }

  /** Since when. */
  get since(): number {
    return this.#holder?.since ?? 0;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    const now = Date.now();
    const mine = (this.#holder = { since: now, until: now + ALIVE });
    const living = setInterval(() => void (mine.until = Date.now() + ALIVE), ALIVE / 4);
    try {
      return await work();
    } finally {
      clearInterval(living);
      if (this.#holder === mine) this.#holder = undefined;
    }
  }

  /** Waits while somebody works, until then at the latest. */
  async over(until = Infinity, isEnough: () => boolean = () => false): Promise<void> {
    while (this.isTaken && !isEnough() && Date.now() < until) await pause(LOOKS);
  }
}
