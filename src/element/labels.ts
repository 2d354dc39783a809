// The labels: all words of the element, in English. An app replaces any of them; a label that depends on
// a number is a function, since languages have other plurals.

import type { Counts } from "../client/inbox.ts";

export interface Labels {
  /** The heading. */
  title: string;
  /** The accessible name of the bell, with the exact number. */
  bell(count: number, kind: keyof Counts): string;
  /** The text of the badge for that number. */
  badge(count: number): string;
  all: string;
  unread: string;
  /** The name of a category, or of the topic of a message without a category. */
  category(name: string): string;
  markAllRead: string;
  markRead: string;
  markUnread: string;
  /** The button that shows a cut text in full; `showLess` cuts it again. */
  showMore: string;
  showLess: string;
  archive: string;
  archived: string;
  undo: string;
  loadMore: string;
  loading: string;
  /** Shown in place of an empty list. */
  empty: string;
  /** Shown in place of an empty list in a tab other than "all". */
  emptyTab: string;
  /** The button that scrolls up to new notifications. */
  arrivedAbove(count: number): string;
  /** Read out when notifications arrive; `title` is that of the first. */
  arrived(count: number, title: string): string;
  /** The title of a notification without any visible text. */
  untitled: string;
  dismiss: string;
  close: string;
  offline: string;
  /** Shown while connecting, until the list was loaded for the first time. */
  connecting: string;
  reconnecting: string;
  /** Shown when the client is closed: it does not reconnect by itself. */
  disconnected: string;
  signedOut: string;
  retry: string;
  /** Shown when an action has failed. */
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
