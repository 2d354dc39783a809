// A message as a backend sends it and as a follower receives it.

/** One button of a notification (W3C Notifications API §2), with the URL that it opens. */
export interface NotificationAction {
  action: string;
  title: string;
  url?: string;
}

/** The part of a message meant for a person's eyes: the W3C Notification dictionary, plus `url`. */
export interface Notification {
  title?: string;
  body?: string;
  icon?: string;
  image?: string;
  tag?: string;
  lang?: string;
  dir?: "auto" | "ltr" | "rtl";
  actions?: NotificationAction[];
  /** The URL that a click opens: http, https or relative. */
  url?: string;
}

/** The urgency of a message (RFC 8030 §5.3). */
export type Urgency = "very-low" | "low" | "normal" | "high";

/** The source of the hub's own messages, which no other publisher may use. */
export const HUB_SOURCE = "belfry";

/**
 * A message as it is published. Every field may be absent, but not all of `type`, `data` and
 * `notification`.
 */
export interface Message {
  /** Makes a publish safe to repeat, together with `source`; 1 to 255 bytes. */
  id?: string;
  type?: string;
  source?: string;
  category?: string;
  notification?: Notification;
  data?: unknown;
  /**
   * Seconds that the message is worth keeping (RFC 8030 §5.2); 0 for connected clients only, unstored.
   */
  ttl?: number;
  urgency?: Urgency;
  /** A connection (`c_…`) that does not receive the message live: the sender's own. Topics only. */
  exclude?: string;
}

/** The content of a message: it must have one of the three. */
export type Content = { type: string } | { data: unknown } | { notification: Notification };

/** A message as an app writes it: without content it does not compile. */
export type NewMessage = Message & Content;

/** The destination of a message. */
export type Address = `user:${string}` | `topic:${string}`;

/** The hub's record of a published message. */
export interface Stored {
  id: string;
  /** Null for a message with `ttl: 0`, which is kept nowhere. */
  offset: number | null;
  epoch: string;
  /** Whether the message had been stored before, by a publish with the same id. */
  duplicate: boolean;
}

/** The three independent flags of an inbox's message, each as its own time (RFC 3339) or null. */
export interface MessageState {
  seen_at: string | null;
  read_at: string | null;
  archived_at: string | null;
}

/** A message in a log. `offset` is null when it was sent live only (`ttl: 0`). */
export interface LogMessage extends Omit<Message, "id" | "ttl" | "exclude"> {
  id: string;
  offset: number | null;
  time: string;
  source: string;
  /** When the message ends by its own `ttl`. */
  expires?: string;
  /** In an inbox: the followed topic it came from, and its offset there. */
  topic?: string;
  topic_offset?: number | null;
}

/** A notification as an inbox keeps it. */
export type InboxMessage = LogMessage & MessageState & { offset: number };

/** The counts of an inbox, without expired messages. Archived messages are in none of the three. */
export interface Counts {
  unread: number;
  unseen: number;
  total: number;
}

/** The states by which a list of an inbox can be filtered. */
export const LIST_STATES = ["unread", "unseen", "read", "archived", "all"] as const;
export type ListState = (typeof LIST_STATES)[number];
