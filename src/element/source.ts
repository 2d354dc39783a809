// Where the notifications come from: a client that the app gives, or one made of the attributes.

import { type Inbox, inbox } from "../client/inbox.ts";
import { type Client, createClient, type TokenSource } from "../client/index.ts";

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
>;

export interface Source {
  inbox: InboxLike;
  /** Without one nothing is known of the connection: it counts as open. */
  client?: Client;
}

export function sourceOf(given: Client | InboxLike): Source {
  return "getSnapshot" in given ? { inbox: given } : { inbox: inbox(given), client: given };
}

export function newClient(url: string, token: TokenSource): Client {
  return createClient({ url: new URL(url, document.baseURI).href, token });
}

/** Asks the app's own server who the user is: its cookies, which go along by default, tell. */
export async function fetchToken(url: string): Promise<string | null> {
  // Many frameworks answer 401 to who asks for JSON, and lead everybody else to a page.
  const response = await fetch(url, { method: "POST", headers: { accept: "application/json" } });
  // Nobody is signed in: that is no failure to be tried again.
  if (response.status === 401 || response.status === 403) return null;
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return ((await response.json()) as { token: string }).token;
}
