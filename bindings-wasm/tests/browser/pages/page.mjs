// A page that has the package.

import * as whole from "tokenward";
import * as snapshots from "tokenward/snapshots";

import { answered } from "./answered.mjs";
import { offer } from "./between.mjs";

offer(answered({ whole, snapshots }), () => new Worker(new URL("./worker.mjs", import.meta.url), { type: "module" }));
