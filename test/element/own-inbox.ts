// An app's own inbox, whose content and order of events a test controls: for states that a hub cannot be
// brought to, such as another day.

import type { InboxMessage, InboxSnapshot } from "../../src/client/inbox.ts";
import { pageOf } from "./app-site.ts";
import { type Screen, type Stage, visit } from "./stage.ts";

/** Returns a message of such an inbox. */
export const messageOf = (
  offset: number | null,
  notification: object,
  more: object = {},
): InboxMessage => ({
  // A message that was not kept has no offset; the type is for messages of a log, which all have one.
  offset: offset as number,
  id: `${offset}`,
  time: "2026-01-02T03:04:05.000Z",
  source: "app",
  seen_at: null,
  read_at: null,
  archived_at: null,
  notification,
  ...more,
});

/** Returns a notification of a time; the newest must have the highest offset. */
export const dated = (offset: number, time: string, more: object = {}): InboxMessage =>
  messageOf(offset, { title: `At ${time}` }, { time, ...more });

/** Returns a snapshot of such an inbox. */
export function snapshotOf(
  cursor: string | null,
  notifications: readonly InboxMessage[],
  isLoaded = true,
): InboxSnapshot {
  const unread = notifications.filter((one) => !one.read_at).length;
  const counts = { unread, unseen: unread, total: notifications.length };
  return { isLoaded, cursor, notifications, counts, hasMore: false };
}

export interface OwnInbox {
  screen: Screen;
  /** Sets the snapshot, then calls the message listeners with each of `arrived`. */
  tell(snapshot: InboxSnapshot, ...arrived: object[]): Promise<void>;
  /** The calls of the inbox so far, such as `unarchive 1`. */
  calls(): Promise<string[]>;
}

/** Opens a page whose element, or elements, have such an inbox. */
export async function visitOwnInbox(
  stage: Stage,
  snapshot: InboxSnapshot,
  {
    html = pageOf("<belfry-inbox></belfry-inbox>"),
    options = {},
    prepare,
  }: {
    html?: string;
    options?: Parameters<typeof visit>[1];
    prepare?: Parameters<typeof visit>[3];
  } = {},
): Promise<OwnInbox> {
  stage.site.html = html;
  const screen = await visit(stage, options, undefined, prepare);
  await hold(screen, { snapshot });
  return {
    screen,
    tell: (snapshot, ...arrived) => hold(screen, { snapshot }, arrived),
    calls: () =>
      screen.page.evaluate(() =>
        [...document.querySelectorAll("belfry-inbox")].flatMap(
          (host) => (host as HTMLElement & { own?: { calls: string[] } }).own?.calls ?? [],
        ),
      ),
  };
}

export const inlinePage = (stage: Stage, attributes = "") => {
  stage.site.html = pageOf("").replace(
    "</main>",
    `<belfry-inbox inline ${attributes}></belfry-inbox></main>`,
  );
};

/** Sets an inbox with these messages on each element; a second call changes its messages. */
export async function giveInbox(
  screen: Screen,
  {
    messages,
    older = [],
    total = messages.length,
    now,
  }: {
    messages: InboxMessage[];
    /** Older messages, a page for each `loadMore`. */
    older?: InboxMessage[][];
    total?: number;
    /** The hub's clock; absent: the inbox has none. */
    now?: number;
  },
): Promise<void> {
  const plain = snapshotOf("e:9", messages);
  const counts = { ...plain.counts, total };
  await hold(screen, { snapshot: { ...plain, counts, hasMore: older.length > 0 }, older, now });
}

interface Held {
  snapshot: InboxSnapshot;
  older?: InboxMessage[][];
  now?: number | undefined;
}

/** Sets the content of each element's inbox, which the first call creates. */
async function hold(screen: Screen, held: Held, arrived: object[] = []): Promise<void> {
  await screen.page.evaluate(
    ([first, arrived]) => {
      interface Own {
        calls: string[];
        set(held: Held, arrived: object[]): void;
      }
      const makeInbox = (host: Element): Own => {
        let held = first;
        const changed = new Set<() => void>();
        const onMessage = new Set<(message: object) => void>();
        const calls: string[] = [];
        const listen = <Listener>(set: Set<Listener>, listener: Listener) => {
          set.add(listener);
          return () => set.delete(listener);
        };
        const set = (next: Held, arrived: object[]) => {
          held = next;
          for (const listener of [...changed]) listener();
          for (const message of arrived) for (const listener of [...onMessage]) listener(message);
        };
        const marks = ["markRead", "markUnread", "markAllRead", "markAllSeen", "archive"];
        const client = {
          ...Object.fromEntries(
            [...marks, "unarchive"].map((name) => [
              name,
              async (...given: unknown[]) => {
                calls.push([name, ...given].join(" "));
              },
            ]),
          ),
          getSnapshot: () => held.snapshot,
          subscribe: (listener: () => void) => listen(changed, listener),
          onMessage: (listener: (message: object) => void) => listen(onMessage, listener),
          async loadMore() {
            const { snapshot } = held;
            const [page = [], ...older] = held.older ?? [];
            const notifications = [...snapshot.notifications, ...page];
            const hasMore = older.length > 0;
            set({ ...held, snapshot: { ...snapshot, notifications, hasMore }, older }, []);
          },
          ...(first.now === undefined ? {} : { now: () => held.now }),
        };
        return Object.assign(host, { client, own: { calls, set } }).own;
      };
      for (const host of document.querySelectorAll<HTMLElement & { own?: Own }>("belfry-inbox"))
        if (host.own) host.own.set(first, arrived);
        else host.own = makeInbox(host);
    },
    [held, arrived] as const,
  );
}
