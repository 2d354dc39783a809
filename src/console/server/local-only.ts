// The check that a request for the page comes from a browser on this machine, under a local host name. All
// other requests see no page: the hub answers them as it would without one.

import type { IncomingMessage } from "node:http";

/** The names of this machine. A page under any other name may be a stranger's, by DNS rebinding. */
const LOCAL_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;
const LOOPBACK = /^(::ffff:)?127\.|^::1$/;

/** Set by Cloudflare, by its tunnels, and by other proxies: their clients are on other machines. */
const PASSED_ON = ["cf-ray", "cf-connecting-ip", "cdn-loop", "forwarded", "x-forwarded-for"];

export function isLocal({ headers, socket }: IncomingMessage): boolean {
  return (
    LOCAL_HOST.test(headers.host ?? "") &&
    LOOPBACK.test(socket.remoteAddress ?? "") &&
    PASSED_ON.every((name) => headers[name] === undefined)
  );
}

/** Returns whether the page made the call: another site's page can send some, but read no answer. */
export function isOwn({ headers }: IncomingMessage): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") return false;
  return headers.origin === undefined
    ? site === "same-origin"
    : headers.origin === `http://${headers.host}`;
}
