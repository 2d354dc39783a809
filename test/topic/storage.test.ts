// What members, follows and settings cost in rows, by the counters of SQLite that the platform bills:
// the figures of docs/storage.md.

import { expect, it } from "vitest";
import type { Inbox } from "../../src/inbox/inbox.ts";
import { namedTopic, namedUser, until, untilDelivered } from "../support/member.ts";
import { meter } from "../support/meter.ts";
import { connect, costOf, draft, freshTopic } from "../support/object.ts";

const joining = (member: string) => ({
  member,
  follows: true,
  since: "latest" as const,
  unlessPublic: null,
});

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

it("who alone watches costs 2 rows to come and 2 to go, and none for what it is told", async () => {
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
  expect(steps).toEqual([2, 1, 3]);
  expect(counted.alarms).toBe(0);
});
