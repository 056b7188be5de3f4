// Edges: an organization's snapshot where decisions are made, and a gateway that decides from it.

export { Edge, type EdgeOptions, type EdgeStatus } from "./edge.js";
export type { GateAnswer } from "./answers.js";
export { Gate, type GateOptions, type GateRequest } from "./gate.js";
export { ServerError, type Source } from "./server.js";
export { type FollowSettings, type Settings, following, settings } from "./settings.js";
export { type Store, inCache } from "./store.js";
export { type Passing, refused, serve } from "./web.js";
