// Where the notifications come from: a client that the app gives, or one made of the attributes.

import { type Inbox, inbox } from "../client/inbox.ts";
import { type Client, createClient, type Status, type TokenSource } from "../client/index.ts";

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
  /** Of an inbox without a client nothing is known: it counts as connected. */
  status(): Status | null;
  onStatus(listener: () => void): () => void;
  retry(): void;
  /** Ends the connection if it is the element's own. */
  close(): void;
}

/** The app's own client or inbox. */
export function givenSource(given: Client | InboxLike): Source {
  if ("getSnapshot" in given)
    return {
      inbox: given,
      status: () => null,
      onStatus: () => () => undefined,
      retry: () => undefined,
      close: () => undefined,
    };
  return {
    inbox: inbox(given),
    status: () => given.status,
    onStatus: (listener) => given.onStatus(listener),
    retry: () => given.connect(),
    close: () => undefined,
  };
}

export function ownSource(url: string, token: TokenSource): Source {
  const client = createClient({ url, token });
  return { ...givenSource(client), close: () => client.close() };
}

/** Asks the app's own server who the user is; its cookies tell. */
export async function fetchToken(url: string): Promise<string | null> {
  const response = await fetch(url, {
    method: "POST",
    credentials: "same-origin",
    headers: { accept: "application/json" },
  });
  // Nobody is signed in: that is no failure to be tried again.
  if (response.status === 401 || response.status === 403) return null;
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return ((await response.json()) as { token: string }).token;
}
