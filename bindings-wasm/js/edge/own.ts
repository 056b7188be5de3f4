// The token server's own calls that clients make at the hub's address.
//
// Written by a test from the server's table of endpoints: UPDATE=1 rewrites it.

export const OWN_PATHS: readonly string[] = [
  "/api/credentials/revoke",
  "/api/organizations/{org}/settings/token-policy",
  "/api/organizations/{org}/settings/tokens",
  "/api/organizations/{org}/settings/tokens/preview",
  "/api/organizations/{org}/settings/tokens/revoke",
  "/api/organizations/{org}/settings/tokens/{id}/approve",
  "/api/organizations/{org}/settings/tokens/{id}/deny",
  "/api/organizations/{org}/settings/tokens/{id}/explain",
  "/api/organizations/{org}/settings/tokens/{id}/revoke",
  "/api/settings/tokens",
  "/api/settings/tokens/{id}",
  "/api/settings/tokens/{id}/explain",
  "/api/settings/tokens/{id}/rotate",
  "/api/whoami-v2",
];
