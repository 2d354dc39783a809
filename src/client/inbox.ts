// belfry/inbox: a user's inbox as a store, for any framework: `getSnapshot` and `subscribe`.

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
/** Offsets in one frame. */
const OFFSETS_MAX = 1_000;
/** The offset of a mark that the hub has not answered. */
const UNCONFIRMED = Infinity;

const inboxes = new WeakMap<Client, Inbox>();

/** The inbox of a client's user; of one client there is one. */
export function inbox(client: Client): Inbox {
  const known = inboxes.get(client) ?? new Inbox(client);
  inboxes.set(client, known);
  return known;
}

/** The inbox if it is in use: who renders must not make it, since that connects. */
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
  /** Where the next older page ends; null when there is none. */
  #before: number | null = 0;
  /** The epoch of what is held. */
  #epoch: string | null = null;
  /** False after the end of a token, until the hub takes another of the same user. */
  #isShown = true;
  /** How far the hub's clock is ahead of ours. */
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
        // Otherwise a step follows, and says it of what is held by then.
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
    // The newest, also where a listener before this one has changed it.
    listen(this.#onChange, () => listener(this.#snapshot));

  /** Milliseconds by the hub's clock, whatever the device's clock says. */
  now(): number {
    return this.#client.environment.now() + this.#aheadMs;
  }

  /** Tells of each message that arrives, once: for toasts and sounds. */
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

  /** All that this device knows of: what comes in the same moment stays unread. */
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

  /** The content is gone at once, on every device. */
  delete(offsets: Offsets): Promise<void> {
    return this.#markEach("delete", offsets);
  }

  /** Loads a page of older messages. */
  async loadMore(): Promise<void> {
    const before = this.#before;
    // The hub would begin with the newest again.
    if (before === null) return;
    const page = await this.#client.request("history", { before, limit: PAGE_MESSAGES });
    const cursor = this.#follower.cursor as Cursor;
    const [epoch, at] = (page.cursor as string).split(":");
    // Asked for twice at once, or meant for what a snapshot has replaced.
    if (before !== this.#before || epoch !== cursor.epoch) return;
    // Over an event stream a page goes its own way, and may come after steps that it does not know of.
    if (Number(at) < cursor.offset) return this.loadMore();
    for (const message of page.notifications as InboxMessage[])
      this.#view.held.set(message.offset as number, message);
    this.#before = page.next as number | null;
    this.#changed();
  }

  /** Marks by offsets, in as many frames as the hub takes them in. */
  async #markEach(type: Mark["type"], offsets: Offsets): Promise<void> {
    const all = [offsets].flat();
    for (const offset of all)
      if (!Number.isSafeInteger(offset) || offset < 0)
        throw new TypeError(`${String(offset)} is no offset: a whole number from 0`);
    const marks: Promise<void>[] = [];
    while (all.length) marks.push(this.#mark(type, { offsets: all.splice(0, OFFSETS_MAX) }));
    await Promise.all(marks);
  }

  /** Shows a mark at once, and takes it back when the hub refuses it. */
  async #mark(type: Mark["type"], target: Mark["target"]): Promise<void> {
    const time = new Date(this.now()).toISOString();
    const mark: Mark = { type, target, time, offset: UNCONFIRMED };
    this.#marks.add(mark);
    this.#changed();
    try {
      const epoch = this.#follower.cursor?.epoch ?? "0";
      const reply = await this.#client.request(type, { epoch, ...target });
      // None where all of it was gone already.
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
    // A snapshot is how things are. It is news only beside what was known of the same epoch.
    const isNews = this.#epoch && (isSameEpoch || !step.snapshot);
    if (isMove) {
      if (step.snapshot) this.#begin(step, isSameEpoch);
      this.#epoch = step.epoch;
      this.#view.apply(step, this.now());
      this.#changed();
    }
    // What was told of may have ended the session.
    if (isNews) for (const message of fresh) if (this.#isShown) tell(this.#onMessage, message);
  }

  #begin({ messages, to }: MessagesFrame, isSameEpoch: boolean): void {
    this.#before = messages[0]?.offset ?? to;
    // It has all that is confirmed; and a mark of another epoch names other messages.
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
