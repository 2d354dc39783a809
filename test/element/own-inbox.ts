// An inbox of the app's own, which says exactly what a test has it say, in the order it says it.

import { pageOf } from "./site.ts";
import { type Screen, type Stage, visit } from "./stage.ts";

interface Shown {
  offset: number | null;
  id: string;
  time: string;
  read_at: string | null;
  archived_at: string | null;
}

/** A message of such an inbox. */
export const messageOf = (offset: number | null, notification: object, more: object = {}) => ({
  offset,
  id: `${offset}`,
  time: "2026-01-02T03:04:05.000Z",
  source: "app",
  seen_at: null,
  read_at: null,
  archived_at: null,
  notification,
  ...more,
});

/** A snapshot of it. */
export function snapshotOf(cursor: string | null, notifications: Shown[], isLoaded = true): object {
  const unread = notifications.filter((one) => !one.read_at).length;
  const counts = { unread, unseen: unread, total: notifications.length };
  return { isLoaded, cursor, notifications, counts, hasMore: false };
}

export interface OwnInbox {
  screen: Screen;
  /** Shows a snapshot; then says that each of these has arrived. */
  tell(snapshot: object, ...arrived: object[]): Promise<void>;
  /** The calls of the inbox so far, such as `unarchive 1`. */
  calls(): Promise<string[]>;
}

/** Visits a page whose element, or elements, have such an inbox. */
export async function visitOwnInbox(
  stage: Stage,
  snapshot: object,
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
  await screen.page.evaluate((first) => {
    const inboxes = [...document.querySelectorAll("belfry-inbox")].map((host) => {
      let snapshot = first;
      const changed = new Set<() => void>();
      const arrived = new Set<(message: object) => void>();
      const calls: string[] = [];
      const call =
        (name: string) =>
        async (...given: unknown[]) => {
          calls.push([name, ...given].join(" "));
        };
      const listen = <Listener>(set: Set<Listener>, listener: Listener) => {
        set.add(listener);
        return () => set.delete(listener);
      };
      const names = ["markRead", "markUnread", "markAllRead", "markAllSeen"];
      const client = {
        getSnapshot: () => snapshot,
        subscribe: (listener: () => void) => listen(changed, listener),
        onMessage: (listener: (message: object) => void) => listen(arrived, listener),
        ...Object.fromEntries(
          [...names, "archive", "unarchive", "loadMore"].map((name) => [name, call(name)]),
        ),
      };
      Object.assign(host, { client });
      return {
        calls,
        tell(next: object, messages: object[]) {
          snapshot = next;
          for (const listener of [...changed]) listener();
          for (const message of messages) for (const listener of [...arrived]) listener(message);
        },
      };
    });
    Object.assign(window, { inboxes });
  }, snapshot);
  type Own = { calls: string[]; tell(next: object, messages: object[]): void };
  const inboxes = "inboxes";
  return {
    screen,
    tell: (next, ...messages) =>
      screen.page.evaluate(
        ([name, next, messages]) => {
          for (const one of Reflect.get(window, name) as Own[]) one.tell(next, messages);
        },
        [inboxes, next, messages] as const,
      ),
    calls: () =>
      screen.page.evaluate(
        (name) => (Reflect.get(window, name) as Own[]).flatMap(({ calls }) => calls),
        inboxes,
      ),
  };
}
