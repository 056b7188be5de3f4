// Which requests are the token server's own, by the list of its paths.

import { OWN_PATHS } from "./own.js";

/** The list as one expression. A parameter is one segment that cannot be read in two ways. */
const OWN = new RegExp(`^(${OWN_PATHS.map(expression).join("|")})$`);

function expression(path: string): string {
  return path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[A-Za-z0-9_-]+");
}

/** Whether the token server judges and answers a request itself. */
export function isOwn(uri: string): boolean {
  return OWN.test(uri.split("?", 1)[0]!);
}
