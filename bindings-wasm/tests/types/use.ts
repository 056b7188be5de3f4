// What TypeScript accepts, and what it does not. It is checked and never run.

import {
  ACTIONS,
  type Action,
  Authorizer,
  type Code,
  type Decision,
  type ErrorCode,
  type Found,
  type OrgDocument,
  REASONS,
  type Reason,
  type Refresh,
  type TokenSecret,
  TokenwardError,
  type Verdict,
  isAllowed,
  isGit,
  needsBody,
  parseToken,
  presented,
  reasonOf,
  scan,
} from "tokenward";
import { Authorizer as Same } from "tokenward/node";
import { start } from "tokenward/bare";

const document: OrgDocument = {
  format: "tokenward.org/1",
  organization: { name: "acme", tokenPolicy: "require-approval" },
  members: [{ user: "bob", role: "write" }],
};
const authorizer: Authorizer = Authorizer.fromDocument(document);
const same: Authorizer = Same.fromDocument("{}");
const secret: TokenSecret = parseToken("hf_x");
const decision: Decision = authorizer.decide({ token: secret, action: "repo.write", resource: "model:acme/bert" });
const reason: Reason = decision.reason;
const code: Code = same.check(null, "repo.write", { type: "model", name: "acme/bert" }, new Date(0));
const allowed: boolean = isAllowed(code) && reasonOf(code) === "granted" && reason !== "public";
const verdict: Verdict = authorizer.pass({ method: "GET", uri: "/", body: new Uint8Array(), token: null });
const orgs: string[] | null = verdict.orgs;
const found: Found[] = scan("text");
const from: Authorizer = Authorizer.fromSnapshot(new Uint8Array(), { keys: [] }, "2026-03-01T12:00:00Z", { maxAge: 60 });
const refresh: Refresh = from.refresh(new Uint8Array(), "{}");
const missing: string[] = refresh.missing();
const staleFrom: Date | null = from.staleFrom;
const texts: string[] = authorizer.findings({ unusedDays: 3 }).map((finding) => finding.text);
const action: Action = ACTIONS[0];
const first: "granted" = REASONS[0];
const count: number = authorizer.preview("default").summary.blocked;
const codes: ErrorCode[] = ["parse_error", "rollback", new TokenwardError("freed", "", "").code];
const is: boolean = needsBody("GET", "/") || isGit("/");
const raw: string | null = presented("Bearer hf_x");
start satisfies (module: WebAssembly.Module) => void;

// @ts-expect-error: no such reason
reason === "grantedd";
// @ts-expect-error: no such role
document.members = [{ user: "bob", role: "owner" }];
// @ts-expect-error: an action is needed
authorizer.decide({ resource: "model:acme/bert" });
// @ts-expect-error: an argument that does not exist
authorizer.decide({ action: "repo.write", resource: "model:acme/bert", tokenID: "x" });
// @ts-expect-error: it is made from something
new Authorizer();
// @ts-expect-error: no such code
codes.push("no_such_code");

export { action, allowed, count, first, found, is, missing, orgs, raw, staleFrom, texts };
