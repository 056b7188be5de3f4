// A module worker that follows an organization.

import { listen } from "./between.mjs";
import { edgeAnswers } from "./edges.mjs";

listen(edgeAnswers);
