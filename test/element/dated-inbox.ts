// An inbox of the app's own with times and pages: for what a hub cannot be brought to, such as another day.

import type { InboxMessage } from "../../src/client/inbox.ts";
import { pageOf } from "./site.ts";
import type { Screen, Stage } from "./stage.ts";

/** A notification of a time; the newest has the highest offset. */
export const dated = (offset: number, time: string, more: object = {}): InboxMessage => ({
  id: `${offset}`,
  offset,
  time,
  source: "app",
  seen_at: null,
  read_at: null,
  archived_at: null,
  notification: { title: `At ${time}` },
  ...more,
});

export interface Own {
  messages: InboxMessage[];
  /** Of the older ones, a page for each `loadMore`. */
  older?: InboxMessage[][];
  total?: number;
  /** The hub's clock; absent: the inbox has none. */
  now?: number;
}

export const inlinePage = (stage: Stage, attributes = "") => {
  stage.site.html = pageOf("").replace(
    "</main>",
    `<belfry-inbox inline ${attributes}></belfry-inbox></main>`,
  );
};

/** Gives the element an inbox that holds these; again, to change what it holds. */
export async function giveInbox(screen: Screen, own: Own): Promise<void> {
  await screen.host.evaluate((host, own) => {
    const held = host as HTMLElement & { own?: { set(own: Own): void }; client?: object };
    if (held.own) return held.own.set(own);
    let current = own;
    let changed = () => undefined as unknown;
    const none = async () => undefined;
    const snapshotOf = ({ messages, older = [], total }: Own) => ({
      isLoaded: true,
      cursor: "e:9",
      notifications: messages,
      counts: { unread: 1, unseen: 0, total: total ?? messages.length },
      hasMore: older.length > 0,
    });
    let snapshot = snapshotOf(own);
    const set = (next: Own) => {
      current = next;
      snapshot = snapshotOf(next);
      changed();
    };
    held.own = { set };
    held.client = {
      ...Object.fromEntries(
        ["markRead", "markUnread", "markAllRead", "markAllSeen", "archive", "unarchive"].map(
          (name) => [name, none],
        ),
      ),
      getSnapshot: () => snapshot,
      subscribe(listener: () => unknown) {
        changed = listener;
        return () => undefined;
      },
      onMessage: () => () => undefined,
      async loadMore() {
        const [page = [], ...older] = current.older ?? [];
        set({ ...current, messages: [...current.messages, ...page], older });
      },
      ...(own.now === undefined ? {} : { now: () => current.now }),
    };
  }, own);
}
