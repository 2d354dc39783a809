// One user's session in a page: the events that end it, the state shown then, and the data of the next.

import { getEventListeners } from "node:events";
import { afterEach, expect, it, vi } from "vitest";
import { type Inbox, inbox } from "../../src/client/inbox.ts";
import type { Status } from "../../src/client/status.ts";
import type { TokenReason } from "../../src/client/token.ts";
import type { Counts } from "../../src/protocol/message.ts";
import { connect, messageAt, type Page, settled, simulate, step } from "./simulation.ts";

const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
afterEach(() => {
  warn.mockClear();
});

/** A token with the parts that the SDK reads. Its claims have both letters that only base64url has. */
const tokenOf = (sub: string) => {
  const claims = btoa(JSON.stringify({ sub, "?": "~~~" }));
  return `head.${claims.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}.sign`;
};

const counts = (all: number): Counts => ({ unread: all, unseen: all, total: all });
const EMPTY = {
  isLoaded: false,
  cursor: null,
  notifications: [],
  counts: counts(0),
  hasMore: false,
};
const snapshot = (to: number, epoch: string, members = {}) =>
  step(null, to, { oldest: 0, counts: counts(to), epoch, ...members });
const shownOf = (store: Inbox) => store.getSnapshot().notifications.map(({ data }) => data);

/** A page on which Ada is signed in, with a record of its events. */
async function adas(expires_in: number | null = 100) {
  const answers: Partial<Record<TokenReason, () => string | null | Promise<string | null>>> = {};
  const reasons: TokenReason[] = [];
  const simulated = simulate((reason) => {
    reasons.push(reason);
    return (answers[reason] ?? (() => tokenOf("ada")))();
  });
  const { client } = simulated;
  const states: Status["state"][] = [];
  /** The store at the moment when the app heard of the end. */
  const shownAtEnd: unknown[] = [];
  client.onStatus(({ state }) => {
    states.push(state);
    if (state === "closed") shownAtEnd.push(store.getSnapshot());
  });
  const store = inbox(client);
  const told: number[] = [];
  store.subscribe(({ notifications }) => told.push(notifications.length));
  const arrived: unknown[] = [];
  store.onMessage(({ data }) => arrived.push(data));
  const line = await connect(simulated, { expires_in, epoch: "a", offset: 60 });
  const messages = [59, 60].map((offset) => messageAt(offset, { data: `ada ${offset}` }));
  line.say(snapshot(60, "a", { messages }));
  expect(shownOf(store)).toEqual(["ada 60", "ada 59"]);
  /** Lets seconds pass, in each of which the hub answers a ping. */
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      await simulated.clock.pass(1_000);
      simulated.hub.line.say({ type: "pong" });
    }
  };
  return { ...simulated, line, store, answers, reasons, states, told, arrived, shownAtEnd, pass };
}

/** Bob's hub answers on the newest line. */
function bobs({ hub }: { hub: Awaited<ReturnType<typeof adas>>["hub"] }, to = 60) {
  hub.line.connected({ epoch: "b", offset: to, expires_in: 100 });
  const messages = [to].map((offset) => messageAt(offset, { data: `bob ${offset}` }));
  hub.line.say(snapshot(to, "b", { messages }));
}

it("`close()` empties the store in the same turn, before a listener hears of it", async () => {
  const { client, store, told, shownAtEnd, clock, page } = await adas();
  const mark = store.markRead(60);
  const more = store.loadMore();
  client.close();
  expect([store.getSnapshot(), shownAtEnd, told.at(-1)]).toEqual([EMPTY, [EMPTY], 0]);
  await expect(mark).rejects.toMatchObject({ code: "closed" });
  await expect(more).rejects.toMatchObject({ code: "closed" });
  expect([store.getSnapshot(), clock.timers, listenersOf(page)]).toEqual([EMPTY, 0, 0]);
});

it("`connect()` after the end begins with a snapshot, which is not reported as new", async () => {
  const page = await adas();
  const { client, hub, store, arrived } = page;
  store.markRead(60).catch(() => undefined);
  client.close();
  client.connect();
  await settled();
  expect(hub.line.offer.since).toBe(null);
  hub.line.connected({ epoch: "a", offset: 60, expires_in: 100 });
  expect(store.getSnapshot()).toEqual(EMPTY);
  hub.line.say(snapshot(60, "a", { messages: [messageAt(60, { data: "ada 60" })] }));
  expect(hub.line.sent).toEqual([]);
  expect([shownOf(store), arrived]).toEqual([["ada 60"], []]);
  expect(store.getSnapshot().notifications[0]?.read_at).toBe(null);
});

it.each([4500, 4501, 4502, 4503, 4504])(
  "a close with %i leaves nothing on the page",
  async (code) => {
    const { line, store, answers, client } = await adas();
    answers.refused = () => null;
    line.events.lost(code, "no");
    await settled();
    expect([client.status.state, store.getSnapshot()]).toEqual(["closed", EMPTY]);
  },
);

it.each(["connect", "refresh", "expired", "refused"] as const)(
  "null for the reason %s ends the session at once",
  async (reason) => {
    const { client, line, answers, reasons, store, pass, shownAtEnd, clock } = await adas();
    answers[reason] = () => null;
    if (reason === "connect") line.events.lost(1006, "");
    if (reason === "expired") line.events.lost(4002, "");
    if (reason === "refused") line.events.lost(4500, "");
    await pass(reason === "refresh" ? 80 : 5);
    expect([reasons.at(-1), line.isClosed]).toEqual([reason, true]);
    expect(client.status).toMatchObject({ state: "closed", reason: { code: "unauthorized" } });
    expect([store.getSnapshot(), shownAtEnd, clock.timers]).toEqual([EMPTY, [EMPTY], 0]);
  },
);

it.each(["connect", "refresh", "expired", "refused"] as const)(
  "another user's token for the reason %s ends the session, and begins that user's",
  async (reason) => {
    const page = await adas();
    const { client, hub, line, answers, store, pass, states, shownAtEnd, arrived } = page;
    answers[reason] = () => tokenOf("bob");
    const mark = store.markRead(60);
    const rejected = expect(mark).rejects.toMatchObject({ code: "user_changed" });
    if (reason === "connect") line.events.lost(1006, "");
    if (reason === "expired") line.events.lost(4002, "");
    if (reason === "refused") line.events.lost(4500, "");
    await pass(reason === "refresh" ? 80 : 5);
    await rejected;
    expect([shownAtEnd, store.getSnapshot()]).toEqual([[EMPTY], EMPTY]);
    expect(line.isClosed).toBe(true);
    expect(hub.line.offer).toMatchObject({ token: tokenOf("bob"), since: null });
    expect(states.slice(-2)).toEqual(["closed", "connecting"]);
    bobs(page);
    expect([shownOf(store), hub.line.sent]).toEqual([["bob 60"], []]);
    expect([client.status.state, arrived]).toEqual(["open", []]);
  },
);

it("a listener that connects again when the user changes opens one line", async () => {
  const page = await adas();
  const { client, hub, answers, line } = page;
  answers.connect = () => tokenOf("bob");
  client.onStatus(({ state }) => state === "closed" && client.connect());
  line.events.lost(1006, "");
  await page.pass(5);
  expect(hub.lines.filter(({ isClosed }) => !isClosed).length).toBe(1);
  bobs(page);
  expect(shownOf(page.store)).toEqual(["bob 60"]);
});

it("an expired token is replaced, and the store is as it was", async () => {
  const { hub, line, answers, reasons, store, pass, clock, told, arrived } = await adas();
  answers.refresh = () => Promise.reject(new Error("the app's server is away"));
  let give: (token: string) => void = () => undefined;
  answers.expired = () => new Promise((resolve) => (give = resolve));
  await pass(99);
  expect([line.isClosed, store.getSnapshot().isLoaded]).toEqual([false, true]);
  await clock.pass(1_000);
  expect([line.isClosed, reasons.at(-1)]).toEqual([true, "expired"]);
  // No answer has confirmed yet that Ada is still signed in.
  expect([store.getSnapshot(), told.at(-1)]).toEqual([EMPTY, 0]);
  give(tokenOf("ada"));
  await settled();
  expect(hub.line.offer.since).toBe("a:60");
  hub.line.connected({ epoch: "a", offset: 61, expires_in: 100 });
  hub.line.say(step(60, 61, { epoch: "a", messages: [messageAt(61, { data: "ada 61" })] }));
  expect(shownOf(store)).toEqual(["ada 61", "ada 60", "ada 59"]);
  expect(arrived).toEqual(["ada 61"]);
});

it("an expired token is replaced, also when nothing was missed", async () => {
  const { hub, answers, store, pass } = await adas();
  answers.refresh = () => Promise.reject(new Error("the app's server is away"));
  await pass(101);
  expect(store.getSnapshot()).toEqual(EMPTY);
  hub.line.connected({ epoch: "a", offset: 60, counts: counts(60), expires_in: 100 });
  expect([shownOf(store), store.getSnapshot().counts]).toEqual([["ada 60", "ada 59"], counts(60)]);
});

it.each([
  ["fails", () => Promise.reject(new Error("away"))],
  ["hangs", () => new Promise<never>(() => undefined)],
])("nothing is shown after the token has expired while the callback %s", async (_how, answer) => {
  const { client, answers, store, pass, line } = await adas();
  answers.refresh = answers.expired = answers.connect = answer;
  await pass(100);
  expect([line.isClosed, store.getSnapshot()]).toEqual([true, EMPTY]);
  await pass(300);
  expect(client.status.state).toMatch(/connecting|waiting/);
  expect(store.getSnapshot()).toEqual(EMPTY);
});

it("a token also expires while the hub is away, and while the page is put aside", async () => {
  for (const isAside of [true, false]) {
    const { client, line, store, clock, page } = await adas();
    if (isAside) page.is("pagehide");
    else line.events.lost(1006, "");
    await clock.pass(90_000);
    expect([client.status.state, store.getSnapshot().isLoaded]).not.toEqual(["open", false]);
    await clock.pass(10_000);
    expect([client.status.state === "open", store.getSnapshot()]).toEqual([false, EMPTY]);
  }
});

it.each(["open", "waiting"])(
  "a machine that slept past the token's expiry shows nothing (%s)",
  async (state) => {
    const { line, answers, store, clock, page, client } = await adas();
    answers.connect = answers.expired = () => new Promise(() => undefined);
    if (state === "waiting") {
      page.is("offline");
      line.events.lost(1006, "");
    }
    clock.sleep(101_000);
    page.is("online");
    expect([client.status.state, store.getSnapshot()]).toEqual(["connecting", EMPTY]);
  },
);

it("a fixed token that has expired by our clock closes the client", async () => {
  const simulated = simulate(tokenOf("ada"));
  const { client, clock, page, hub } = simulated;
  const store = inbox(client);
  const line = await connect(simulated, { expires_in: 10, epoch: "a" });
  line.say(snapshot(1, "a"));
  await clock.pass(10_000);
  expect(client.status).toMatchObject({ state: "closed", reason: { code: "token_expired" } });
  expect([store.getSnapshot(), clock.timers]).toEqual([EMPTY, 0]);
  page.is("online");
  await settled();
  expect(hub.lines.length).toBe(1);
});

it("a token without an expiry sets no timer for it", async () => {
  const { clock, store, pass } = await adas(null);
  await pass(200);
  expect([store.getSnapshot().isLoaded, clock.timers]).toEqual([true, 1]);
});

it("a snapshot of another epoch is not reported as new, and drops the old epoch's marks and pages", async () => {
  const { hub, line, store, arrived, clock } = await adas();
  const mark = store.markRead([60]);
  const more = store.loadMore();
  line.events.lost(1006, "");
  await clock.until(() => hub.lines.length === 2);
  hub.line.connected({ epoch: "new", offset: 60, recovered: false });
  const messages = [59, 60].map((offset) => messageAt(offset, { data: `new ${offset}` }));
  hub.line.say(snapshot(60, "new", { messages, counts: counts(60) }));
  expect([shownOf(store), arrived]).toEqual([["new 60", "new 59"], []]);
  expect(store.getSnapshot().notifications[0]?.read_at).toBe(null);
  // The page was requested before the hub began again, and is answered after that.
  const page = [58].map((offset) => messageAt(offset, { data: "old 58" }));
  hub.line.reply("history", { notifications: page, next: null, cursor: "a:60" });
  await more;
  hub.line.refuse("read", "other_epoch");
  await expect(mark).rejects.toMatchObject({ code: "other_epoch" });
  expect(shownOf(store)).toEqual(["new 60", "new 59"]);
  hub.line.say(step(60, 61, { epoch: "new", messages: [messageAt(61, { data: "new 61" })] }));
  expect(arrived).toEqual(["new 61"]);
});

it("the first message of an inbox that was empty is reported as new", async () => {
  const simulated = simulate(() => tokenOf("ada"));
  const store = inbox(simulated.client);
  const arrived: unknown[] = [];
  store.onMessage(({ data }) => arrived.push(data));
  const line = await connect(simulated, { epoch: "0", offset: 0 });
  line.say(snapshot(0, "0"), step(0, 1, { epoch: "a" }));
  expect(arrived).toEqual([1]);
});

it("a snapshot of the same epoch reports only the messages that it adds", async () => {
  const { hub, line, arrived, clock } = await adas();
  line.events.lost(1006, "");
  await clock.until(() => hub.lines.length === 2);
  hub.line.connected({ epoch: "a", offset: 62, recovered: false });
  hub.line.say(snapshot(62, "a", { messages: [60, 62].map((offset) => messageAt(offset)) }));
  expect(arrived).toEqual([62]);
});

it("a topic is not requested again after a refresh has taken its cap", async () => {
  const { client, hub, line, clock } = await adas();
  const errors: string[] = [];
  const shown: unknown[] = [];
  const onError = ({ code }: { code: string }) => errors.push(code);
  client.topic("news").subscribe(({ data }) => shown.push(data), { onError });
  line.reply("subscribe", { topic: "news", epoch: "e", offset: 4, recovered: true, oldest: 0 });
  client.topic("news").subscribe(({ data }) => shown.push(data), { since: "e:2", onError });
  const refusal = { code: "insufficient_scope", message: "No", fix: "ask", temporary: false };
  // First the hub ends the live subscription, then it answers the pending one.
  line.say({ type: "error", id: null, topic: "news", ...refusal });
  line.refuse("subscribe", "insufficient_scope");
  expect(errors).toEqual(["insufficient_scope", "insufficient_scope"]);
  line.say(step(4, 5, { topic: "news" }));
  line.events.lost(1006, "");
  await clock.until(() => hub.lines.length === 2);
  expect([hub.line.offer.topics, shown]).toEqual([[], []]);
});

it.each([-2 * 86_400_000, 2 * 86_400_000])(
  "[CON11] `expires` is judged by the hub's clock when the device's is %i ms off",
  async (offMs) => {
    const simulated = simulate(() => tokenOf("ada"));
    const { client, clock } = simulated;
    const store = inbox(client);
    const hubsNow = () => clock.now - offMs;
    const inMs = (ms: number) => new Date(hubsNow() + ms).toISOString();
    const line = await connect(simulated, { offset: 2, time: inMs(0) });
    const ending = messageAt(1, { time: inMs(-10), expires: inMs(60_000) });
    const messages = [ending, messageAt(2, { time: inMs(-5) })];
    line.say(step(null, 2, { messages, counts: counts(2) }));
    expect([shownOf(store), store.getSnapshot().counts]).toEqual([[2, 1], counts(2)]);
    expect(store.now()).toBe(hubsNow());
    await clock.pass(59_000);
    expect(shownOf(store)).toEqual([2, 1]);
    await clock.pass(1_000);
    expect([shownOf(store), store.getSnapshot().counts]).toEqual([[2], counts(1)]);
  },
);

it("[CON11] the device's clock counts if the hub does not send its time", async () => {
  const simulated = simulate(() => tokenOf("ada"));
  const store = inbox(simulated.client);
  await connect(simulated);
  expect(store.now()).toBe(simulated.clock.now);
});

function listenersOf(page: Page): number {
  const types = "pagehide freeze pageshow resume online offline visibilitychange".split(" ");
  return types.reduce((sum, type) => sum + getEventListeners(page, type).length, 0);
}

it("a client that is not in use leaves no listener on the page", async () => {
  const simulated = simulate(() => tokenOf("ada"));
  const { client, page } = simulated;
  expect(listenersOf(page)).toBe(0);
  for (let times = 0; times < 60; times++) {
    await connect(simulated);
    expect(listenersOf(page)).toBe(7);
    client.close();
    expect(listenersOf(page)).toBe(0);
  }
});
