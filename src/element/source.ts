// Where the notifications come from: a client that the app gives, or one made of the attributes.

import { type Inbox, inbox } from "../client/inbox.ts";
import { type Client, createClient, type TokenSource } from "../client/index.ts";
import { safeLink } from "./link.ts";

/** What the element uses of an inbox; the SDK's has it, and so may one of the app's own. */
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
  /** Milliseconds by the hub's clock; absent: by this device's. */
  now?(): number;
};

export interface Source {
  inbox: InboxLike;
  /** Without one nothing is known of the connection: it counts as open. */
  client?: Client;
}

export function sourceOf(given: Client | InboxLike): Source {
  return "getSnapshot" in given ? { inbox: given } : { inbox: inbox(given), client: given };
}

/** Addresses that the console was warned of: one that comes again is said once. */
const warned = new Set<string>();

/** Returns undefined, after a warning, where `url` cannot be a hub's. */
export function newClient(url: string, token: TokenSource): Client | undefined {
  const hub = safeLink(url);
  if (hub) return createClient({ url: hub, token });
  if (!warned.has(url))
    console.warn(`belfry: url: expected the hub's http or https address, came ${url}`);
  warned.add(url);
  return undefined;
}

/** Values of JSON, and long words: they may be tokens, which belong in no console. */
const SECRET = /(: *")[^"]*|[\w.+/=-]{20,}/g;
const EXCERPT_CHARS = 80;

/**
 * Asks the app's own server, which knows the user by its cookies; `fetch` sends them by default. The
 * console shows what is thrown: the client writes it there once.
 */
export async function fetchToken(url: string): Promise<string | null> {
  let came = "no answer that this page may read";
  try {
    // Many frameworks answer 401 to a request for JSON, and lead all others to a page.
    const response = await fetch(url, { method: "POST", headers: { accept: "application/json" } });
    const { status, redirected, headers } = response;
    // Nobody is signed in: that is no failure to be tried again.
    if (status === 401 || status === 403) return null;
    const text = await response.text();
    const from = redirected ? ` from ${address(response.url)}` : "";
    const excerpt = text.replace(SECRET, "$1…").slice(0, EXCERPT_CHARS);
    came = `${status} ${headers.get("content-type")}${from}: ${excerpt}`;
    const { token } = JSON.parse(text);
    if (response.ok && (token === null || (token && typeof token === "string"))) return token;
  } catch {
    // The error below names every answer that holds no token.
  }
  throw new Error(`token-url ${address(url)}: expected {"token":"…"} from a POST, came ${came}`);
}

/** Without the query, which may hold a secret. */
const address = (url: string) => url.split("?")[0];
