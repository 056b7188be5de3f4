// An organization's snapshot where the decisions are made: opened, kept new, and reported.

import { Authorizer, TokenwardError, type Keys } from "tokenward/snapshots";

import { events, fromBase64 } from "./events.js";
import { type Manifest, Server, ServerError, type Source } from "./server.js";
import type { Store } from "./store.js";

/** How an edge is set up. */
export interface EdgeOptions extends Source {
  /** The keys to trust, for ever; left out, they are fetched from the server, and again every minute. */
  keys?: Keys | string;
  /** When a snapshot is too old, in seconds, if that is sooner than the server says. */
  maxAge?: number;
  /** `all` (the default) has token ids and names, for twice the memory. */
  parts?: "all" | "decisions";
  /** Where the snapshot is kept between runs. */
  store?: Store;
  /** Is told of everything that goes wrong and is tried again. */
  onError?: (error: unknown) => void;
}

/** How an edge is. */
export interface EdgeStatus {
  org: string;
  instance: string;
  generation: number | null;
  issued: Date | null;
  staleFrom: Date | null;
  /** When the server last said what is newest. */
  checked: Date | null;
  /** Whether a stream of manifests is open, as far as can be told. */
  following: boolean;
  error: string | null;
}

/** Keys are fetched again after this time, so that one that was withdrawn is forgotten. */
const KEYS_LAST = 60_000;
/** The bundle is not stored more often. */
const STORE_EVERY = 60_000;
/** The server says every 5 seconds that its stream lives; after this time it does not. */
const SILENCE = 12_000;
/** How often a manifest is followed whose blocks are superseded meanwhile. */
const TRIES = 5;
/** Between attempts to open a stream: doubled each time, and shortened at random. */
const [SOONEST, LATEST] = [250, 15_000];

/** Keeps an organization's snapshot. Decide from `authorizer`, whose answers are never older than the maximum age. */
export class Edge {
  readonly #server: Server;
  readonly #options: EdgeOptions;
  #current: Authorizer | undefined;
  #tag: string | undefined;
  #keys: { value: Keys | string; until: number } | undefined;
  #checked = 0;
  #heard = 0;
  #stored = 0;
  #error: string | null = null;
  #closed = false;

  constructor(options: EdgeOptions) {
    this.#options = options;
    this.#server = new Server(options);
    if (options.keys) this.#keys = { value: options.keys, until: Infinity };
  }

  /** The organization. */
  get org(): string {
    return this.#server.org;
  }

  /** The server that it follows. */
  get server(): Server {
    return this.#server;
  }

  /** Decides from the newest snapshot; none before the first was opened. Ask for it each time: the one before is freed. */
  get authorizer(): Authorizer | undefined {
    return this.#current;
  }

  get status(): EdgeStatus {
    const current = this.#current;
    return {
      org: this.org,
      instance: this.#server.instance,
      generation: current?.generation ?? null,
      issued: current?.issued ?? null,
      staleFrom: current?.staleFrom ?? null,
      checked: this.#checked ? new Date(this.#checked) : null,
      following: this.isFollowing,
      error: this.#error,
    };
  }

  /** Whether a stream is open, as far as can be told. */
  get isFollowing(): boolean {
    return Date.now() - this.#heard < SILENCE;
  }

  /** Opens the snapshot that is stored, or else the server's newest. Throws when neither can be had. */
  async open(): Promise<Authorizer> {
    if (this.#current) return this.#current;
    const stored = await this.#fromStore();
    if (stored) this.#take(stored, undefined);
    else await this.#fetchBundle();
    return this.#current!;
  }

  /** Asks the server for what is newer; says whether there was something. */
  async refresh(): Promise<boolean> {
    if (!this.#current) {
      await this.open();
      if (this.#checked) return true;
    }
    for (let left = TRIES; ; left--) {
      const manifest = await this.#server.manifest(this.#tag, this.#current?.generation);
      if (!manifest) {
        this.#noteCheck();
        return false;
      }
      const applied = await this.#apply(manifest);
      if (applied !== "superseded") {
        this.#noteCheck();
        return applied === "newer";
      }
      if (left === 0) throw new ServerError(404, "manifests change faster than their blocks can be fetched");
    }
  }

  /**
   * Makes sure that the server was asked within so many milliseconds, or a stream is open. Failing is
   * no error as long as there is a snapshot to decide from: `snapshot_stale` is the limit.
   */
  async within(milliseconds: number): Promise<void> {
    if (this.#current && (this.isFollowing || Date.now() - this.#checked < milliseconds)) return;
    try {
      await this.refresh();
    } catch (error) {
      this.#fail(error);
      if (!this.#current) throw error;
    }
  }

  /**
   * Follows the server until the signal says so: by its stream of manifests, and by asking now and
   * then where that breaks off. Never throws.
   */
  async follow(signal?: AbortSignal): Promise<void> {
    let wait = SOONEST;
    while (!this.#closed && !signal?.aborted) {
      try {
        if (!this.#current) await this.refresh();
        await this.stream(signal);
        wait = SOONEST;
      } catch (error) {
        this.#fail(error);
      }
      if (this.#closed || signal?.aborted) return;
      await pause(wait * (0.5 + Math.random() / 2), signal);
      wait = Math.min(wait * 2, LATEST);
      try {
        await this.refresh();
      } catch (error) {
        this.#fail(error);
      }
    }
  }

  /** Asks every so many milliseconds, give or take a fifth, until the signal says so. Never throws. */
  async poll(milliseconds: number, signal?: AbortSignal): Promise<void> {
    while (!this.#closed && !signal?.aborted) {
      try {
        await this.refresh();
      } catch (error) {
        this.#fail(error);
      }
      await pause(milliseconds * (0.8 + Math.random() * 0.4), signal);
    }
  }

  /** Follows one stream of manifests until it ends. */
  async stream(signal?: AbortSignal): Promise<void> {
    const ending = new AbortController();
    const end = () => ending.abort();
    signal?.addEventListener("abort", end);
    let silence = setTimeout(end, SILENCE);
    try {
      const stream = await this.#server.events(this.#tag, this.#current?.generation, ending.signal);
      for await (const event of events(stream)) {
        clearTimeout(silence);
        silence = setTimeout(end, SILENCE);
        this.#heard = Date.now();
        if (event.type === "manifest") await this.#applyEvent({ tag: event.id, sealed: fromBase64(event.data) });
        if (this.#closed) return;
      }
    } catch (error) {
      if (!ending.signal.aborted) throw error;
    } finally {
      this.#heard = 0;
      clearTimeout(silence);
      signal?.removeEventListener("abort", end);
      ending.abort();
    }
  }

  /** Ends everything, and gives the memory back. */
  close(): void {
    this.#closed = true;
    this.#current?.free();
    this.#current = undefined;
  }

  async #applyEvent(manifest: Manifest): Promise<void> {
    const applied = await this.#apply(manifest);
    // The next event brings what superseded it.
    if (applied !== "superseded") this.#noteCheck();
  }

  #noteCheck(): void {
    this.#checked = Date.now();
    this.#error = null;
  }

  async #fromStore(): Promise<Authorizer | undefined> {
    try {
      const bundle = await this.#options.store?.get();
      return bundle && this.#opened(bundle, await this.#trusted(false));
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  async #fetchBundle(): Promise<void> {
    const { tag, sealed } = await this.#server.bundle(this.#options.parts ?? "all");
    const next = await this.#withKeys((keys) => this.#opened(sealed, keys));
    this.#take(next, tag);
    this.#noteCheck();
    await this.#settled();
  }

  #opened(bundle: Uint8Array, keys: Keys | string): Authorizer {
    const { maxAge } = this.#options;
    const opened = Authorizer.fromSnapshot(bundle, keys, undefined, maxAge === undefined ? {} : { maxAge });
    if (opened.org === this.org) return opened;
    opened.free();
    throw new TokenwardError("wrong_org", "snapshot", "is of another organization");
  }

  async #apply(manifest: Manifest): Promise<"newer" | "same" | "superseded"> {
    const refresh = await this.#withKeys((keys) => {
      const current = this.#current;
      if (!current) throw new TokenwardError("freed", "edge", "was closed before");
      return current.refresh(manifest.sealed, keys);
    });
    try {
      for (let missing = refresh.missing(); missing.length > 0; missing = refresh.missing()) {
        const blocks = await Promise.all(missing.map((hash) => this.#server.block(hash)));
        for (const block of blocks) {
          if (!block) return "superseded";
          refresh.supply(block);
        }
      }
      const taken = this.#take(refresh.finish(), manifest.tag);
      if (taken) await this.#settled();
      return taken ? "newer" : "same";
    } finally {
      refresh.free();
    }
  }

  /** Decides from the next one from now on, unless something newer came in between. */
  #take(next: Authorizer, tag: string | undefined): boolean {
    const held = this.#current;
    const time = (authorizer: Authorizer) => authorizer.issued?.getTime() ?? 0;
    const older =
      held &&
      (next.generation < held.generation || (next.generation === held.generation && time(next) < time(held)));
    if (this.#closed || older) {
      next.free();
      return false;
    }
    this.#current = next;
    this.#tag = tag;
    held?.free();
    return true;
  }

  /** Reports and stores what was taken. Neither is worth failing for. */
  async #settled(): Promise<void> {
    const current = this.#current;
    if (!current) return;
    const { store } = this.#options;
    const stores = store && Date.now() - this.#stored > STORE_EVERY;
    if (stores) this.#stored = Date.now();
    const done = [this.#server.applied(current.generation), stores ? store.put(current.bundle()) : undefined];
    for (const result of await Promise.allSettled(done)) {
      if (result.status === "rejected") this.#fail(result.reason);
    }
  }

  /** Does something with the keys; those that are held may be too old to know who signed. */
  async #withKeys<T>(use: (keys: Keys | string) => T): Promise<T> {
    try {
      return use(await this.#trusted(false));
    } catch (error) {
      const unknown = error instanceof TokenwardError && error.code === "unknown_key";
      if (!unknown || this.#options.keys) throw error;
      return use(await this.#trusted(true));
    }
  }

  async #trusted(anew: boolean): Promise<Keys | string> {
    const held = this.#keys;
    if (held && !anew && Date.now() < held.until) return held.value;
    const value = await this.#server.keys();
    this.#keys = { value, until: Date.now() + KEYS_LAST };
    return value;
  }

  #fail(error: unknown): void {
    this.#error = error instanceof Error ? error.message : String(error);
    this.#options.onError?.(error);
  }
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done);
  });
}
