// One edge, and what a test has it do.

import { Edge, inCache } from "tokenward/edge";

import { begin } from "../../clock.mjs";

let edge;
let ending;
const errors = [];

const calls = {
  /** Opens it; `kept` is its name in the browser's cache, and `now` the time, if it is another. */
  async open({ now, ...options }, kept) {
    if (now) begin(now);
    const store = kept && { store: inCache(caches.open("tokenward"), kept) };
    edge = new Edge({ ...options, ...store, onError: (error) => errors.push(String(error)) });
    return (await edge.open()).generation;
  },
  follow() {
    ending = new AbortController();
    void edge.follow(ending.signal);
  },
  decide: (question) => edge.authorizer.decide(question).reason,
  status: () => edge.status,
  errors: () => errors,
  /** What people write on consoles while they look for a fault. */
  async shown() {
    await edge.within(0);
    console.log(edge, edge.server, edge.status, edge.authorizer);
    console.error(await edge.refresh().catch((error) => error));
  },
  close() {
    ending?.abort();
    edge.close();
  },
};

export const edgeAnswers = async (name, ...given) => calls[name](...given);
