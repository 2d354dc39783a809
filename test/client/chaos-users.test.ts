// Random steps of pages whose users change, sign out and are erased, on devices whose clocks are hours
// off, over a proxy that breaks what it can, with malformed calls among good ones. A seed repeats a run:
// `SEED=7 vitest run test/client/chaos-users.test.ts`.

import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";
import { type Client, newClient } from "../../src/client/client.ts";
import { type Inbox, type InboxMessage, inbox } from "../../src/client/inbox.ts";
import type { NewMessage } from "../../src/protocol/message.ts";
import { call } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { JWT_SECRET } from "../support/vars.ts";
import { ChaosProxy, FAULTS, fast } from "./chaos.ts";
import { untilShown } from "./live.ts";
import { seeded } from "./simulation.ts";

const STEPS = 1_500;
const USERS = ["ada", "bob", "eve"] as const;
const TOPIC = "news";
/** Hours by which the clock of each page is ahead of the hub's. */
const HOURS_AHEAD = [0, 5, -5, 11];
const HOUR_MS = 3_600_000;
/** Of each message: no page may take it for expired. */
const TTL_SECONDS = 2 * 3_600;
const SEED = Number(process.env.SEED ?? 1);

type User = (typeof USERS)[number];

let hub: Hub;
let proxy: ChaosProxy;
const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
beforeAll(async () => {
  hub = await startHub(inject("bundle"));
  proxy = await ChaosProxy.start(hub.url);
});
afterAll(async () => {
  warn.mockRestore();
  proxy.stop();
  await hub.stop();
});

/** Signed in the same turn: an answer that came later could be passed over, and nobody would know. */
function tokenNow(sub: User, seconds: number): string {
  const iat = Math.floor(Date.now() / 1000);
  const caps = { "topic:*": ["subscribe", "follow", "publish"] };
  const [head, claims] = [{ alg: "HS256" }, { sub, iat, exp: iat + seconds, caps }].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  const sign = createHmac("sha256", JWT_SECRET).update(`${head}.${claims}`).digest("base64url");
  return `${head}.${claims}.${sign}`;
}

/** A snapshot that was shown: for which user, from where, and the messages by their offsets. */
interface View {
  user: User | null;
  epoch: string;
  messages: [offset: number, data: unknown][];
}

interface Page {
  client: Client;
  store: Inbox;
  /** Who is signed in by now. */
  user: User | null;
  /** Whom the last token was for. */
  shownTo: User | null;
  /** How many sessions have ended. */
  ended: number;
  views: View[];
  arrived: { user: User | null; data: unknown }[];
  /** Data of the topic, as shown. */
  news: number[];
  onNews: () => void;
}

function pageOf(index: number): Page {
  const random = seeded(SEED * 100 + index);
  const environment = fast(random, (HOURS_AHEAD[index] as number) * HOUR_MS);
  const token = () => {
    const chance = random();
    if (chance < 0.1) page.user = USERS[Math.floor(random() * USERS.length)] as User;
    else if (chance < 0.15) page.user = null;
    page.shownTo = page.user;
    return page.user && tokenNow(page.user, 60 + Math.floor(random() * 600));
  };
  const client = newClient({ url: proxy.url, token }, environment);
  const page: Page = {
    client,
    store: inbox(client),
    user: USERS[index % USERS.length] as User,
    shownTo: null,
    ended: 0,
    views: [],
    arrived: [],
    news: [],
    onNews: () => undefined,
  };
  client.onStatus(({ state }) => {
    if (state === "closed") page.ended += 1;
  });
  page.store.subscribe(({ cursor, notifications }) => {
    const messages = notifications.map(({ offset, data }) => [offset, data] as [number, unknown]);
    const [epoch] = (cursor ?? "").split(":");
    page.views.push({ user: page.shownTo, epoch: epoch as string, messages });
  });
  page.store.onMessage(({ data }) => page.arrived.push({ user: page.shownTo, data }));
  client.topic<number>(TOPIC).subscribe(({ data }) => {
    page.news.push(data as number);
    page.onNews();
  });
  return page;
}

const deep = (depth: number) => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`);
/** Each is refused, and nothing else is. */
const MALFORMED: ((page: Page) => Promise<unknown>)[] = [
  ({ store }) => store.markRead("1" as unknown as number),
  ({ store }) => store.archive([1.5]),
  ({ store }) => store.delete(-1),
  ({ client }) => client.topic("room 1").follow(),
  ({ client }) => client.topic("no topic").publish({ data: 1 }),
  ({ client }) => client.topic(TOPIC).publish({ data: 10n }),
  ({ client }) => client.topic(TOPIC).publish({ data: () => 1 }),
  ({ client }) => client.topic(TOPIC).publish({ data: "x".repeat(300 * 1024) }),
  ({ client }) => client.topic(TOPIC).publish({ data: deep(33) }),
  ({ client }) => client.topic(TOPIC).publish({} as NewMessage),
  ({ client }) => client.request("ping", {}),
  ({ client }) =>
    new Promise((_, onError) => client.topic("no topic").subscribe(() => undefined, { onError })),
];

it("each page shows what its present user may see, whoever was there before", {
  timeout: 60_000,
}, async () => {
  const random = seeded(SEED);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const pages = HOURS_AHEAD.map((_, index) => pageOf(index));
  const faults: string[] = [];
  /** What the hub stored, by user, epoch and offset. */
  const stored = new Map<string, unknown>();
  const keyOf = (user: unknown, epoch: string, offset: unknown) => `${user} ${epoch}:${offset}`;
  let published = 0;
  let refused = 0;
  let erased = 0;

  async function publish(user: User): Promise<void> {
    published += 1;
    const data = `${user} ${published}`;
    const message = { notification: { title: data }, data, ttl: TTL_SECONDS };
    const { json } = await call(hub.url, "POST", `/v1/users/${user}/notifications`, [message]);
    const [{ epoch, offset }] = json.results;
    stored.set(keyOf(user, epoch, offset), data);
  }

  /** Only the end of its session, or of its epoch, may refuse a call that is right. */
  async function isRight(page: Page, act: () => Promise<unknown>): Promise<void> {
    const { ended } = page;
    const isClosed = page.client.status.state === "closed";
    try {
      await act();
    } catch (cause) {
      const { code } = cause as { code?: string };
      const isAfterErase = code === "other_epoch" && erased > 0;
      if (!isClosed && page.ended === ended && !isAfterErase) faults.push(`refused: ${cause}`);
    }
  }

  async function isWrong(act: Promise<unknown>, index: number): Promise<void> {
    const [{ status }] = (await Promise.allSettled([act])) as [PromiseSettledResult<unknown>];
    if (status === "fulfilled") faults.push(`malformed call ${index} was taken`);
    refused += 1;
  }

  function signIn(page: Page, user: User): void {
    page.user = user;
    if (page.shownTo !== user) page.client.close();
    page.client.connect();
  }

  const calls: Promise<void>[] = [];
  let newest = 0;
  const startedAt = Date.now();
  for (let step = 1; step <= STEPS; step++) {
    const chance = random();
    const page = pick(pages);
    if (chance < 0.1) await publish(pick(USERS));
    else if (chance < 0.14)
      await call(hub.url, "POST", `/v1/topics/${TOPIC}/messages`, { data: ++newest });
    else if (chance < 0.22) proxy.fault(pick(FAULTS), random());
    else if (chance < 0.26) proxy.release();
    else if (chance < 0.32) {
      const index = Math.floor(random() * MALFORMED.length);
      calls.push(isWrong((MALFORMED[index] as (typeof MALFORMED)[number])(page), index));
    } else if (chance < 0.4) {
      const { store } = page;
      const some = store
        .getSnapshot()
        .notifications.slice(0, 2)
        .map(({ offset }) => offset);
      const act = pick([
        () => store.markRead(some as number[]),
        () => store.markUnread(some as number[]),
        () => store.markAllSeen(),
        () => store.archive(some as number[]),
        () => store.delete(some as number[]),
        () => store.loadMore(),
      ]);
      if (some.length) calls.push(isRight(page, act));
    } else if (chance < 0.42) signIn(page, pick(USERS));
    else if (chance < 0.43) page.client.close();
    else if (chance < 0.45) page.user = pick([...USERS, null]);
    else if (chance < 0.5 && page.client.status.state === "closed") signIn(page, pick(USERS));
    else if (chance > 0.995) {
      const user = pick(USERS);
      for (let tries = 0, status = 0; status !== 204 && tries < 10; tries++)
        ({ status } = await call(hub.url, "DELETE", `/v1/users/${user}`));
      erased += 1;
    }
  }
  const tookMs = Date.now() - startedAt;

  proxy.calm();
  // A last change of each, so that a step that was lost is missed.
  for (const user of USERS) await publish(user);
  await call(hub.url, "POST", `/v1/topics/${TOPIC}/messages`, { data: ++newest });
  const users = new Map<User, { cursor: string; counts: object; notifications: InboxMessage[] }>();
  /** Signs in whom a token's chance has sent away, until each page shows a user's whole inbox. */
  async function settle(page: Page): Promise<void> {
    const isSettled = () => {
      if (page.client.status.state === "closed")
        queueMicrotask(() => signIn(page, page.user ?? (USERS[0] as User)));
      const own = page.shownTo && users.get(page.shownTo);
      return own?.cursor === page.store.getSnapshot().cursor;
    };
    await untilShown(page.store, isSettled);
  }
  for (const page of pages)
    if (page.client.status.state === "closed") signIn(page, page.user ?? "ada");
  await Promise.all(calls);
  for (const user of USERS)
    users.set(user, (await call(hub.url, "GET", `/v1/users/${user}/notifications`)).json);
  for (const page of pages) {
    await settle(page);
    const { counts, notifications } = page.store.getSnapshot();
    const own = users.get(page.shownTo as User);
    expect(counts).toEqual(own?.counts);
    expect(notifications.slice(0, 50)).toEqual(own?.notifications.slice(0, notifications.length));
  }

  for (const [index, { views, arrived, news }] of pages.entries()) {
    const epochs = new Map<unknown, string[]>();
    for (const { user, epoch, messages } of views) {
      if (messages.length === 0) continue;
      const seen = epochs.get(user) ?? [];
      epochs.set(user, seen);
      if (seen.includes(epoch) && seen.at(-1) !== epoch)
        faults.push(`${index}: ${epoch} of ${user} was shown after its erase`);
      if (!seen.includes(epoch)) seen.push(epoch);
      for (const [offset, data] of messages)
        if (stored.get(keyOf(user, epoch, offset)) !== data)
          faults.push(`${index}: ${user} was shown ${data} at ${epoch}:${offset}`);
    }
    for (const { user, data } of arrived)
      if (!String(data).startsWith(`${user} `)) faults.push(`${index}: ${data} came to ${user}`);
    const isOrdered = news.every((data, i) => i === 0 || data > (news[i - 1] as number));
    if (!isOrdered) faults.push(`${index}: ${news}`);
  }
  const sessions = pages.map(({ ended }) => ended);
  const shown = pages.map(({ views }) => views.length);
  const { connections } = proxy;
  const figures = { seed: SEED, tookMs, connections, published, erased, refused, sessions, shown };
  console.log(JSON.stringify(figures));
  expect([...new Set(faults)]).toEqual([]);
  expect(Math.min(refused, erased, ...sessions)).toBeGreaterThan(0);
  for (const { client } of pages) client.close();
});
