// belfry/inbox: a user's inbox as a store for any framework, with `getSnapshot` and `subscribe`.

import type { MessagesFrame } from "../protocol/down.ts";
import type { Counts, InboxMessage, LogMessage } from "../protocol/message.ts";
import type { Client } from "./client.ts";
import type { Cancel } from "./environment.ts";
import { sayFarewell } from "./farewell.ts";
import { type Cursor, Follower } from "./follower.ts";
import { type InboxSnapshot, InboxView, NOTHING } from "./inbox-view.ts";
import { type Listener, listen, tell } from "./listeners.ts";
import { type Mark, marked } from "./marks.ts";

type Offsets = number | readonly number[];

/** Longest delay a timer takes. */
const TIMER_MS_MAX = 1e9;
const PAGE_MESSAGES = 50;
/** Most offsets in one frame. */
const OFFSETS_MAX = 1_000;
/** The offset of a mark that the hub has not answered. */
const UNCONFIRMED = Infinity;

const inboxes = new WeakMap<Client, Inbox>();

/** Returns the inbox of a client's user, the same one at every call. The first call connects. */
export function inbox(client: Client): Inbox {
  const known = inboxes.get(client) ?? new Inbox(client);
  inboxes.set(client, known);
  return known;
}

/** Returns the inbox if `inbox` has made it. A render must not make it, since that connects. */
export function usedInbox(client: Client): Inbox | undefined {
  return inboxes.get(client);
}

export class Inbox {
  readonly #client: Client;
  #view = new InboxView();
  readonly #follower: Follower;
  readonly #marks = new Set<Mark>();
  readonly #onChange = new Set<Listener<InboxSnapshot>>();
  readonly #onMessage = new Set<Listener<LogMessage>>();
  /** The next page of older messages ends before this offset; null when there is none. */
  #before: number | null = 0;
  /** The epoch of the messages held. */
  #epoch: string | null = null;
  /** False after the end of a token, until the hub accepts another of the same user. */
  #isShown = true;
  /** Milliseconds by which the hub's clock is ahead of the device's. */
  #aheadMs = 0;
  #snapshot = NOTHING;
  #cancelExpiry: Cancel = () => undefined;

  constructor(client: Client) {
    this.#client = client;
    this.#follower = new Follower(null, (step, fresh, isMove) => this.#show(step, fresh, isMove));
    const { environment } = client;
    let isAside = false;
    client.onStatus((status) => {
      const wasAside = isAside;
      isAside = status.state === "waiting" && status.until === null;
      if (isAside && !wasAside) sayFarewell(client);
    });
    client.followInbox({
      follower: this.#follower,
      connected: (frame) => {
        const { epoch, offset, recovered, time } = frame;
        this.#isShown = true;
        if (time) this.#aheadMs = Date.parse(time) - environment.now();
        // Otherwise a step follows, with the counts of the messages held by then.
        if (!recovered || this.#follower.since !== `${epoch}:${offset}`) return;
        this.#view.apply({ ...frame, messages: [] }, this.now());
        this.#changed();
      },
      hide: (isForGood) => {
        this.#isShown = false;
        if (isForGood) {
          this.#follower.cursor = this.#epoch = null;
          this.#view = new InboxView();
          this.#before = 0;
        }
        this.#changed();
      },
    });
  }

  // Bound, since `useSyncExternalStore` and the like take them as bare functions.
  readonly getSnapshot = (): InboxSnapshot => this.#snapshot;
  readonly subscribe = (listener: Listener<InboxSnapshot>): (() => void) =>
    // Reads the newest snapshot, which an earlier listener may have changed.
    listen(this.#onChange, () => listener(this.#snapshot));

  /** Returns the time in milliseconds by the hub's clock, even if the device's clock is wrong. */
  now(): number {
    return this.#client.environment.now() + this.#aheadMs;
  }

  /**
   * Calls the listener once for each message that arrives after the inbox was loaded, also for those missed
   * while offline: check `seen_at` before a toast or a sound. Returns a function that removes the listener.
   */
  onMessage(listener: Listener<LogMessage>): () => void {
    return listen(this.#onMessage, listener);
  }

  markRead(offsets: Offsets): Promise<void> {
    return this.#markEach("read", offsets);
  }

  markUnread(offsets: Offsets): Promise<void> {
    return this.#markEach("unread", offsets);
  }

  markSeen(offsets: Offsets): Promise<void> {
    return this.#markEach("seen", offsets);
  }

  /**
   * Marks as read all messages up to the newest that this device knows, older ones that are not loaded
   * included. One that arrives just now stays unread.
   */
  markAllRead(): Promise<void> {
    return this.#mark("read", { up_to: this.#follower.cursor?.offset ?? 0 });
  }

  markAllSeen(): Promise<void> {
    return this.#mark("seen", { up_to: this.#follower.cursor?.offset ?? 0 });
  }

  archive(offsets: Offsets): Promise<void> {
    return this.#markEach("archive", offsets);
  }

  unarchive(offsets: Offsets): Promise<void> {
    return this.#markEach("unarchive", offsets);
  }

  /** Deletes messages. Their content is gone at once, on every device. */
  delete(offsets: Offsets): Promise<void> {
    return this.#markEach("delete", offsets);
  }

  /** Loads a page of older messages. */
  async loadMore(): Promise<void> {
    const before = this.#before;
    // Without a `before` the hub would begin with the newest again.
    if (before === null) return;
    const page = await this.#client.request("history", { before, limit: PAGE_MESSAGES });
    const cursor = this.#follower.cursor as Cursor;
    const [epoch, at] = (page.cursor as string).split(":");
    // Another call has loaded the page already, or a snapshot has replaced the messages it continues.
    if (before !== this.#before || epoch !== cursor.epoch) return;
    // Over an event stream the page comes by a separate call, and may be older than steps applied since.
    if (Number(at) < cursor.offset) return this.loadMore();
    for (const message of page.notifications as InboxMessage[])
      this.#view.held.set(message.offset as number, message);
    this.#before = page.next as number | null;
    this.#changed();
  }

  /** Marks messages by offsets, at most OFFSETS_MAX in a frame. Throws if one is no offset. */
  async #markEach(type: Mark["type"], offsets: Offsets): Promise<void> {
    const all = [offsets].flat();
    for (const offset of all)
      if (!Number.isSafeInteger(offset) || offset < 0)
        throw new TypeError(`${String(offset)} is no offset: a whole number from 0`);
    const marks: Promise<void>[] = [];
    while (all.length) marks.push(this.#mark(type, { offsets: all.splice(0, OFFSETS_MAX) }));
    await Promise.all(marks);
  }

  /** Shows a mark at once; removes it and throws if the hub refuses it. */
  async #mark(type: Mark["type"], target: Mark["target"]): Promise<void> {
    const time = new Date(this.now()).toISOString();
    const mark: Mark = { type, target, time, offset: UNCONFIRMED };
    this.#marks.add(mark);
    this.#changed();
    try {
      const epoch = this.#follower.cursor?.epoch ?? "0";
      const reply = await this.#client.request(type, { epoch, ...target });
      // The reply has no offset if all the messages were gone already.
      mark.offset = (reply.offset as number) ?? 0;
    } catch (cause) {
      this.#marks.delete(mark);
      throw cause;
    } finally {
      this.#changed();
    }
  }

  #show(step: MessagesFrame, fresh: LogMessage[], isMove: boolean): void {
    const isSameEpoch = step.epoch === this.#epoch;
    // A snapshot is the present state. Its messages are news only to a device that knew the same epoch.
    const isNews = this.#epoch && (isSameEpoch || !step.snapshot);
    if (isMove) {
      if (step.snapshot) this.#begin(step, isSameEpoch);
      this.#epoch = step.epoch;
      this.#view.apply(step, this.now());
      this.#changed();
    }
    // A listener may have ended the session.
    if (isNews) for (const message of fresh) if (this.#isShown) tell(this.#onMessage, message);
  }

  #begin({ messages, to }: MessagesFrame, isSameEpoch: boolean): void {
    this.#before = messages[0]?.offset ?? to;
    // The snapshot includes all confirmed marks, and a mark of another epoch names other messages.
    for (const mark of this.#marks)
      if (mark.offset < UNCONFIRMED || !isSameEpoch) this.#marks.delete(mark);
  }

  #changed(): void {
    const { after } = this.#client.environment;
    const { cursor } = this.#follower;
    for (const mark of this.#marks)
      if (cursor && mark.offset <= cursor.offset) this.#marks.delete(mark);
    const endsAt = this.#view.expire(this.now());
    this.#cancelExpiry();
    if (endsAt < Infinity)
      this.#cancelExpiry = after(Math.min(endsAt - this.now(), TIMER_MS_MAX), () =>
        this.#changed(),
      );
    const before = this.#snapshot;
    this.#snapshot = this.#build();
    if (this.#snapshot !== before) tell(this.#onChange, this.#snapshot);
  }

  #build(): InboxSnapshot {
    if (!this.#isShown || !this.#follower.cursor) return NOTHING;
    const { held, counts } = this.#view;
    const isListed = ({ archived_at }: InboxMessage) => !archived_at;
    const all = [...held.values()].sort((a, b) => (b.offset as number) - (a.offset as number));
    const notifications = all
      .flatMap((message) => marked(message, this.#marks) ?? [])
      .filter(isListed);
    return {
      isLoaded: true,
      cursor: this.#follower.since,
      notifications,
      counts,
      hasMore: this.#before !== null && all.filter(isListed).length < counts.total,
    };
  }
}

export type { Notification, NotificationAction } from "../protocol/message.ts";
export type { Counts, InboxMessage, InboxSnapshot, LogMessage };
