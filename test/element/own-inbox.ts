// An inbox of the app's own, which says exactly what a test has it say, in the order it says it: for what a
// hub cannot be brought to, such as another day.

import type { InboxMessage, InboxSnapshot } from "../../src/client/inbox.ts";
import { pageOf } from "./app-site.ts";
import { type Screen, type Stage, visit } from "./stage.ts";

/** A message of such an inbox. */
export const messageOf = (
  offset: number | null,
  notification: object,
  more: object = {},
): InboxMessage => ({
  // What was not kept has none; a log has no such message.
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

/** A notification of a time; the newest has the highest offset. */
export const dated = (offset: number, time: string, more: object = {}): InboxMessage =>
  messageOf(offset, { title: `At ${time}` }, { time, ...more });

/** A snapshot of it. */
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
  /** Shows a snapshot; then says that each of these has arrived. */
  tell(snapshot: InboxSnapshot, ...arrived: object[]): Promise<void>;
  /** The calls of the inbox so far, such as `unarchive 1`. */
  calls(): Promise<string[]>;
}

/** Visits a page whose element, or elements, have such an inbox. */
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

/** Gives the element an inbox that holds these; called again, changes what it holds. */
export async function giveInbox(
  screen: Screen,
  {
    messages,
    older = [],
    total = messages.length,
    now,
  }: {
    messages: InboxMessage[];
    /** Of the older ones, a page for each `loadMore`. */
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

/** Each element of the page holds these, in an inbox that it has from the first call on. */
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
