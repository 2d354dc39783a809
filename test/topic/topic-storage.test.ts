// The cost of members, follows and settings in rows, by the counters of SQLite that the platform bills: the
// figures of docs/storage.md.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, it, vi } from "vitest";
import type { Inbox } from "../../src/inbox/inbox.ts";
import type { Topic } from "../../src/topic/topic.ts";
import {
  breakDeliver,
  holdUntil,
  interceptDeliver,
  type Named,
  namedTopic,
  namedUser,
  until,
  untilDelivered,
} from "../support/member.ts";
import {
  connect,
  costOf,
  draft,
  drafts,
  freshTopic,
  type ObjectSocket,
} from "../support/object.ts";
import { meter } from "../support/object-meter.ts";

const joining = (member: string) => ({
  member,
  follows: true,
  since: "latest" as const,
  unlessPublic: null,
});

const tablesOf = ({ stub }: Named<Topic>) =>
  runInDurableObject(stub, (_topic, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT GLOB '_cf_*'").toArray(),
  );

it("a follow is 2 rows in the inbox, the first 4, and 11 where it makes the tables", async () => {
  const ada = namedUser();
  const bob = namedUser();
  const { name } = namedTopic();
  await bob.stub.publish([draft(1)]);
  const follow = (topic: string) => (inbox: Inbox) => inbox.follow(topic, "backend");
  expect(await costOf(ada.stub, follow(name))).toMatchObject({ written: 11, alarms: 0 });
  expect(await costOf(ada.stub, follow(namedTopic().name))).toMatchObject({ written: 2 });
  expect(await costOf(ada.stub, follow(name))).toMatchObject({ written: 0 });
  expect(await costOf(bob.stub, follow(name))).toMatchObject({ written: 4 });
  const left = await costOf(bob.stub, (inbox) => inbox.unfollow(name, "backend"));
  expect(left).toMatchObject({ written: 2, alarms: 0 });
});

it("a member is 1 row in the topic, the first 4, and 11 where it makes the tables", async () => {
  const untouched = freshTopic();
  const first = await costOf(untouched, (topic) => topic.join(joining("user:ada")));
  expect(first).toMatchObject({ written: 11, alarms: 0 });
  const stub = freshTopic();
  await stub.publish([draft(1)]);
  for (const [member, written] of [
    ["user:ada", 4],
    ["user:bob", 1],
    ["user:bob", 0],
  ] as const)
    expect(await costOf(stub, (topic) => topic.join(joining(member)))).toMatchObject({ written });
  const left = await costOf(stub, (topic) => topic.leave("user:bob", false));
  expect(left).toMatchObject({ written: 1 });
});

it("the settings of a topic are 1 row, and 8 where they make the tables", async () => {
  const stub = freshTopic();
  for (const written of [8, 1])
    expect(await costOf(stub, (topic) => topic.set({ access: "public" }))).toMatchObject({
      written,
    });
});

it("[CUR7] in a topic without any publish a watcher makes one table, and is known after a rest", async () => {
  const topic = namedTopic();
  const ada = namedUser();
  const socket = await connect(ada.stub, "latest", { user: ada.name });
  await socket.nextOf("connected");
  const counted = await meter(topic.stub);
  socket.send({ type: "subscribe", id: 1, topic: topic.name, since: "latest" });
  expect(await socket.nextOf("reply")).toMatchObject({ epoch: "0", offset: 0 });
  expect([counted.written(), counted.alarms]).toEqual([3, 1]);
  counted.stop();
  await evictDurableObject(topic.stub);
  await topic.stub.publish([draft("x")]);
  expect(await socket.messages()).toMatchObject({ topic: topic.name, since: 0, to: 1 });
  socket.ws.close();
});

it("[CUR7] the alarm of a topic without any publish erases it, unless a socket still watches", async () => {
  const topic = namedTopic();
  const ada = namedUser();
  const socket = await connect(ada.stub, "latest", { user: ada.name });
  socket.send({ type: "subscribe", id: 1, topic: topic.name, since: "latest" });
  await socket.nextOf("reply");
  expect(await runDurableObjectAlarm(topic.stub)).toBe(true);
  expect(await topic.stub.standing()).toMatchObject({ members: 1 });
  socket.ws.close();
  await socket.nextClose();
  await evictDurableObject(topic.stub);
  expect(await runDurableObjectAlarm(topic.stub)).toBe(true);
  expect(await topic.stub.standing()).toMatchObject({ members: 0 });
  expect(await runDurableObjectAlarm(topic.stub)).toBe(false);
  expect(await tablesOf(topic)).toEqual([]);
});

const sayLive = ({ stub }: Named<Topic>) => stub.publish([draft("live", { ttl: 0 })]);

/** Makes a call to a member fail, and fires the alarm when the retry is due. */
async function callTwice(topic: Named<Topic>, member: Named<Inbox>) {
  const log = vi.spyOn(console, "error").mockReturnValue();
  const mend = breakDeliver(member);
  await sayLive(topic);
  await until(async () => log.mock.calls.length > 0);
  mend();
  log.mockRestore();
  vi.useFakeTimers({ now: Date.now() + 2_000, toFake: ["Date"] });
  await runDurableObjectAlarm(topic.stub);
  vi.useRealTimers();
}

it.each([
  { by: "the alarm", ask: ({ stub }: Named<Topic>) => runDurableObjectAlarm(stub) },
  { by: "a live message", ask: sayLive },
  { by: "a second try", ask: callTwice },
])(
  "[CUR7] in a topic without any publish a watcher that is found gone by $by makes no table",
  async ({ ask }) => {
    const [topic, ada, bob] = [namedTopic(), namedUser(), namedUser()];
    const sockets: ObjectSocket[] = [];
    for (const { stub, name } of [ada, bob]) {
      const named = [{ topic: topic.name, since: "latest" as const }];
      const socket = await connect(stub, "latest", { user: name }, named);
      await socket.nextOf("reply");
      sockets.push(socket);
    }
    sockets[0]?.ws.close();
    await sockets[0]?.nextClose();
    await ask(topic, ada);
    await until(async () => (await topic.stub.standing()).members === 1);
    expect(await tablesOf(topic)).toEqual([{ name: "members" }]);
    sockets[1]?.ws.close();
  },
);

it("[CUR7] a topic whose last watcher leaves while its alarm asks has an alarm for the next one", async () => {
  const [topic, ada] = [namedTopic(), namedUser()];
  const member = `user:${ada.name}`;
  const joining = { member, follows: false, since: "latest" as const, unlessPublic: null };
  const alarm = () => runInDurableObject(topic.stub, (_topic, { storage }) => storage.getAlarm());
  await topic.stub.join(joining);
  const hold = { isAsked: false, isOver: false };
  const mend = interceptDeliver(ada, (own) => async (batch) => {
    hold.isAsked = true;
    await holdUntil(() => hold.isOver);
    return own(batch);
  });
  const rung = runDurableObjectAlarm(topic.stub);
  await until(async () => hold.isAsked);
  await topic.stub.leave(member, false);
  hold.isOver = true;
  await rung;
  mend();
  expect(await alarm()).toBeNull();
  await topic.stub.join(joining);
  expect(await alarm()).not.toBeNull();
});

it("[DEL5] a message that a crash kept from a watcher counts as delivered, and comes with the next one", async () => {
  const topic = namedTopic();
  const ada = namedUser();
  const socket = await connect(ada.stub, "latest", { user: ada.name });
  socket.send({ type: "subscribe", id: 1, topic: topic.name, since: "latest" });
  await socket.nextOf("reply");
  // The fan-out would begin in a later turn, but the object is evicted before that.
  const later = vi.spyOn(globalThis, "setTimeout").mockReturnValue(0 as never);
  await runInDurableObject(topic.stub, (object) => object.publish([draft(1)]));
  later.mockRestore();
  await evictDurableObject(topic.stub);
  expect(await topic.stub.delivery(1)).toEqual({ members: 1, delivered: 1, behind: 0 });
  await topic.stub.publish([draft(2)]);
  await untilDelivered(topic, 2);
  await socket.roundTrip();
  const steps = socket.frames.filter(({ type }) => type === "messages");
  expect(JSON.stringify(steps)).toMatch(/"data":1.*"data":2/);
  socket.ws.close();
});

it("[SUB11] a change that a user asks for costs 16 rows and an alarm at most", async () => {
  const ada = namedUser();
  // The connect comes before the first follow: the check of a follow would add to the counts.
  const socket = await connect(ada.stub, "latest", { user: ada.name });
  await socket.nextOf("connected");
  await ada.stub.follow(namedTopic().name, "backend");
  const { name } = namedTopic();
  const counted = await meter(ada.stub);
  await ada.stub.follow(name, "backend");
  await ada.stub.unfollow(name, "backend");
  const followed = [counted.written(), counted.alarms];
  const { name: watched } = namedTopic();
  socket.send({ type: "subscribe", id: 1, topic: watched, since: "latest" });
  await socket.nextOf("reply");
  socket.send({ type: "unsubscribe", id: 2, topic: watched });
  await socket.nextOf("reply");
  const both = [counted.written(), counted.alarms];
  counted.stop();
  expect({ followed, both }).toEqual({ followed: [16, 1], both: [20, 2] });
  socket.ws.close();
});

it("a watcher alone costs 1 row to come and 2 to go, and none for its deliveries", async () => {
  const topic = namedTopic();
  const ada = namedUser();
  await topic.stub.publish([draft(1)]);
  await topic.stub.join(joining("user:nobody"));
  await topic.stub.leave("user:nobody", false);
  const socket = await connect(ada.stub, "latest", { user: ada.name });
  await socket.nextOf("connected");
  const counted = await meter(topic.stub);
  const steps: number[] = [];
  const step = () => steps.push(counted.written() - steps.reduce((sum, rows) => sum + rows, 0));
  socket.send({ type: "subscribe", id: 1, topic: topic.name, since: "latest" });
  await socket.nextOf("reply");
  step();
  await topic.stub.publish([draft(2)]);
  await untilDelivered(topic, 2);
  await socket.messages();
  step();
  socket.ws.close();
  await socket.nextClose();
  await topic.stub.publish([draft(3)]);
  await until(async () => (await topic.stub.standing()).members === 0);
  step();
  counted.stop();
  expect(steps).toEqual([1, 1, 3]);
  expect(counted.alarms).toBe(0);
});

it("[ROW6] a message of a followed topic is one row in the inbox, and one more when the topic's last leaves", async () => {
  const topic = namedTopic();
  const ada = namedUser();
  await ada.stub.follow(topic.name, "backend");
  await topic.stub.publish([draft(1)]);
  await untilDelivered(topic, 1);
  const { cursor } = await topic.stub.standing();
  const epoch = cursor.split(":")[0] as string;
  const about = { topic: topic.name, isPublic: false, epoch, lost: 0, oldest: 1, live: [] };
  const entry = { time: Date.now(), expires: null, category: null, exclude: null };
  const deliver = (from: number, to: number) => (inbox: Inbox) => {
    const entries = Array.from({ length: to - from + 1 }, (_, i) => {
      const offset = from + i;
      return {
        ...entry,
        offset,
        body: `"id":"${offset}","source":"test","notification":{"title":"t"},"data":${offset}`,
      };
    });
    return inbox.deliver({ ...about, since: from - 1, to, entries, generation: 0 });
  };
  expect(await costOf(ada.stub, deliver(2, 2))).toMatchObject({ written: 1, alarms: 0 });
  expect(await costOf(ada.stub, deliver(3, 12))).toMatchObject({ written: 10, alarms: 0 });
  expect(await costOf(ada.stub, deliver(3, 12))).toMatchObject({ written: 0 });
  // 12 of the topic and 488 others fill the inbox; the next 11 push out all of the topic's but the newest.
  await ada.stub.publish(drafts(488));
  const push = (inbox: Inbox) => inbox.publish([draft("more")]);
  for (let n = 0; n < 11; n++) expect(await costOf(ada.stub, push)).toMatchObject({ written: 1 });
  expect(await costOf(ada.stub, push)).toMatchObject({ written: 2 });
  expect(await costOf(ada.stub, deliver(12, 13))).toMatchObject({ written: 1 });
});

it("[ROW7] a member that is in step costs the topic no row; the message, a guard and a position do", async () => {
  const topic = namedTopic();
  for (let n = 0; n < 5; n++) await namedUser().stub.follow(topic.name, "backend");
  await topic.stub.publish([draft(1)]);
  await untilDelivered(topic, 1);
  const counted = await meter(topic.stub);
  await topic.stub.publish([draft(2)]);
  await untilDelivered(topic, 2);
  // Five inboxes write a row each; the topic writes the message and its position. The guard is set already.
  expect(counted.written()).toBe(5 + 2);
  expect(counted.alarms).toBe(0);
  counted.stop();
});
