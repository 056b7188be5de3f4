// An organization's snapshot where the decisions are made: opened, kept new, and reported.

import { type Authorizer, type Keys, TokenwardError } from "tokenward/snapshots";

import { Asking } from "./asking.js";
import { teller, textOf } from "./errors.js";
import { Following } from "./following.js";
import { Held } from "./held.js";
import { Keeping } from "./keeping.js";
import { Keyring } from "./keyring.js";
import { Receipts } from "./receipts.js";
import { type Manifest, Server, ServerError, type Source } from "./server.js";
import type { Store } from "./store.js";
import { Updates, type Wanted } from "./updates.js";
import { Turn } from "./waiting.js";

/** How an edge is set up. */
export interface EdgeOptions extends Source, Wanted {
  /** The keys to trust, for ever; left out, they are fetched from the server, and again every minute. */
  keys?: Keys | string;
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

/** How often a manifest is followed whose blocks are superseded meanwhile. */
const TRIES = 5;

/** Keeps an organization's snapshot. Decide from `authorizer`, whose answers are never older than the maximum age. */
export class Edge {
  readonly #server: Server;
  readonly #keyring: Keyring;
  readonly #keeping: Keeping | undefined;
  readonly #receipts: Receipts;
  readonly #held = new Held();
  readonly #updates: Updates;
  readonly #asking: Asking;
  readonly #following: Following;
  /** Whoever finds nothing held fetches it: a request, or the one that follows. */
  readonly #opening = new Turn();
  readonly #tell: (error: unknown) => void;
  #error: string | null = null;

  constructor(options: EdgeOptions) {
    const { keys, store, onError } = options;
    this.#tell = teller(onError);
    const failed = (error: unknown) => this.#failed(error);
    this.#server = new Server(options);
    this.#keyring = new Keyring(this.#server, keys, { renewed: () => this.#onNewKeys(), failed });
    this.#keeping = store && new Keeping(store);
    this.#receipts = new Receipts(this.#server, this.#keeping, this.#tell);
    this.#updates = new Updates(this.#server, this.#keyring, this.#held, options, () => this.#receipts.forget());
    this.#asking = new Asking(this.#held, () => this.refresh(), failed);
    this.#following = new Following(this.#follower());
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
    return this.#held.current;
  }

  get status(): EdgeStatus {
    const { current, checked } = this.#held;
    return {
      org: this.org,
      instance: this.#server.instance,
      generation: current?.generation ?? null,
      issued: current?.issued ?? null,
      staleFrom: current?.staleFrom ?? null,
      checked: checked ? new Date(checked) : null,
      following: this.isFollowing,
      error: this.#error ?? this.#receipts.error,
    };
  }

  /** Whether a stream is open, as far as can be told. */
  get isFollowing(): boolean {
    return this.#following.isOpen;
  }

  /** Whether what is held decides nothing any more. */
  get isStale(): boolean {
    return this.#held.isStale;
  }

  /**
   * Opens the snapshot that is stored, or else the server's newest; where another call does that
   * already, what it brings. Throws when neither can be had.
   */
  async open(): Promise<Authorizer> {
    const isDone = () => this.#held.current !== undefined || this.#held.isClosed;
    while (!isDone() && this.#opening.isTaken) await this.#opening.over(Infinity, isDone);
    if (!isDone()) await this.#opening.take(() => this.#openNow());
    const { current } = this.#held;
    if (!current) throw new TokenwardError("freed", "edge", "was closed before");
    return current;
  }

  /** Asks the server for what is newer; says whether there was something. */
  async refresh(): Promise<boolean> {
    await this.#keyring.renew();
    if (!this.#held.current) {
      await this.open();
      if (this.#held.checked) return true;
    }
    for (let left = TRIES; ; left--) {
      const manifest = await this.#server.manifest(this.#held.tag, this.#reportable);
      const applied = manifest ? await this.#updates.apply(manifest) : "same";
      if (applied !== "superseded") {
        await this.#wellChecked();
        return applied === "newer";
      }
      if (left === 0) throw new ServerError(404, "manifests change faster than their blocks can be fetched");
    }
  }

  /**
   * Makes sure that the server was asked within so many milliseconds, or a stream is open. Failing is
   * no error as long as there is a snapshot to decide from: `snapshot_stale` is the limit. While one
   * request asks, others go on with what is held; where that decides nothing, they wait for the one,
   * and none of them longer than `patience`, in milliseconds.
   */
  async within(milliseconds: number, patience?: number): Promise<void> {
    if (this.#held.isUsable && this.isFollowing) return;
    await this.#asking.within(milliseconds, patience);
    if (!this.#held.current) throw new ServerError(0, this.#error ?? "there is no snapshot yet");
  }

  /**
   * Follows the server until the signal says so: by its stream of manifests, and by asking now and
   * then where that breaks off. Never throws.
   */
  async follow(signal?: AbortSignal): Promise<void> {
    await this.#following.follow(signal);
  }

  /** Asks every so many milliseconds, give or take a fifth, until the signal says so. Never throws. */
  async poll(milliseconds: number, signal?: AbortSignal): Promise<void> {
    await this.#following.poll(milliseconds, signal);
  }

  /** Follows one stream of manifests until it ends or falls silent; says whether anything came. */
  async stream(signal?: AbortSignal): Promise<boolean> {
    return this.#following.stream(signal);
  }

  /** Ends everything, and gives the memory back. */
  close(): void {
    this.#held.close();
    this.#receipts.forget();
  }

  async #openNow(): Promise<void> {
    if (await this.#openKept()) return;
    await this.#updates.fetch();
    await this.#wellChecked();
  }

  /** Takes what is stored; says whether there was something good. */
  async #openKept(): Promise<boolean> {
    try {
      const bundle = await this.#keeping?.read();
      if (!bundle) return false;
      const next = await this.#updates.openKept(bundle);
      if (this.#updates.take(next, undefined)) this.#keeping?.wasRead(next);
    } catch (error) {
      this.#failed(error);
    }
    return this.#held.current !== undefined;
  }

  #follower() {
    const edge = this;
    return {
      get isClosed() {
        return edge.#held.isClosed;
      },
      open: () => edge.open(),
      refresh: () => edge.refresh(),
      events: (signal: AbortSignal) => edge.#server.events(edge.#held.tag, edge.#reportable, signal),
      onManifest: (manifest: Manifest) => edge.#onManifest(manifest),
      onSignOfLife: () => edge.#onSignOfLife(),
      failed: (error: unknown) => edge.#failed(error),
    };
  }

  async #onManifest(manifest: Manifest): Promise<void> {
    await this.#keyring.renew();
    const applied = await this.#updates.apply(manifest);
    if (applied === "superseded") await this.refresh();
    else await this.#wellChecked();
  }

  /** Nothing new has come, so there is time for what else has to be done. */
  async #onSignOfLife(): Promise<void> {
    await this.#keyring.renew();
    // Whoever renews what is held has not, in time: better ask.
    if (!this.#held.current || this.#held.isOld) await this.refresh();
    else await this.#settle();
  }

  /** Whoever has stolen a key may have signed what is held, with a generation that never comes. */
  #onNewKeys(): void {
    const { current } = this.#held;
    if (!current || this.#keyring.trusts(current)) return;
    // Whatever comes next may be of any generation.
    this.#receipts.forget();
    this.#held.drop();
  }

  /** The server has said what is newest, and that is held. */
  async #wellChecked(): Promise<void> {
    this.#held.checked = Date.now();
    this.#error = null;
    await this.#settle();
  }

  #settle(): Promise<void> {
    return this.#receipts.settle(() => this.#held.current);
  }

  /** The generation that the server may be told to be applied. */
  get #reportable(): number | undefined {
    return this.#receipts.reportable(this.#held.current);
  }

  #failed(error: unknown): void {
    this.#error = textOf(error);
    this.#tell(error);
  }
}
