// The inbox as a store: its messages, its counts, and marks that it shows before they are confirmed.

import { expect, it } from "vitest";
import { type Inbox, inbox } from "../../src/client/inbox.ts";
import type { MessagesFrame } from "../../src/protocol/down.ts";
import { type Clock, connect, messageAt, settled, simulate, step } from "./simulation.ts";

const counts = (unread: number, unseen = unread, total = unread) => ({ unread, unseen, total });
const snapshot = (to: number, members: Partial<MessagesFrame> = {}) =>
  step(null, to, { oldest: 0, counts: counts(to), ...members });

const shownOf = (store: Inbox) => store.getSnapshot().notifications.map(({ offset }) => offset);
const unreadOf = (store: Inbox) =>
  store.getSnapshot().notifications.flatMap(({ offset, read_at }) => (read_at ? [] : [offset]));

/** An inbox that has reached the offset `to`. */
async function loaded(to = 3, members: Partial<MessagesFrame> = {}) {
  const simulated = simulate();
  const store = inbox(simulated.client);
  const arrived: unknown[] = [];
  store.onMessage(({ data }) => arrived.push(data));
  const line = await connect(simulated, { offset: to });
  line.say(snapshot(to, members));
  return { ...simulated, store, line, arrived };
}

/** An ISO time `ms` after now. */
const inMs = (clock: Clock, ms: number) => new Date(clock.now + ms).toISOString();

it("asks for a snapshot, and shows it newest first", async () => {
  const { client, hub } = simulate();
  const store = inbox(client);
  expect(store.getSnapshot()).toMatchObject({ isLoaded: false, notifications: [] });
  await settled();
  expect(hub.line.offer.since).toBe(null);
  hub.line.connected();
  hub.line.say(snapshot(3));
  expect(store.getSnapshot()).toMatchObject({ isLoaded: true, counts: counts(3), hasMore: false });
  expect(shownOf(store)).toEqual([3, 2, 1]);
  expect(inbox(client)).toBe(store);
});

it("reopens a connection that was opened without the inbox", async () => {
  const simulated = simulate();
  const line = await connect(simulated);
  expect(line.offer.since).toBe("latest");
  inbox(simulated.client);
  await settled();
  expect([line.isClosed, simulated.hub.line.offer.since]).toEqual([true, null]);
});

it("returns the same snapshot until something changes, and then another", async () => {
  const { store, line } = await loaded();
  const before = store.getSnapshot();
  expect(store.getSnapshot()).toBe(before);
  line.say({ type: "pong" });
  expect(store.getSnapshot()).toBe(before);
  const told: unknown[] = [];
  const end = store.subscribe((now) => told.push(now));
  line.say(step(3, 4, { counts: counts(4) }));
  expect(told).toEqual([store.getSnapshot()]);
  expect(store.getSnapshot()).not.toBe(before);
  end();
  line.say(step(4, 5, { counts: counts(5) }));
  expect(told.length).toBe(1);
});

it("reports each message that arrives once, and none that was there before", async () => {
  const { line, arrived } = await loaded();
  const live = messageAt(null, { data: "live" });
  line.say(step(3, 5), step(3, 5), step(5, 5, { messages: [live] }));
  // An unarchived message comes whole, and is not new.
  line.say(step(5, 6, { messages: [messageAt(1)] }));
  expect(arrived).toEqual([4, 5, "live"]);
});

it("applies changes, then removals, then messages, and drops messages below the oldest", async () => {
  const { store, line } = await loaded(5);
  line.say(
    step(5, 8, {
      messages: [messageAt(3, { read_at: "2026-01-01T00:00:00.000Z" }), messageAt(7)],
      states: [{ up_to: 4, read_at: "2026-01-02T00:00:00.000Z", changed: 6 }],
      removed: [4, 99],
      oldest: 2,
      counts: counts(2, 2, 4),
    }),
  );
  expect(shownOf(store)).toEqual([7, 5, 3, 2]);
  const byOffset = new Map(store.getSnapshot().notifications.map((each) => [each.offset, each]));
  expect(byOffset.get(2)?.read_at).toBe("2026-01-02T00:00:00.000Z");
  expect(byOffset.get(3)?.read_at).toBe("2026-01-01T00:00:00.000Z");
  expect(store.getSnapshot().counts).toEqual(counts(2, 2, 4));
});

it("[CUR11] comes back with its cursor when a step is missing", async () => {
  const { client, clock, hub, line, store } = await loaded();
  line.say(step(7, 8));
  expect(client.status).toMatchObject({ state: "waiting", reason: { code: "step_missing" } });
  await clock.until(() => hub.lines.length === 2);
  expect(hub.line.offer.since).toBe("e:3");
  hub.line.connected({ offset: 8 });
  hub.line.say(step(3, 8, { counts: counts(8) }));
  expect(shownOf(store)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
});

it("reports a gap, and then holds the messages of the snapshot", async () => {
  const { client, clock, hub, line, store, arrived } = await loaded();
  const gaps: unknown[] = [];
  client.onGap((gap) => gaps.push(gap));
  line.events.lost(1006, "");
  await clock.until(() => hub.lines.length === 2);
  hub.line.connected({ offset: 9, recovered: false });
  expect(gaps).toEqual([{ topic: null, since: "e:3" }]);
  hub.line.say(snapshot(9, { messages: [messageAt(2), messageAt(9)], counts: counts(2) }));
  expect([shownOf(store), arrived]).toEqual([[9, 2], [9]]);
});

it("takes the counts of `connected` only when nothing follows it", async () => {
  const { clock, hub, line, store } = await loaded();
  line.events.lost(1006, "");
  await clock.until(() => hub.lines.length === 2);
  hub.line.connected({ offset: 5, counts: counts(5) });
  expect(store.getSnapshot().counts).toEqual(counts(3));
  hub.line.say(step(3, 5, { counts: counts(5) }));
  hub.line.events.lost(1006, "");
  await clock.until(() => hub.lines.length === 3);
  hub.line.connected({ offset: 5, counts: counts(2), oldest: 4 });
  expect(store.getSnapshot().counts).toEqual(counts(2));
  expect(shownOf(store)).toEqual([5, 4]);
});

it("shows a mark at once, and counts it when the hub does", async () => {
  const { store, line } = await loaded();
  const done = store.markRead(2);
  expect(unreadOf(store)).toEqual([3, 1]);
  expect(store.getSnapshot().counts).toEqual(counts(3));
  expect(line.asked("read")).toMatchObject({ epoch: "e", offsets: [2] });
  // The reply may come before the step: the mark stays shown.
  line.reply("read", { changed: true, epoch: "e", offset: 4, counts: counts(2, 2, 3) });
  await done;
  expect(unreadOf(store)).toEqual([3, 1]);
  const read_at = "2026-01-01T00:00:00.000Z";
  const states = [{ offsets: [2], read_at, seen_at: read_at, changed: 4 }];
  line.say(step(3, 4, { messages: [], states, counts: counts(2, 2, 3) }));
  expect([unreadOf(store), store.getSnapshot().counts]).toEqual([[3, 1], counts(2, 2, 3)]);
  expect(store.getSnapshot().notifications[1]?.read_at).toBe(read_at);
});

it("takes a mark back when the hub refuses it, and says why", async () => {
  const { store, line } = await loaded();
  const done = store.archive([1, 2]);
  expect(shownOf(store)).toEqual([3]);
  line.refuse("archive", "other_epoch");
  await expect(done).rejects.toMatchObject({ code: "other_epoch" });
  expect(shownOf(store)).toEqual([3, 2, 1]);
});

it("each mark shows its effect", async () => {
  const { store, line } = await loaded();
  const marks = [
    () => store.markSeen([3]),
    () => store.markUnread(3),
    () => store.delete([1]),
    () => store.archive(2),
    () => store.unarchive(2),
    () => store.markAllSeen(),
    () => store.markAllRead(),
  ].map((mark) => mark());
  expect(line.sent).toMatchObject([
    { type: "seen", offsets: [3] },
    { type: "unread", offsets: [3] },
    { type: "delete", offsets: [1] },
    { type: "archive", offsets: [2] },
    { type: "unarchive", offsets: [2] },
    { type: "seen", up_to: 3 },
    { type: "read", up_to: 3 },
  ]);
  expect([shownOf(store), unreadOf(store)]).toEqual([[3, 2], []]);
  for (const frame of line.sent)
    line.say({ type: "reply", id: frame.id, changed: true, offset: 9 });
  await Promise.all(marks);
});

it("a mark of no message is not sent", async () => {
  const { store, line } = await loaded();
  const before = store.getSnapshot();
  await Promise.all([store.markSeen([]), store.archive([]), store.delete([])]);
  expect([line.sent, store.getSnapshot() === before]).toEqual([[], true]);
});

it("marking all as read leaves out a message that arrives in the same moment", async () => {
  const { store, line } = await loaded();
  store.markAllRead().catch(() => undefined);
  line.say(step(3, 4, { counts: counts(4) }));
  expect(unreadOf(store)).toEqual([4]);
});

it("an unanswered mark is sent again on the next connection", async () => {
  const { store, line, clock, hub } = await loaded();
  const done = store.markRead(2);
  line.events.lost(1006, "");
  expect(unreadOf(store)).toEqual([3, 1]);
  await clock.until(() => hub.lines.length === 2);
  hub.line.connected({ offset: 4 });
  hub.line.reply("read", { changed: false, epoch: "e", offset: 4 });
  await done;
  expect(unreadOf(store)).toEqual([3, 1]);
});

it("[LOG9] stops showing and counting expired messages", async () => {
  const simulated = simulate();
  const { clock } = simulated;
  const store = inbox(simulated.client);
  const line = await connect(simulated);
  const messages = [
    messageAt(1, { expires: inMs(clock, 5_000) }),
    messageAt(2, { expires: inMs(clock, 9_000), read_at: inMs(clock, 0), seen_at: inMs(clock, 0) }),
    messageAt(3, { expires: inMs(clock, 9_000), archived_at: inMs(clock, 0) }),
    messageAt(4),
  ];
  line.say(snapshot(4, { messages, counts: counts(2, 2, 3) }));
  expect(shownOf(store)).toEqual([4, 2, 1]);
  await clock.pass(5_000);
  expect([shownOf(store), store.getSnapshot().counts]).toEqual([[4, 2], counts(1, 1, 2)]);
  await clock.pass(4_000);
  expect([shownOf(store), store.getSnapshot().counts]).toEqual([[4], counts(1, 1, 1)]);
});

it("no timer goes on after the client is closed", async () => {
  const simulated = simulate();
  const { client, clock } = simulated;
  const store = inbox(client);
  const line = await connect(simulated);
  line.say(snapshot(1, { messages: [messageAt(1, { expires: inMs(clock, 5_000) })] }));
  const done = store.markRead(1);
  client.close();
  await expect(done).rejects.toMatchObject({ code: "closed" });
  expect(clock.timers).toBe(0);
});

it("loads older pages from below the snapshot, not from below a message unarchived since", async () => {
  const page = [50, 51, 52].map((offset) => messageAt(offset));
  const { store, line } = await loaded(52, { messages: page, counts: counts(52) });
  expect(store.getSnapshot().hasMore).toBe(true);
  line.say(step(52, 53, { messages: [messageAt(3)], counts: counts(53) }));
  const more = store.loadMore();
  expect(line.asked("history")).toMatchObject({ before: 50, limit: 50 });
  const notifications = [49, 48].map((offset) => messageAt(offset));
  line.reply("history", { notifications, counts: counts(53), cursor: "e:53", next: 48 });
  await more;
  expect(shownOf(store)).toEqual([52, 51, 50, 49, 48, 3]);
  const last = store.loadMore();
  expect(line.asked("history")).toMatchObject({ before: 48 });
  line.reply("history", { notifications: [], counts: counts(53), cursor: "e:53", next: null });
  await last;
  expect(store.getSnapshot().hasMore).toBe(false);
  await store.loadMore();
  expect(line.sent.length).toBe(2);
});

it("a page that is older than a step does not undo the step", async () => {
  const messages = [4, 5].map((offset) => messageAt(offset));
  const { line, store } = await loaded(5, { messages });
  const more = store.loadMore();
  await settled();
  // Over an event stream the page is a call of its own, which the hub has read before the step.
  const read_at = inMs({ now: 0 } as Clock, 0);
  const states = [{ offsets: [1], read_at, seen_at: read_at, changed: 6 }];
  line.say(step(5, 7, { messages: [], removed: [2], states, counts: counts(3, 3, 4) }));
  const page = [3, 2, 1].map((offset) => messageAt(offset));
  line.reply("history", { notifications: page, next: null, cursor: "e:5" });
  await settled();
  const current = [messageAt(3), messageAt(1, { read_at, seen_at: read_at })];
  line.reply("history", { notifications: current, next: null, cursor: "e:7" });
  await more;
  expect(shownOf(store)).toEqual([5, 4, 3, 1]);
  expect(unreadOf(store)).toEqual([5, 4, 3]);
  expect(store.getSnapshot().hasMore).toBe(false);
});

it("[STA7] counts expired messages as the hub does, by its clock, which may be ahead", async () => {
  const { line, store, clock } = await loaded(1);
  const ending = messageAt(2, { expires: inMs(clock, 10_000) });
  line.say(step(1, 2, { messages: [ending], counts: counts(2) }));
  const later = messageAt(3, { time: inMs(clock, 20_000) });
  line.say(step(2, 3, { messages: [later], counts: counts(2) }));
  expect(shownOf(store)).toEqual([3, 1]);
  await clock.pass(30_000);
  expect(store.getSnapshot().counts).toEqual(counts(2));
});

it("calls made by a listener of a gap are sent once, and their refusals arrive", async () => {
  const { client, clock, hub, line } = await loaded();
  const codes: string[] = [];
  client.onGap(() => {
    const news = client.topic("news");
    news.follow().catch(({ code }) => codes.push(code));
    news.subscribe(() => undefined, { onError: ({ code }) => codes.push(code) });
  });
  line.events.lost(1006, "");
  await clock.until(() => hub.lines.length === 2);
  hub.line.connected({ offset: 9, recovered: false });
  expect(hub.line.sent).toMatchObject([{ type: "follow" }, { type: "subscribe" }]);
  hub.line.refuse("follow", "insufficient_scope");
  hub.line.refuse("subscribe", "insufficient_scope");
  await settled();
  expect(codes).toEqual(["insufficient_scope", "insufficient_scope"]);
});
