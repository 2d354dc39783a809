// Random steps of pages with users that change, sign out and are erased. The clocks of the devices are
// hours off, the proxy causes faults, and malformed calls come among good ones. A seed repeats a run:
// `SEED=7 vitest run --project node test/client/client-chaos-users.test.ts`.

import { afterEach, beforeEach, expect, inject, it, vi } from "vitest";
import type { InboxMessage } from "../../src/client/inbox.ts";
import { sse } from "../../src/client/sse.ts";
import { sharedTabs } from "../../src/client/tabs.ts";
import type { Transport } from "../../src/client/transport.ts";
import { websocket } from "../../src/client/websocket.ts";
import type { Counts, NewMessage } from "../../src/protocol/message.ts";
import { call } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { ChaosProxy, FAULTS, fast } from "./chaos.ts";
import { ChaosPage, type Stored, USERS, type User } from "./chaos-page.ts";
import { untilShown } from "./real-hub.ts";
import { seeded } from "./simulation.ts";

/** The transports, and the hours by which each page's clock is ahead of the hub's: tabs share one. */
const RUNS: [name: string, steps: number, transport: () => Transport, hoursAhead: number[]][] = [
  ["websocket", 1_500, websocket, [0, 5, -5, 11]],
  ["sse", 700, sse, [0, 5, -5, 11]],
  ["tabs", 700, sharedTabs, [5, 5, 5, 5]],
];
const HOUR_MS = 3_600_000;
/** The `ttl` of every message, so long that no page may treat one as expired. */
const TTL_SECONDS = 2 * 3_600;
const TOPIC = "news";
const SEED = Number(process.env.SEED ?? 1);

let hub: Hub;
let proxy: ChaosProxy;
vi.spyOn(console, "warn").mockImplementation(() => undefined);
beforeEach(async () => {
  hub = await startHub(inject("bundle"));
  proxy = await ChaosProxy.start(hub.url);
});
afterEach(async () => {
  proxy.stop();
  await hub.stop();
});

const deep = (depth: number) => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`);
/** Calls that must be refused, each without any other effect. */
const MALFORMED: ((page: ChaosPage) => Promise<unknown>)[] = [
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

/** The hub as the backend of the pages uses it, with a record of its calls. */
class Backend {
  readonly stored: Stored = new Map();
  published = 0;
  news = 0;
  erased = 0;

  async publish(user: User, ttl = TTL_SECONDS): Promise<void> {
    this.published += 1;
    const data = `${user} ${this.published}`;
    const message = { notification: { title: data }, data, ttl };
    const { json } = await call(hub.url, "POST", `/v1/users/${user}/notifications`, [message]);
    const [{ epoch, offset }] = json.results;
    if (ttl) this.stored.set(`${epoch}:${offset}`, { user, data });
  }

  /** Publishes the next number: every second message is a notification with an expiry. */
  async publishNews(): Promise<void> {
    this.news += 1;
    const data = this.news;
    const message = data % 2 ? { data } : { data, notification: { title: "n" }, ttl: TTL_SECONDS };
    const { status } = await call(hub.url, "POST", `/v1/topics/${TOPIC}/messages`, message);
    expect(status).toBe(201);
  }

  async publishToAll(): Promise<void> {
    for (const user of USERS) {
      await this.publish(user, 0);
      await this.publish(user);
    }
    await this.publishNews();
  }

  async erase(user: User): Promise<void> {
    this.erased += 1;
    let status = 0;
    for (let tries = 0; status !== 204 && tries < 10; tries++)
      ({ status } = await call(hub.url, "DELETE", `/v1/users/${user}`));
    expect(status).toBe(204);
  }

  /** Returns the whole inbox of a user, which a page shows when it has loaded all of it. */
  async inboxOf(user: User): Promise<{ cursor: string; counts: Counts; all: InboxMessage[] }> {
    const all: InboxMessage[] = [];
    for (let before = ""; ; ) {
      const path = `/v1/users/${user}/notifications?limit=100${before}`;
      const { cursor, counts, notifications, next } = (await call(hub.url, "GET", path)).json;
      all.push(...notifications);
      if (next === null) return { cursor, counts, all };
      before = `&before=${next}`;
    }
  }
}

/** Correct calls: marks of the two newest messages, or a page of older ones. */
const CALLS: ((page: ChaosPage, offsets: number[]) => Promise<void>)[] = [
  ({ store }, offsets) => store.markRead(offsets),
  ({ store }, offsets) => store.markUnread(offsets),
  ({ store }) => store.markAllSeen(),
  ({ store }, offsets) => store.archive(offsets),
  ({ store }, offsets) => store.delete(offsets),
  ({ store }) => store.loadMore(),
];

/** Resolves when each page shows the whole inbox of its user, and the newest message of the topic. */
async function shownTo(pages: readonly ChaosPage[], backend: Backend): Promise<void> {
  for (const page of pages) {
    const { cursor, counts, all } = await backend.inboxOf(page.user as User);
    const { store } = page;
    await untilShown(store, (snapshot) => snapshot.cursor === cursor);
    while (store.getSnapshot().hasMore) await store.loadMore();
    const shown = store.getSnapshot();
    expect(shown.counts).toEqual(counts);
    expect(shown.notifications).toEqual(all);
    await new Promise<void>((resolve) => {
      page.onNews = () => page.newest === backend.news && resolve();
      page.onNews();
    });
  }
}

it.each(RUNS)(
  "over %s each page shows only the data of its present user",
  { timeout: 120_000 },
  async (name, steps, transport, hoursAhead) => {
    const random = seeded(SEED);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const backend = new Backend();
    const pages = hoursAhead.map((hours, index) => {
      const environment = fast(seeded(SEED * 100 + index), hours * HOUR_MS);
      const first = USERS[index % USERS.length] as User;
      return new ChaosPage(proxy.url, transport(), TOPIC, first, environment);
    });
    const faults: string[] = [];
    let refused = 0;

    /** Only the end of the page's session, or of its epoch, may refuse a correct call. */
    async function isRight(page: ChaosPage, call: () => Promise<void>): Promise<void> {
      const { ended } = page;
      const isClosed = page.client.status.state === "closed";
      try {
        await call();
      } catch (cause) {
        const { code } = cause as { code?: string };
        const isAfterErase = code === "other_epoch" && backend.erased > 0;
        if (!isClosed && page.ended === ended && !isAfterErase) faults.push(`refused: ${cause}`);
      }
    }

    async function isWrong(page: ChaosPage, index: number): Promise<void> {
      const call = MALFORMED[index] as (typeof MALFORMED)[number];
      const wasTaken = await call(page).then(
        () => true,
        () => false,
      );
      if (wasTaken) faults.push(`malformed call ${index} was taken`);
      refused += 1;
    }

    const calls: Promise<void>[] = [];
    const startedAt = Date.now();
    for (let step = 1; step <= steps; step++) {
      const chance = random();
      const page = pick(pages);
      const { notifications } = page.store.getSnapshot();
      const newest = notifications.slice(0, 2).map(({ offset }) => offset as number);
      if (chance < 0.08) await backend.publish(pick(USERS));
      else if (chance < 0.1) await backend.publish(pick(USERS), 0);
      else if (chance < 0.14) await backend.publishNews();
      else if (chance < 0.22) proxy.fault(pick(FAULTS), random());
      else if (chance < 0.26) proxy.release();
      else if (chance < 0.32) calls.push(isWrong(page, Math.floor(random() * MALFORMED.length)));
      else if (chance < 0.4) {
        const act = pick(CALLS);
        if (newest.length) calls.push(isRight(page, () => act(page, newest)));
      } else if (chance < 0.42) page.signIn(pick(USERS));
      else if (chance < 0.43) page.client.close();
      else if (chance < 0.45) page.user = pick([...USERS, null]);
      else if (chance < 0.5 && page.client.status.state === "closed") page.signIn(pick(USERS));
      else if (chance > 0.99) await backend.erase(pick(USERS));
    }
    const tookMs = Date.now() - startedAt;

    proxy.calm();
    for (const page of pages) page.calm();
    await Promise.all(calls);
    // The last step of a page may have been lost: the next one reveals that.
    await backend.publishToAll();
    await shownTo(pages, backend);
    // All pages lose two steps of their inbox and one of the topic: the next steps reveal that.
    const lost = proxy.loseSteps(3);
    await backend.publishToAll();
    await lost;
    await backend.publishToAll();
    await shownTo(pages, backend);

    faults.push(...pages.flatMap((page) => page.faults(backend.stored)));
    const sessions = pages.map(({ ended }) => ended);
    const shown = pages.map(({ views }) => views.length);
    const { published, news, erased } = backend;
    const { connections } = proxy;
    const figures = { name, seed: SEED, tookMs, connections, published, news, erased, refused };
    console.log(JSON.stringify({ ...figures, sessions, shown }));
    expect(faults).toEqual([]);
    expect(Math.min(refused, erased, ...sessions)).toBeGreaterThan(0);
    for (const page of pages) page.end();
  },
);
