// The alarm of a topic with two of its parts armed: it fires for each of them.

import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Topic } from "../../src/topic/topic.ts";
import {
  breakDeliver,
  keptOf,
  type Named,
  namedTopic,
  namedUser,
  until,
} from "../support/member.ts";
import { BOTH, connect, draft } from "../support/object.ts";

const NOW = Date.parse("2030-05-05T00:00:00Z");
const DAY_MS = 86_400_000;
const AGE_MS = 7 * DAY_MS;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ["Date"] });
  vi.spyOn(console, "error").mockReturnValue();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const alarmOf = ({ stub }: Named<Topic>) =>
  runInDurableObject(stub, (_topic, { storage }) => storage.getAlarm());

/** Fires the alarm at the time it is set for, and returns that time after NOW, in ms. */
async function fire(topic: Named<Topic>): Promise<number> {
  const at = (await alarmOf(topic)) ?? Number.NaN;
  vi.setSystemTime(at);
  await runDurableObjectAlarm(topic.stub);
  return at - NOW;
}

const rowsOf = ({ stub }: Named<Topic>) =>
  runInDurableObject(stub, (_topic, { storage }) =>
    storage.sql.exec("SELECT offset FROM log WHERE body IS NOT NULL").toArray(),
  );

async function watch(topic: Named<Topic>) {
  const user = namedUser();
  const named = [{ topic: topic.name, since: "latest" as const }];
  const socket = await connect(user.stub, "latest", { user: user.name }, named);
  await socket.nextOf("reply");
  return { user, socket };
}

describe.each(BOTH)("a topic that is $name", ({ rest }) => {
  it("[DEL2] delivery and log: retries a member, then deletes aged messages", async () => {
    const topic = namedTopic();
    const ada = namedUser();
    await ada.stub.follow(topic.name, "backend");
    const mend = breakDeliver(ada);
    await topic.stub.publish([draft(1)]);
    await until(async () => (await topic.stub.delivery(1))?.behind === 1);
    mend();
    await rest(topic.stub);
    expect(await fire(topic)).toBeLessThanOrEqual(30_000);
    expect((await keptOf(ada, topic.name)).map(({ at }) => at)).toEqual([1]);
    await rest(topic.stub);
    for (let alarms = 0; alarms < 3 && (await rowsOf(topic)).length > 0; alarms++)
      await fire(topic);
    expect(await rowsOf(topic)).toEqual([]);
    expect(Date.now() - NOW).toBe(AGE_MS);
  });

  it("[CUR7] log and idle: deletes aged messages, and asks its watchers", async () => {
    const topic = namedTopic();
    const { socket } = await watch(topic);
    await topic.stub.publish([draft(1)]);
    await until(async () => (await topic.stub.delivery(1))?.delivered === 1);
    socket.ws.close();
    await socket.nextClose();
    await rest(topic.stub);
    // The join set this alarm, before there was a message.
    expect(await fire(topic)).toBe(DAY_MS);
    await rest(topic.stub);
    expect(await fire(topic)).toBe(AGE_MS);
    expect((await topic.stub.standing()).members).toBe(0);
    expect(await alarmOf(topic)).toBe(null);
  });

  it("[DEL8] delivery and idle: retries a watcher, and asks it after a day", async () => {
    const topic = namedTopic();
    const { user, socket } = await watch(topic);
    const mend = breakDeliver(user);
    await topic.stub.publish([{ ...draft(1), ttl: 0 }]);
    await until(async () => ((await alarmOf(topic)) ?? NOW + DAY_MS) < NOW + 30_000);
    mend();
    expect(await fire(topic)).toBeLessThanOrEqual(30_000);
    expect((await topic.stub.standing()).members).toBe(1);
    socket.ws.close();
    await socket.nextClose();
    await rest(topic.stub);
    const asked = await fire(topic);
    expect(asked).toBeGreaterThanOrEqual(DAY_MS);
    expect(asked).toBeLessThanOrEqual(DAY_MS + 30_000);
    expect((await topic.stub.standing()).members).toBe(0);
    expect(await alarmOf(topic)).toBe(null);
  });
});
