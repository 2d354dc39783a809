// A fan-out cannot be lost: a real hub is killed with SIGKILL at random moments while messages are
// published to topics with followers and live members, and to many addresses at once. Afterwards
// every follower's inbox has every acknowledged message, once and in the topic's order.

import { expect, inject, it } from "vitest";
import type { MessagesFrame } from "../../src/protocol/down.ts";
import type { LogMessage } from "../../src/protocol/message.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { keptByTopic, keptByUser } from "../support/kept-messages.ts";
import { TestSocket } from "../support/socket.ts";

const KILLS = 32;
const PUBLISHERS = 3;
const TOPICS = ["news", "jobs"];
const FOLLOWERS = ["ada", "bob", "carl", "dora"];
const DIRECT = ["user:eve", "user:finn", "topic:news"];
const LAST = "last";

type Running = () => Promise<Hub>;

/** Repeats a request until it is answered: after a kill nobody knows whether it was done. */
async function insist(hub: Running, method: string, path: string, body?: unknown) {
  for (;;) {
    const { url } = await hub();
    // The hub was killed during the request, which is sent again with the same id.
    const answer = await call(url, method, path, body).catch(() => null);
    if (answer === null) continue;
    if (answer.status < 300) return answer;
    expect(answer.status).toBe(503);
  }
}

/** Publishes to a topic until `stop`; returns the acknowledged ids. */
async function publishTo(topic: string, name: string, hub: Running, stop: AbortSignal) {
  const acknowledged: string[] = [];
  for (let n = 0; !stop.aborted; n++) {
    const id = `${name}-${n}`;
    await insist(hub, "POST", `/v1/topics/${topic}/messages`, { id, data: { n } });
    acknowledged.push(id);
  }
  return acknowledged;
}

/** Publishes to several addresses at once until `stop`; each reply must name every outcome. */
async function publishToMany(hub: Running, stop: AbortSignal) {
  const acknowledged: string[] = [];
  for (let n = 0; !stop.aborted; n++) {
    const id = `many-${n}`;
    for (let isDone = false; !isDone; ) {
      const { json } = await insist(hub, "POST", "/v1/publish", { to: DIRECT, id, data: { n } });
      expect(json.results).toHaveLength(DIRECT.length);
      isDone = json.failed === 0;
    }
    acknowledged.push(id);
  }
  return acknowledged;
}

/** Watches both topics over one connection through every crash, until the last message of each. */
async function watch(user: string, hub: Running): Promise<Map<string, LogMessage[]>> {
  const token = await tokenOf(user, { "topic:*": ["subscribe"] });
  const seen = new Map<string, LogMessage[]>(TOPICS.map((topic) => [topic, []]));
  const cursors = new Map(TOPICS.map((topic) => [topic, "0:0"]));
  const isDone = () => TOPICS.every((topic) => seen.get(topic)?.at(-1)?.id === LAST);
  const apply = (socket: TestSocket, { topic = "", epoch, since, to, messages }: MessagesFrame) => {
    const at = Number(cursors.get(topic)?.split(":")[1]);
    expect(since, "nothing is given up in this test").not.toBeNull();
    if ((since as number) > at)
      return socket.send({ type: "subscribe", topic, since: cursors.get(topic) });
    seen.get(topic)?.push(...messages.filter(({ offset }) => (offset as number) > at));
    cursors.set(topic, `${epoch}:${Math.max(at, to)}`);
  };
  while (!isDone()) {
    const { url } = await hub();
    const topics = TOPICS.map((topic) => `${topic}~${cursors.get(topic)}`).join(",");
    const path = `/v1/connect?since=latest&topics=${topics}`;
    const socket = new TestSocket(url, path, { headers: bearer(token) });
    for (let isOpen = true; isOpen && !isDone(); ) {
      const frame = await socket.next();
      if (frame.type === "messages" && frame.topic !== undefined) apply(socket, frame);
      else if (frame.type === "closed") isOpen = false;
      else if (frame.type === "error") socket.drop();
    }
    socket.drop();
  }
  return seen;
}

it("[DEL1] [FOL1] [FOL3] [LOG1] [SUB6] every follower has every acknowledged message after crashes", {
  timeout: 240_000,
}, async () => {
  const all = { INBOX_MESSAGES_MAX: "100000", TOPIC_MESSAGES_MAX: "100000" };
  let hub = Promise.resolve(await startHub(inject("bundle"), all));
  const running = () => hub;
  for (const topic of TOPICS)
    for (const user of FOLLOWERS)
      await insist(running, "PUT", `/v1/users/${user}/follows/${topic}`);
  const stop = new AbortController();
  const publishers = TOPICS.map((topic) =>
    Array.from({ length: PUBLISHERS }, (_, i) =>
      publishTo(topic, `${topic}-${i}`, running, stop.signal),
    ),
  );
  const many = publishToMany(running, stop.signal);
  const watching = ["ada", "gina"].map((user) => watch(user, running));
  for (let kill = 0; kill < KILLS; kill++) {
    // No event of the hub may decide the moment of the kill, so it comes after a random time.
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 230));
    hub = hub.then((each) => each.restart());
    await hub;
  }
  stop.abort();
  const acknowledged = await Promise.all(publishers.map((each) => Promise.all(each)));
  const manyIds = await many;
  const { url } = await hub;
  for (const [i, topic] of TOPICS.entries()) {
    const path = `/v1/topics/${topic}/messages`;
    const { json } = await insist(running, "POST", path, { id: LAST, type: LAST });
    for (let behind = -1; behind !== 0; )
      ({ behind } = (await call(url, "GET", `${path}/${json.offset}/delivery`)).json);
    const ids = acknowledged[i]?.flat() ?? [];
    if (topic === "news") ids.push(...manyIds);
    expect(json.offset).toBe(ids.length + 1);
    const kept = await keptByTopic(url, topic);
    expect(kept.map(({ offset }) => offset)).toEqual(kept.map((_, at) => at + 1));
    expect(kept.map(({ id }) => id).sort()).toEqual([...ids, LAST].sort());
  }

  for (const user of FOLLOWERS) {
    const kept = await keptByUser(url, user);
    for (const [i, topic] of TOPICS.entries()) {
      const own = kept.filter((each) => each.topic === topic);
      const ids = [...(acknowledged[i]?.flat() ?? []), ...(topic === "news" ? manyIds : []), LAST];
      expect(own.map(({ topic_offset }) => topic_offset)).toEqual(own.map((_, at) => at + 1));
      expect(own.map(({ id }) => id).sort()).toEqual(ids.sort());
    }
  }
  for (const user of ["eve", "finn"])
    expect((await keptByUser(url, user)).map(({ id }) => id)).toEqual(manyIds);
  for (const seen of await Promise.all(watching))
    for (const [i, topic] of TOPICS.entries()) {
      const count = (acknowledged[i]?.flat().length ?? 0) + (topic === "news" ? manyIds.length : 0);
      const offsets = seen.get(topic)?.map(({ offset }) => offset) ?? [];
      expect(offsets).toEqual(Array.from({ length: count + 1 }, (_, at) => at + 1));
    }
  await (await hub).stop();
});
