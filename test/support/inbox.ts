// The requests of tests to an inbox: a page, a mark, a publish; and a device with its view.

import { expect } from "vitest";
import type { Inbox } from "../../src/inbox/inbox.ts";
import type { Draft, Outcome } from "../../src/log/entry.ts";
import type { Asker, ListQuery, Mark } from "../../src/objects/inbox-rpc.ts";
import { parseCursor, type Since } from "../../src/protocol/cursor.ts";
import type { ConnectedFrame, MessagesFrame, StateChange } from "../../src/protocol/down.ts";
import type { Refusal } from "../../src/protocol/error.ts";
import type { Counts, InboxMessage } from "../../src/protocol/message.ts";
import { connect, drafts, freshInbox, type ObjectSocket, type Stub } from "./object.ts";
import { View } from "./view.ts";

export interface Page {
  notifications: InboxMessage[];
  counts: Counts;
  cursor: string;
  next: number | null;
  states?: StateChange[];
  removed?: number[];
  oldest?: number;
  recovered?: boolean;
}

/** Returns a page of an inbox, archived messages too unless the query says otherwise. */
export async function list(
  stub: DurableObjectStub<Inbox>,
  query: Partial<ListQuery> = {},
): Promise<Page> {
  const all = { limit: 100, before: null, state: "all" as const, category: null, since: null };
  return JSON.parse((await stub.list({ ...all, ...query }, "backend")) as string) as Page;
}

/** Returns the listed offsets of all pages, lowest first. */
export async function offsetsOf(stub: DurableObjectStub<Inbox>): Promise<number[]> {
  const offsets: number[] = [];
  for (let before: number | null = null; ; ) {
    const page: Page = await list(stub, { before });
    offsets.push(...page.notifications.map(({ offset }) => offset as number));
    if (page.next === null) return offsets.reverse();
    before = page.next;
  }
}

export interface Marked {
  changed: boolean;
  epoch: string;
  offset: number;
  counts: Counts;
}

/** Marks the messages at the offsets, or up to one offset where the target is a number. */
export async function mark(
  stub: DurableObjectStub<Inbox>,
  target: number[] | number,
  change: Omit<Mark, "epoch" | "target">,
  asker: Asker = "backend",
): Promise<Marked> {
  const result = await stub.mark(
    {
      epoch: null,
      target: typeof target === "number" ? { upTo: target } : { offsets: target },
      ...change,
    },
    asker,
  );
  if (typeof result !== "string") throw new Error(`refused: ${(result as Refusal).code}`);
  return JSON.parse(result) as Marked;
}

/** Publishes one draft that must be stored; returns its outcome. */
export async function publish(
  stub: Stub,
  draft: Draft,
): Promise<Extract<Outcome, { offset: number | null }>> {
  const [outcome] = await stub.publish([draft]);
  if (outcome === undefined || !("offset" in outcome)) throw new Error(outcome?.status ?? "none");
  return outcome;
}

/** A device: it connects with its view's cursor, and applies frames by the rules. */
export class Device {
  readonly view = new View();
  socket: ObjectSocket | null = null;
  /** The `connected` frame of the open connection, or of the last one. */
  connected: ConnectedFrame | null = null;
  /** Every `messages` frame of that connection, in order. */
  readonly frames: MessagesFrame[] = [];

  /** Connects with the view's cursor, and without `since` when there is none. */
  async connect(stub: Stub): Promise<void> {
    const { cursor } = this.view;
    const since: Since = cursor === null ? "snapshot" : (parseCursor(cursor) as Since);
    this.socket = await connect(stub, since, { exp: null });
    this.frames.length = 0;
    this.connected = await this.socket.nextOf("connected");
    this.view.connected(this.connected);
    await this.settle();
  }

  /** Applies every frame sent so far; each must continue from the cursor. */
  async settle(): Promise<void> {
    await this.socket?.roundTrip();
    for (const frame of this.socket?.frames.splice(0) ?? []) {
      if (frame.type !== "messages") continue;
      this.frames.push(frame);
      expect(this.view.apply(frame)).toBe(true);
    }
  }

  async drop(): Promise<void> {
    this.socket?.ws.close();
    await this.socket?.nextClose();
    this.socket = null;
  }
}

/** Returns the `messages` frames sent so far. */
export async function messagesOf(socket: ObjectSocket): Promise<MessagesFrame[]> {
  await socket.roundTrip();
  return socket.frames.splice(0).filter((frame) => frame.type === "messages");
}

/** Returns an inbox with so many messages; the `data` of each is its offset. */
export async function filled(count: number) {
  const stub = freshInbox();
  await stub.publish(drafts(count));
  const { cursor } = await list(stub);
  return { stub, epoch: cursor.split(":")[0] as string };
}

/** The cursor of an epoch and an offset. */
export const at = (epoch: string, offset: number) => ({ epoch, offset });

/** Returns the whole numbers of a range, both ends included. */
export const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
