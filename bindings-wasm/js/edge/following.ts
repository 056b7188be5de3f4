// Keeping up with the server: by its stream of manifests, or by asking now and then.

import { TokenwardError } from "tokenward/snapshots";

import { events, fromBase64 } from "./events.js";
import { type Manifest, ServerError, brokenOff } from "./server.js";
import { backoff, pause, shortened, toldToWait } from "./waiting.js";

/** The server says every 5 seconds that its stream lives; after this time it does not. */
const SILENCE = 12_000;
/** A stream that ends sooner has failed. */
const LASTS = 5_000;
/** After a stream on which nothing comes, events are not asked for: something on the way keeps them. */
const WITHOUT = 300_000;
/** How often is asked instead. */
const INSTEAD = 5_000;

/** What follows. */
export interface Follower {
  readonly isClosed: boolean;
  /** Makes sure that something is held. */
  open(): Promise<unknown>;
  /** Asks the server for what is newer. */
  refresh(): Promise<unknown>;
  /** The stream of manifests, as it comes. */
  events(signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  onManifest(manifest: Manifest): Promise<void>;
  /** Nothing new has come, so there is time for what else has to be done. */
  onSignOfLife(): Promise<void>;
  failed(error: unknown): void;
}

export class Following {
  readonly #follower: Follower;
  #heard = 0;

  constructor(follower: Follower) {
    this.#follower = follower;
  }

  /** Whether a stream is open, as far as can be told. */
  get isOpen(): boolean {
    return Date.now() - this.#heard < SILENCE;
  }

  /** Follows until the signal says so: by streams, and by asking where they break off. Never throws. */
  async follow(signal?: AbortSignal): Promise<void> {
    let failures = 0;
    let streamFrom = 0;
    while (!this.#hasEnded(signal)) {
      let wait = shortened(INSTEAD);
      const began = Date.now();
      try {
        await this.#follower.open();
        if (began >= streamFrom) {
          const came = await this.stream(signal);
          const lasted = Date.now() - began;
          if (!came && lasted >= SILENCE) streamFrom = Date.now() + WITHOUT;
          failures = came && lasted >= LASTS ? 0 : failures + 1;
          wait = backoff(failures);
        }
      } catch (error) {
        this.#follower.failed(error);
        wait = Math.max(toldToWait(error), backoff(failures++));
      }
      if (this.#hasEnded(signal)) return;
      await pause(wait, signal);
      if (this.#hasEnded(signal)) return;
      await pause(await this.#ask(), signal);
    }
  }

  /** Asks every so many milliseconds, give or take a fifth, until the signal says so. Never throws. */
  async poll(milliseconds: number, signal?: AbortSignal): Promise<void> {
    while (!this.#hasEnded(signal)) {
      const told = await this.#ask();
      if (this.#hasEnded(signal)) return;
      await pause(Math.max(told, milliseconds * (0.8 + Math.random() * 0.4)), signal);
    }
  }

  /** Follows one stream of manifests until it ends or falls silent; says whether anything came. */
  async stream(signal?: AbortSignal): Promise<boolean> {
    const ending = new AbortController();
    const end = () => ending.abort();
    if (signal?.aborted) return false;
    signal?.addEventListener("abort", end);
    let silence = setTimeout(end, SILENCE);
    let came = false;
    try {
      for await (const event of events(await this.#follower.events(ending.signal), ending.signal)) {
        clearTimeout(silence);
        silence = setTimeout(end, SILENCE);
        if (event.type === "manifest") await this.#follower.onManifest({ tag: event.id, sealed: fromBase64(event.data) });
        else await this.#follower.onSignOfLife();
        this.#heard = Date.now();
        came = true;
        if (this.#follower.isClosed) break;
      }
    } catch (error) {
      if (ending.signal.aborted) return came;
      if (error instanceof ServerError || error instanceof TokenwardError) throw error;
      throw brokenOff(error);
    } finally {
      this.#heard = 0;
      clearTimeout(silence);
      signal?.removeEventListener("abort", end);
      ending.abort();
    }
    return came;
  }

  #hasEnded(signal: AbortSignal | undefined): boolean {
    return this.#follower.isClosed || signal?.aborted === true;
  }

  /** Asks once; for how many milliseconds the server wants to be left alone then. */
  async #ask(): Promise<number> {
    try {
      await this.#follower.refresh();
      return 0;
    } catch (error) {
      this.#follower.failed(error);
      return toldToWait(error);
    }
  }
}
