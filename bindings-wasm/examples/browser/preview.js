// What another token policy would do to an organization's tokens, worked out in the page. Nothing is changed, and
// nothing is sent but the request for the organization's document.

import { Authorizer } from "tokenward";

const form = document.querySelector("form");
const status = document.querySelector("[role=status]");
const rows = document.querySelector("tbody");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { org, token, policy } = Object.fromEntries(new FormData(form));
  try {
    show(await preview(org, token, policy));
  } catch (error) {
    rows.replaceChildren();
    status.textContent = error.message; // Neither ours nor the server's ever hold a token.
  }
});

form.querySelector("button").disabled = false;

async function preview(org, token, policy) {
  const url = `/api/organizations/${encodeURIComponent(org)}/document`;
  const answer = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error((await answer.json()).error);
  const shown = await answer.json();
  const authorizer = Authorizer.fromDocument(shown);
  try {
    const owners = new Map(shown.tokens.map(({ id, owner }) => [id, owner]));
    const { summary, tokens } = authorizer.preview(policy);
    return { summary, tokens: tokens.map((token) => ({ ...token, owner: owners.get(token.id) })) };
  } finally {
    authorizer.free();
  }
}

function show({ summary, tokens }) {
  const { blocked, unblocked, unchanged } = summary;
  status.textContent = `${blocked} blocked, ${unblocked} unblocked, ${unchanged} unchanged`;
  rows.replaceChildren(...tokens.map(({ id, owner, before, after }) => row([id, owner, before, after])));
}

function row(texts) {
  const row = document.createElement("tr");
  for (const text of texts) row.insertCell().textContent = text;
  return row;
}
