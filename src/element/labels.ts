// Every word that the element says, in English. An app replaces what it likes; what depends on a
// number is a function, since languages have other plurals.

import type { Counts } from "../client/inbox.ts";

export interface Labels {
  /** The heading. */
  title: string;
  /** What the bell is called: the exact number. */
  bell(count: number, kind: keyof Counts): string;
  /** What the badge shows of that number. */
  badge(count: number): string;
  all: string;
  unread: string;
  /** A category, and the topic of what has none. */
  category(name: string): string;
  markAllRead: string;
  markRead: string;
  markUnread: string;
  /** Shows a text that is cut in full, and cut again. */
  showMore: string;
  showLess: string;
  archive: string;
  archived: string;
  undo: string;
  loadMore: string;
  loading: string;
  /** Nothing is there at all. */
  empty: string;
  /** Nothing is there in this tab. */
  emptyTab: string;
  /** The button that leads up to what has arrived above. */
  arrivedAbove(count: number): string;
  /** Read out when something arrives; `title` is that of the only one. */
  arrived(count: number, title: string): string;
  /** The title of what has none. */
  untitled: string;
  dismiss: string;
  close: string;
  offline: string;
  /** Before it was connected for the first time. */
  connecting: string;
  reconnecting: string;
  /** It does not come back by itself. */
  disconnected: string;
  signedOut: string;
  retry: string;
  /** What was asked for could not be done. */
  failed: string;
}

export const ENGLISH: Labels = {
  title: "Notifications",
  bell: (count, kind) =>
    count ? `Notifications, ${count} ${kind === "unseen" ? "new" : "unread"}` : "Notifications",
  badge: (count) => (count > 99 ? "99+" : `${count}`),
  all: "All",
  unread: "Unread",
  category: (name) => name,
  markAllRead: "Mark all as read",
  markRead: "Mark as read",
  markUnread: "Mark as unread",
  showMore: "Show more",
  showLess: "Show less",
  archive: "Archive",
  archived: "Archived",
  undo: "Undo",
  loadMore: "Load more",
  loading: "Loading…",
  empty: "You’re all caught up",
  emptyTab: "Nothing here",
  arrivedAbove: (count) => `${count} new`,
  arrived: (count, title) =>
    count === 1 ? `New notification: ${title}` : `${count} new notifications`,
  untitled: "Notification",
  dismiss: "Dismiss",
  close: "Close",
  offline: "You’re offline.",
  connecting: "Connecting…",
  reconnecting: "Reconnecting…",
  disconnected: "Disconnected.",
  signedOut: "Sign in to see your notifications.",
  retry: "Try again",
  failed: "That did not work.",
};
