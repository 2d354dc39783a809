// Who the page is for: a browser on this machine that asks for this machine by name. For anybody else
// there is no page, and the hub answers as it would without one.

import type { IncomingMessage } from "node:http";

/** A name that leads to this machine and to no other: a page of a stranger's name was rebound to it. */
const LOCAL_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;
const LOOPBACK = /^(::ffff:)?127\.|^::1$/;

/** Set by Cloudflare, by its tunnels, and by other proxies: whoever is behind them is elsewhere. */
const PASSED_ON = ["cf-ray", "cf-connecting-ip", "cdn-loop", "forwarded", "x-forwarded-for"];

export function isLocal({ headers, socket }: IncomingMessage): boolean {
  return (
    LOCAL_HOST.test(headers.host ?? "") &&
    LOOPBACK.test(socket.remoteAddress ?? "") &&
    PASSED_ON.every((name) => headers[name] === undefined)
  );
}

/** Calls are made by the page itself: a page of another site can send some, though it reads no answer. */
export function isOwn({ headers }: IncomingMessage): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") return false;
  return headers.origin === undefined
    ? site === "same-origin"
    : headers.origin === `http://${headers.host}`;
}
