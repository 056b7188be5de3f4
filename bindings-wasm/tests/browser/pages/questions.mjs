// The same questions wherever this runs: a page, a worker, Node.js. The answers are JSON.

import { same } from "../../same.mjs";

const NOW = "2026-03-01T12:00:00Z";

/** The bytes that base64 stands for. */
const decoded = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** Every case of the corpus, from its document and from its snapshot, in both of the package's modules. */
export function corpus({ whole, snapshots }, { files, keys }) {
  const answers = [];
  for (const { document, bundle, cases } of files) {
    const now = cases[0].request.now;
    const opened = () => decoded(bundle);
    const authorizers = [
      whole.Authorizer.fromDocument(document),
      whole.Authorizer.fromSnapshot(opened(), keys, now),
      snapshots.Authorizer.fromSnapshot(opened(), keys, now),
    ];
    for (const { name, request, decision } of cases) {
      for (const authorizer of authorizers) {
        const decided = authorizer.decide(request);
        if (!same(decided, decision)) throw new Error(`${name}: ${JSON.stringify(decided)}`);
        const { token, tokenId, action, resource } = request;
        if (tokenId == null) {
          const code = authorizer.check(token, action, resource, request.now);
          if (whole.reasonOf(code) !== decision.reason) throw new Error(`${name}: ${code}`);
        }
      }
      answers.push(authorizers[0].explain(request).checks);
    }
    for (const authorizer of authorizers) authorizer.free();
  }
  return answers;
}

/** Lines of the enumerated domain; says how many decisions were as they should be. */
export function domain({ whole, snapshots }, [{ decisions: all, keys }, ...lines]) {
  let count = 0;
  for (const { document, snapshot, requests, now, decisions } of lines) {
    const bundle = Uint8Array.from(snapshot.match(/../g), (digits) => parseInt(digits, 16));
    const authorizers = [whole.Authorizer.fromDocument(document), snapshots.Authorizer.fromSnapshot(bundle, keys, now)];
    for (const authorizer of authorizers) {
      requests.forEach(([token, tokenId, action, resource], place) => {
        const decided = authorizer.decide({ token, tokenId, action, resource, now });
        if (!same(decided, all[decisions[place]])) throw new Error(JSON.stringify({ document, action, resource, decided }));
        count++;
      });
      authorizer.free();
    }
  }
  return count;
}

/** What administrators ask, and what goes wrong. */
export function others({ whole }, { document, token }) {
  const authorizer = whole.Authorizer.fromDocument(document);
  const ask = { token, action: "repo.write", resource: "model:acme/bert", now: NOW };
  const secret = whole.parseToken(token);
  const code = failing(whole);
  return {
    preview: ["default", "fine-grained-only", "require-approval"].map((policy) => authorizer.preview(policy)),
    findings: authorizer.findings({ now: NOW }),
    explained: authorizer.explain({ ...ask, token: secret }),
    passed: authorizer.pass({ method: "GET", uri: "/api/models/acme/bert", token, now: NOW }),
    found: whole.scan(`😀 HF_TOKEN=${token}\n`),
    secret: [String(secret), JSON.stringify({ secret }), secret.last4, secret.ours, secret.digest],
    errors: [
      code(() => authorizer.decide({ ...ask, resource: token })),
      code(() => authorizer.decide({ ...ask, action: undefined })),
      code(() => authorizer.preview(token)),
      code(() => whole.Authorizer.fromDocument({ ...document, [token]: 1 })),
      code(() => authorizer.refresh(new Uint8Array(), { keys: [] })),
      code(() => whole.parseToken("")),
    ],
  };
}

/** Everything that people write on consoles while they look for a fault. */
export function shown({ whole }, { document, token }) {
  const secret = whole.parseToken(token);
  const authorizer = whole.Authorizer.fromDocument(document);
  console.log(secret, `${secret}`, { secret }, JSON.stringify(secret));
  console.dir(secret);
  console.table([{ secret }]);
  try {
    authorizer.decide({ token: secret, action: "repo.write", resource: token });
  } catch (error) {
    console.error(error, error.stack, error.what);
  }
}

/** A snapshot that is followed; and whether it is refused once any of its bytes was touched. */
export function following({ snapshots }, { first, second, blocks, keys }, question) {
  const code = failing(snapshots);
  const authorizer = snapshots.Authorizer.fromSnapshot(decoded(first.bundle), keys, NOW);
  const refresh = authorizer.refresh(decoded(second.manifest), keys, NOW);
  for (let missing = refresh.missing(); missing.length > 0; missing = refresh.missing()) {
    for (const hash of missing) refresh.supply(decoded(blocks[hash]));
  }
  const next = refresh.finish();
  const reasons = [authorizer, next].map((each) => each.decide(question).reason);
  const rollback = code(() => next.refresh(decoded(first.manifest), keys, NOW));
  const bundle = decoded(first.bundle);
  let refused = 0;
  for (let at = 0; at < bundle.length; at++) {
    bundle[at] ^= 1;
    if (code(() => snapshots.Authorizer.fromSnapshot(bundle, keys, NOW)) !== null) refused++;
    bundle[at] ^= 1;
  }
  return { generations: [authorizer.generation, next.generation], reasons, rollback, kept: refused === bundle.length };
}

/** The code and text of what a call throws; null where it throws nothing. Each module has an error of its own. */
function failing({ TokenwardError }) {
  return (call) => {
    try {
      call();
      return null;
    } catch (error) {
      if (!(error instanceof TokenwardError)) throw error;
      return `${error.code}: ${error.message}`;
    }
  };
}
