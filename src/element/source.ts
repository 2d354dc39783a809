// The source of the notifications: a client set by the app, or one made from the attributes.

import { type Inbox, inbox } from "../client/inbox.ts";
import { type Client, createClient, type TokenSource } from "../client/index.ts";
import { safeLink } from "./link.ts";

/** The part of an inbox that the element uses. An app may implement it in place of the SDK's. */
export type InboxLike = Pick<
  Inbox,
  | "getSnapshot"
  | "subscribe"
  | "onMessage"
  | "markRead"
  | "markUnread"
  | "markAllRead"
  | "markAllSeen"
  | "archive"
  | "unarchive"
  | "loadMore"
> & {
  /** Returns milliseconds of the hub's clock; if absent, this device's clock is used. */
  now?(): number;
};

export interface Source {
  inbox: InboxLike;
  /** Without a client the state of the connection is unknown, and it counts as open. */
  client?: Client;
}

export function sourceOf(given: Client | InboxLike): Source {
  return "getSnapshot" in given ? { inbox: given } : { inbox: inbox(given), client: given };
}

/** Addresses that the console has warned of: each is reported once. */
const warned = new Set<string>();

/** Returns a client, or undefined after a warning if `url` is not an http or https address. */
export function newClient(url: string, token: TokenSource): Client | undefined {
  const hub = safeLink(url);
  if (hub) return createClient({ url: hub, token });
  if (!warned.has(url))
    console.warn(`belfry: url: expected the hub's http or https address, came ${url}`);
  warned.add(url);
  return undefined;
}

/** Matches JSON strings and long words: they may be tokens, which must not appear in a console. */
const SECRET = /(: *")[^"]*|[\w.+/=-]{20,}/g;
const EXCERPT_CHARS = 80;

/**
 * Fetches a token from the app's own server, which knows the user by its cookies; `fetch` sends them by
 * default. Returns null when nobody is signed in. Throws an error if the answer is no token; the client
 * writes it to the console once.
 */
export async function fetchToken(url: string): Promise<string | null> {
  let came = "no answer that this page may read";
  try {
    // Many frameworks answer 401 to a request for JSON, and redirect all others to a page.
    const response = await fetch(url, { method: "POST", headers: { accept: "application/json" } });
    const { status, redirected, headers } = response;
    // Nobody is signed in: another attempt would not help.
    if (status === 401 || status === 403) return null;
    const text = await response.text();
    const from = redirected ? ` from ${address(response.url)}` : "";
    const excerpt = text.replace(SECRET, "$1…").slice(0, EXCERPT_CHARS);
    came = `${status} ${headers.get("content-type")}${from}: ${excerpt}`;
    const { token } = JSON.parse(text);
    if (response.ok && (token === null || (token && typeof token === "string"))) return token;
  } catch {
    // The error below describes every answer that holds no token.
  }
  throw new Error(`token-url ${address(url)}: expected {"token":"…"} from a POST, came ${came}`);
}

/** Returns a URL without its query, which may hold a secret. */
const address = (url: string) => url.split("?")[0];
