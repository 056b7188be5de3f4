// @huggingface/hub, the newest, against a governed hub: what its user sees in each state of a token.
//
// `../test_js.py` starts the servers, makes the tokens and says in TOKENWARD_CASES (a JSON file) what must come of each;
// nothing here starts a server or knows a sentence of the contract by itself.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import {
	HubApiError,
	createRepo,
	deleteFile,
	deleteRepo,
	downloadFile,
	listFiles,
	listModels,
	repoExists,
	uploadFile,
	whoAmI,
} from "@huggingface/hub";

assert.ok(process.env.TOKENWARD_CASES, "TOKENWARD_CASES is not set: run this through test_js.py");
const { hubUrl, cases } = JSON.parse(readFileSync(process.env.TOKENWARD_CASES, "utf8"));
const UPLOADED = "sent by @huggingface/hub\n";

for (const it of cases) {
	describe(it.state, { concurrency: false }, () => {
		const { expected } = it;
		// The error does not carry the answer's headers, so the last answer is kept here.
		let answered;
		const access = {
			hubUrl,
			accessToken: it.token,
			fetch: async (...call) => (answered = await fetch(...call)),
		};

		async function rejects(call, refusal) {
			await assert.rejects(call, (error) => {
				assert.ok(error instanceof HubApiError, `${error}`);
				assert.equal(error.statusCode, refusal.status);
				// The library puts its trailer behind the JSON `error`; X-Error-Message it does not read.
				assert.ok(error.message.startsWith(`${refusal.body}. URL: ${hubUrl}/`), error.message);
				assert.equal(answered.headers.get("X-Tokenward-Reason"), refusal.reason);
				assert.equal(answered.headers.get("X-Error-Message"), refusal.header);
				assert.ok(error.requestId, "no request id");
				return true;
			});
		}

		// `null` in the table is success.
		const comesTo = async (refusal, call, success) => (refusal ? rejects(call, refusal) : success(await call()));

		test("whoAmI", () =>
			comesTo(expected.whoami, () => whoAmI(access), (me) => {
				assert.equal(me.name, it.owner);
				assert.ok(me.auth.accessToken.createdAt instanceof Date);
				const org = me.orgs.find(({ name }) => name === it.org);
				assert.deepEqual(org?.securityRestrictions ?? [], expected.restriction ? [expected.restriction] : []);
			}));

		test("listModels", () =>
			comesTo(expected.whoami ? expected.read : null, () => all(listModels({ ...access, search: { owner: it.org } })), (models) => {
				const names = models.map(({ name }) => name);
				assert.equal(names.includes(it.shelf), expected.read === null);
			}));

		test("listFiles", () =>
			comesTo(expected.read, () => all(listFiles({ ...access, repo: it.shelf })), (files) =>
				assert.deepEqual(files.map(({ path }) => path), [".gitattributes", "hello.txt", "old.txt"])));

		test("downloadFile", () =>
			comesTo(expected.read, () => downloadFile({ ...access, repo: it.shelf, path: "hello.txt" }), async (blob) =>
				assert.equal(await blob.text(), it.content)));

		test("createRepo", () =>
			comesTo(expected.create, () => createRepo({ ...access, repo: it.new, private: true }), async ({ repoUrl }) => {
				assert.equal(repoUrl, `${hubUrl}/${it.new}`);
				assert.equal(await repoExists({ ...access, repo: it.new }), true);
			}));

		test("uploadFile", () =>
			comesTo(expected.write, () => upload(it, access, "README.md"), async () =>
				assert.equal(await download(it, access, "README.md"), UPLOADED)));

		test("uploadFile of a large file", () =>
			comesTo(expected.write, () => upload(it, access, "model.safetensors"), async () =>
				assert.equal(await download(it, access, "model.safetensors"), UPLOADED)));

		test("deleteFile", () =>
			comesTo(expected.write, () => deleteFile({ ...access, repo: it.shelf, path: "old.txt" }), async () => {
				const files = await all(listFiles({ ...access, repo: it.shelf }));
				assert.equal(files.some(({ path }) => path === "old.txt"), false);
			}));

		test("deleteRepo", () =>
			comesTo(expected.delete, () => deleteRepo({ ...access, repo: it.doomed }), async () =>
				assert.equal(await repoExists({ ...access, repo: it.doomed }), false)));
	});
}

function upload(it, access, path) {
	return uploadFile({ ...access, repo: it.shelf, file: { path, content: new Blob([UPLOADED]) } });
}

async function download(it, access, path) {
	return (await downloadFile({ ...access, repo: it.shelf, path })).text();
}

async function all(items) {
	const found = [];
	for await (const item of items) found.push(item);
	return found;
}
