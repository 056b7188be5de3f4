// A module worker that has the package.

import * as whole from "tokenward";
import * as snapshots from "tokenward/snapshots";

import { answered } from "./answered.mjs";
import { listen } from "./between.mjs";

listen(answered({ whole, snapshots }));
