// An organization's snapshot where the decisions are made: opened, kept new, and reported.

import { Authorizer, TokenwardError, type Keys, type Refresh } from "tokenward/snapshots";

import { events, fromBase64 } from "./events.js";
import { type Manifest, Server, ServerError, type Source, brokenOff } from "./server.js";
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
/** They are not asked for more often, whatever unknown keys come. */
const KEYS_AT_MOST_EVERY = 1_000;
/** One of a generation that is stored already is not stored more often. */
const STORE_EVERY = 60_000;
/** What has begun to store and said nothing for so long is given up: hosts end requests without a word. */
const STORES = 30_000;
/** The server says every 5 seconds that its stream lives; after this time it does not. */
const SILENCE = 12_000;
/** How often a manifest is followed whose blocks are superseded meanwhile. */
const TRIES = 5;
/** When more blocks than this are missing, all is fetched in one piece. */
const MANY = 128;
/** A request waits no longer for a refresh, as long as there is something to decide from. */
const PATIENCE = 2_000;
/** Where there is nothing, it waits so long for another's, and looks so often whether that is here. */
const [WAITS, LOOKS] = [10_000, 25];
/** A request that asks and says nothing for so long has been ended by its host. */
const ALIVE = 4_000;
/** A stream that ends sooner has failed. */
const LASTS = 5_000;
/** After a stream on which nothing comes, events are not asked for: something on the way keeps them. */
const WITHOUT = 300_000;
/** How often is asked instead. */
const INSTEAD = 5_000;
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
  /** Until when it is believed that a request asks: whoever does says so again and again. */
  #askedUntil = 0;
  /** From when on requests try to refresh again, after one that failed. */
  #tryFrom = 0;
  #failures = 0;
  #heard = 0;
  #keysAsked = 0;
  /** Whether the store was asked: only what it has at the start is of use. */
  #readStore = false;
  /** What the store holds, and since when; it is the most that is reported where there is one. */
  #kept: { generation: number; issued: number; at: number } | undefined;
  /** Who stores, and until when that is believed. */
  #storing: { until: number } | undefined;
  /** What the server knows to be applied. */
  #reported: Authorizer | undefined;
  /** Storing or reporting has failed: with which generation, how often, and from when on it is tried again. */
  #unsettled: { generation: number; failures: number; from: number; error: string } | undefined;
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

  /**
   * Decides from the newest snapshot; none before the first was opened, and none from when its key is
   * known to be withdrawn until the next is here. Ask for it each time: the one before is freed.
   */
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
      error: this.#error ?? this.#unsettled?.error ?? null,
    };
  }

  /** Whether a stream is open, as far as can be told. */
  get isFollowing(): boolean {
    return Date.now() - this.#heard < SILENCE;
  }

  /** Opens the snapshot that is stored, or else the server's newest. Throws when neither can be had. */
  async open(): Promise<Authorizer> {
    if (this.#current) return this.#current;
    if (!(await this.#fromStore())) await this.#fetchBundle();
    const opened = this.#current;
    if (!opened) throw new TokenwardError("freed", "edge", "was closed before");
    return opened;
  }

  /** Asks the server for what is newer; says whether there was something. */
  async refresh(): Promise<boolean> {
    await this.#renewKeys();
    if (!this.#current) {
      await this.open();
      if (this.#checked) return true;
    }
    for (let left = TRIES; ; left--) {
      const manifest = await this.#server.manifest(this.#tag, this.#reportable);
      if (!manifest) {
        await this.#wellChecked();
        return false;
      }
      const applied = await this.#apply(manifest);
      if (applied !== "superseded") {
        await this.#wellChecked();
        return applied === "newer";
      }
      if (left === 0) throw new ServerError(404, "manifests change faster than their blocks can be fetched");
    }
  }

  /** Whether what is held decides nothing any more. */
  get isStale(): boolean {
    const from = this.#current?.staleFrom;
    return from !== null && from !== undefined && Date.now() >= from.getTime();
  }

  /**
   * Makes sure that the server was asked within so many milliseconds, or a stream is open. Failing is
   * no error as long as there is a snapshot to decide from: `snapshot_stale` is the limit. While one
   * request asks, others go on with what is held; where that decides nothing, they wait for the one.
   */
  async within(milliseconds: number): Promise<void> {
    if (this.#isUsable) {
      if (this.isFollowing || Date.now() - this.#checked < milliseconds) return;
      if (!this.#isAsking && Date.now() >= this.#tryFrom) await Promise.race([this.#attempt(), pause(PATIENCE)]);
    } else if (this.#isAsking) {
      // Not for the other's promise: hosts forbid that, and end requests without a word.
      const until = Date.now() + WAITS;
      while (this.#isAsking && !this.#isUsable && Date.now() < until) await pause(LOOKS);
    } else if (Date.now() >= this.#tryFrom) {
      await this.#attempt();
    }
    if (!this.#current) throw new ServerError(0, this.#error ?? "there is no snapshot yet");
  }

  /** Whether there is something to decide from. */
  get #isUsable(): boolean {
    return this.#current !== undefined && !this.isStale;
  }

  /** Whether a request asks, as far as can be told. */
  get #isAsking(): boolean {
    return Date.now() < this.#askedUntil;
  }

  /** Refreshes; the next attempt of a request has to wait if this one was in vain. Never throws. */
  async #attempt(): Promise<void> {
    const alive = () => void (this.#askedUntil = Date.now() + ALIVE);
    alive();
    const living = setInterval(alive, ALIVE / 4);
    try {
      await this.refresh();
      this.#failures = 0;
      this.#tryFrom = this.#isUsable ? 0 : Date.now() + SOONEST;
    } catch (error) {
      this.#fail(error);
      const wait = shortened(Math.min(SOONEST * 2 ** this.#failures++, PATIENCE));
      this.#tryFrom = Date.now() + Math.max(wait, toldToWait(error));
    } finally {
      clearInterval(living);
      this.#askedUntil = 0;
    }
  }

  /**
   * Follows the server until the signal says so: by its stream of manifests, and by asking now and
   * then where that breaks off. Never throws.
   */
  async follow(signal?: AbortSignal): Promise<void> {
    let failures = 0;
    let streamFrom = 0;
    while (!this.#closed && !signal?.aborted) {
      let told = 0;
      let wait = shortened(SOONEST);
      const began = Date.now();
      try {
        if (!this.#current) await this.refresh();
        if (began >= streamFrom) {
          const came = await this.stream(signal);
          const lasted = Date.now() - began;
          if (!came && lasted >= SILENCE) streamFrom = Date.now() + WITHOUT;
          failures = came && lasted >= LASTS ? 0 : failures + 1;
          if (failures > 0) wait = shortened(Math.min(SOONEST * 2 ** failures, LATEST));
        } else {
          wait = shortened(INSTEAD);
        }
      } catch (error) {
        this.#fail(error);
        told = toldToWait(error);
        wait = Math.max(told, shortened(Math.min(SOONEST * 2 ** failures++, LATEST)));
      }
      if (this.#closed || signal?.aborted) return;
      await pause(wait, signal);
      if (this.#closed || signal?.aborted) return;
      try {
        await this.refresh();
      } catch (error) {
        this.#fail(error);
        await pause(toldToWait(error), signal);
      }
    }
  }

  /** Asks every so many milliseconds, give or take a fifth, until the signal says so. Never throws. */
  async poll(milliseconds: number, signal?: AbortSignal): Promise<void> {
    while (!this.#closed && !signal?.aborted) {
      let told = 0;
      try {
        await this.refresh();
      } catch (error) {
        this.#fail(error);
        told = toldToWait(error);
      }
      if (this.#closed || signal?.aborted) return;
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
      const stream = await this.#server.events(this.#tag, this.#reportable, ending.signal);
      for await (const event of events(stream, ending.signal)) {
        clearTimeout(silence);
        silence = setTimeout(end, SILENCE);
        if (event.type === "manifest") await this.#applyEvent({ tag: event.id, sealed: fromBase64(event.data) });
        else await this.#onSignOfLife();
        this.#heard = Date.now();
        came = true;
        if (this.#closed) break;
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

  /** Ends everything, and gives the memory back. */
  close(): void {
    this.#closed = true;
    this.#drop();
  }

  async #applyEvent(manifest: Manifest): Promise<void> {
    await this.#renewKeys();
    const applied = await this.#apply(manifest);
    if (applied === "superseded") await this.refresh();
    else await this.#wellChecked();
  }

  /** Nothing new has come, so there is time for what else has to be done. */
  async #onSignOfLife(): Promise<void> {
    await this.#renewKeys();
    // Whoever renews what is held has not, in time: better ask.
    if (!this.#current || this.#isOld) await this.refresh();
    else await this.#settle();
  }

  /** Whether two thirds of the time are over in which can be decided from it. */
  get #isOld(): boolean {
    const { issued, staleFrom } = this.#current ?? {};
    if (!issued || !staleFrom) return false;
    return Date.now() - issued.getTime() >= ((staleFrom.getTime() - issued.getTime()) * 2) / 3;
  }

  /** The server has said what is newest, and that is held. */
  async #wellChecked(): Promise<void> {
    this.#checked = Date.now();
    this.#error = null;
    await this.#settle();
  }

  /** Takes what is stored; says whether there was something good. */
  async #fromStore(): Promise<boolean> {
    if (this.#readStore) return false;
    this.#readStore = true;
    try {
      const bundle = await this.#options.store?.get();
      if (!bundle) return false;
      const next = this.#opened(bundle, await this.#trusted(false));
      const { generation } = next;
      const kept = { generation, issued: issued(next), at: Date.now() };
      if (this.#take(next, undefined)) this.#kept = kept;
    } catch (error) {
      this.#fail(error);
    }
    return this.#current !== undefined;
  }

  async #fetchBundle(): Promise<void> {
    const { tag, sealed } = await this.#server.bundle(this.#options.parts ?? "all");
    const next = await this.#withKeys((keys) => this.#opened(sealed, keys));
    this.#take(next, tag);
    await this.#wellChecked();
  }

  #opened(bundle: Uint8Array, keys: Keys | string): Authorizer {
    const { maxAge } = this.#options;
    const opened = Authorizer.fromSnapshot(bundle, keys, undefined, maxAge === undefined ? {} : { maxAge });
    if (opened.org === this.org) return opened;
    opened.free();
    throw new TokenwardError("wrong_org", "snapshot", "is of another organization");
  }

  async #apply(manifest: Manifest): Promise<"newer" | "same" | "superseded"> {
    let refresh: Refresh;
    try {
      refresh = await this.#begin(manifest.sealed);
    } catch (error) {
      if (!this.#current && !this.#closed) {
        // The keys that came meanwhile do not have that of what was held.
        await this.#fetchBundle();
        return "newer";
      }
      const code = error instanceof TokenwardError ? error.code : "";
      if ((code !== "rollback" && code !== "conflict") || !this.isStale) throw error;
      await this.#beginAnew();
      return "newer";
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
      return this.#take(refresh.finish(), manifest.tag) ? "newer" : "same";
    } finally {
      refresh.free();
    }
  }

  #begin(sealed: Uint8Array): Promise<Refresh> {
    return this.#withKeys((keys) => {
      const current = this.#current;
      if (!current) throw new TokenwardError("freed", "edge", "was closed before");
      return current.refresh(sealed, keys);
    });
  }

  /** Takes the server's snapshot in one piece, which has to follow the one that is held like any other. */
  async #whole(): Promise<boolean> {
    const { tag, sealed } = await this.#server.bundle(this.#options.parts ?? "all");
    const next = await this.#withKeys((keys) => this.#opened(sealed, keys));
    try {
      (await this.#begin(next.manifest())).free();
    } catch (error) {
      next.free();
      throw error;
    }
    return this.#take(next, tag);
  }

  /**
   * What is held decides nothing any more: whatever was issued after it may take its place. So an edge
   * comes back when its server was restored from a backup, and nobody can make it go back to anything
   * that was issued before.
   */
  async #beginAnew(): Promise<void> {
    const { tag, sealed } = await this.#server.bundle(this.#options.parts ?? "all");
    const next = await this.#withKeys((keys) => this.#opened(sealed, keys));
    const held = this.#current;
    if (held && issued(next) <= issued(held)) {
      next.free();
      throw new TokenwardError("rollback", "snapshot", "is older than the one that is held");
    }
    if (this.#closed) return next.free();
    this.#forgetSettled();
    this.#swap(next, tag);
  }

  /** Decides from the next one from now on, unless something newer came in between, or its key was withdrawn. */
  #take(next: Authorizer, tag: string | undefined): boolean {
    const held = this.#current;
    const older =
      held &&
      (next.generation < held.generation || (next.generation === held.generation && issued(next) < issued(held)));
    if (this.#closed || older || !this.#isTrusted(next)) {
      next.free();
      return false;
    }
    this.#swap(next, tag);
    return true;
  }

  #swap(next: Authorizer, tag: string | undefined): void {
    const held = this.#current;
    this.#current = next;
    this.#tag = tag;
    held?.free();
  }

  /** Decides from nothing, and forgets what there was: whatever comes next may be of any generation. */
  #drop(): void {
    const held = this.#current;
    this.#current = this.#tag = undefined;
    this.#checked = 0;
    this.#forgetSettled();
    held?.free();
  }

  /** Generations begin anew: what was stored and reported says nothing about the next. */
  #forgetSettled(): void {
    this.#kept = this.#storing = this.#reported = this.#unsettled = undefined;
  }

  /** The newest generation that may be reported: what a restart would not go back behind. */
  get #reportable(): number | undefined {
    return this.#options.store ? this.#kept?.generation : this.#current?.generation;
  }

  /**
   * Stores what is held, and reports it then, unless both were done. Neither is worth failing for: it
   * is tried again with the next check or sign of life, later each time.
   */
  async #settle(): Promise<void> {
    const current = this.#current;
    if (!current) return;
    const { generation } = current;
    const before = this.#unsettled?.generation === generation ? this.#unsettled : undefined;
    if (before && Date.now() < before.from) return;
    try {
      if (!(await this.#store(current)) || this.#reported === current) return;
      await this.#server.applied(generation);
      this.#reported = current;
      this.#unsettled = undefined;
      // Whoever took it had to leave it to this one.
      if (this.#current && this.#current !== current) await this.#settle();
    } catch (error) {
      const failures = (before?.failures ?? 0) + 1;
      const wait = Math.max(shortened(Math.min(SOONEST * 2 ** failures, LATEST)), toldToWait(error));
      this.#unsettled = { generation, failures, from: Date.now() + wait, error: textOf(error) };
      this.#tell(error);
    }
  }

  /** Whether the generation is stored, or there is no store. One that is renewed is stored again now and then. */
  async #store(current: Authorizer): Promise<boolean> {
    const { store } = this.#options;
    if (!store) return true;
    const { generation } = current;
    const kept = this.#kept;
    const lifetime = (current.staleFrom?.getTime() ?? Infinity) - issued(current);
    const isKept = kept?.generation === generation;
    const isDue = isKept && kept.issued !== issued(current) && Date.now() - kept.at > Math.min(STORE_EVERY, lifetime / 4);
    if (isKept && !isDue) return true;
    // Two at once could end in either order.
    if (this.#storing && Date.now() < this.#storing.until) return isKept;
    const mine = (this.#storing = { until: Date.now() + STORES });
    const next = { generation, issued: issued(current), at: Date.now() };
    try {
      await store.put(current.bundle());
      const isLast = this.#storing === mine;
      this.#kept = isLast ? next : undefined;
      return isLast;
    } finally {
      if (this.#storing === mine) this.#storing = undefined;
    }
  }

  /** Does something with the keys; those that are held may be too old to know who signed. */
  async #withKeys<T>(use: (keys: Keys | string) => T): Promise<T> {
    try {
      return use(await this.#trusted(false));
    } catch (error) {
      const unknown = error instanceof TokenwardError && error.code === "unknown_key";
      if (!unknown || this.#options.keys || Date.now() - this.#keysAsked < KEYS_AT_MOST_EVERY) throw error;
      return use(await this.#trusted(true));
    }
  }

  async #trusted(anew: boolean): Promise<Keys | string> {
    const held = this.#keys;
    if (held && !anew && Date.now() < held.until) return held.value;
    this.#keysAsked = Date.now();
    try {
      const value = await this.#server.keys();
      this.#keys = { value, until: Date.now() + KEYS_LAST };
      const current = this.#current;
      // Whoever has stolen the key may have signed what is held, with a generation that never comes.
      if (current && !this.#isTrusted(current)) this.#drop();
      return value;
    } catch (error) {
      // Those of before go on: nothing that they have signed lasts longer than its maximum age.
      if (!held || anew) throw error;
      this.#fail(error);
      this.#keys = { value: held.value, until: Date.now() + KEYS_AT_MOST_EVERY };
      return held.value;
    }
  }

  /** Fetches the keys when it is time, also while nothing new comes that is signed with them. */
  async #renewKeys(): Promise<void> {
    if (this.#keys && Date.now() >= this.#keys.until) await this.#trusted(false);
  }

  /** Whether the keys that are held have that of a snapshot. Pinned ones had it when it was opened. */
  #isTrusted(authorizer: Authorizer): boolean {
    const keys = this.#keys;
    return !keys || keys.until === Infinity || authorizer.isSignedBy(keys.value);
  }

  #fail(error: unknown): void {
    this.#error = textOf(error);
    this.#tell(error);
  }

  #tell(error: unknown): void {
    try {
      this.#options.onError?.(error);
    } catch {
      // Whoever is told has to cope.
    }
  }
}

/** What is not ours may say anything, so only what it is called. */
function textOf(error: unknown): string {
  const ours = error instanceof ServerError || error instanceof TokenwardError;
  return ours ? error.message : error instanceof Error ? error.name : "Error";
}

function issued(authorizer: Authorizer): number {
  return authorizer.issued?.getTime() ?? 0;
}

/** For how many milliseconds the server wants to be left alone. */
function toldToWait(error: unknown): number {
  return error instanceof ServerError ? error.retryAfter : 0;
}

/** Between half and all of it, so that edges do not come all at once. */
function shortened(milliseconds: number): number {
  return milliseconds * (0.5 + Math.random() / 2);
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
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
