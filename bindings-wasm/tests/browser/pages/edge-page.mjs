// A page that follows an organization.

import { offer } from "./between.mjs";
import { edgeAnswers } from "./edges.mjs";

offer(edgeAnswers, () => new Worker(new URL("./edge-worker.mjs", import.meta.url), { type: "module" }));
