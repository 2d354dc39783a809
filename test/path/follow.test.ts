// Follows through a whole hub: by a backend and by the user, their lists, their end, and the messages in
// the inbox.

import { expect, inject, it } from "vitest";
import { expectRefusal, fresh, inbox, messages } from "../support/attack.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { startHub } from "../support/hub.ts";
import { hubForAll } from "../support/hub-for-all.ts";
import {
  ask,
  dataOf,
  device,
  follow,
  followPath,
  followsOf,
  keptOf,
  may,
  say,
  topicPath,
  untilDelivered,
} from "../support/topic-requests.ts";

let url = "";
hubForAll((started) => {
  url = started;
});

it("[FOL2] [FOL4] a backend follows for a user: 201, 200 when it is repeated, and 204 for the end", async () => {
  const [user, first, second] = [fresh(), fresh(), fresh()];
  const path = followPath(user, second);
  const made = await call(url, "PUT", path);
  expect([made.status, made.json]).toEqual([201, { topic: second }]);
  const again = await call(url, "PUT", path);
  expect([again.status, again.json]).toEqual([200, { topic: second }]);
  await follow(url, user, first);
  const listed = { follows: [{ topic: first }, { topic: second }] };
  expect((await call(url, "GET", followsOf(user))).json).toEqual(listed);
  for (let time = 0; time < 2; time++) {
    const { status, text } = await call(url, "DELETE", path);
    expect([status, text]).toEqual([204, ""]);
  }
  expect((await call(url, "GET", followsOf(user))).json).toEqual({ follows: [{ topic: first }] });
});

it("[FOL4] a user follows with the cap, as `me` or by name, and stops without one", async () => {
  const [user, topic] = [fresh(), fresh()];
  const allowed = bearer(await tokenOf(user, may([topic], "follow")));
  const plain = bearer(await tokenOf(user, may([topic], "subscribe", "publish")));
  const put = (who: string, headers: Record<string, string>) =>
    call(url, "PUT", followPath(who, topic), undefined, headers);
  expectRefusal(await put("me", plain), 403, "insufficient_scope", "topic");
  expect((await put("me", allowed)).status).toBe(201);
  expect((await put(user, allowed)).status).toBe(200);
  const mine = await call(url, "GET", followsOf("me"), undefined, plain);
  expect(mine.json).toEqual({ follows: [{ topic }] });
  const ended = await call(url, "DELETE", followPath("me", topic), undefined, plain);
  expect(ended.status).toBe(204);
  expect((await call(url, "GET", followsOf(user))).json).toEqual({ follows: [] });
});

it("[FOL2] [FOL4] by frame: `follow` needs the cap, `unfollow` does not, and each reports its change", async () => {
  const [user, topic, other] = [fresh(), fresh(), fresh()];
  const { socket } = await device(url, user, may([topic], "follow"));
  const told = (changed: boolean) => ({ type: "reply", topic, changed });
  expect(await ask(socket, { type: "follow", topic })).toMatchObject(told(true));
  expect(await ask(socket, { type: "follow", topic })).toMatchObject(told(false));
  expect(await ask(socket, { type: "follow", topic: other })).toMatchObject({
    type: "error",
    code: "insufficient_scope",
    field: "topic",
  });
  expect((await call(url, "GET", followsOf(user))).json).toEqual({ follows: [{ topic }] });
  await say(url, topic, "kept");
  expect((await socket.messages()).messages).toMatchObject([{ data: "kept", topic_offset: 1 }]);
  expect(await ask(socket, { type: "unfollow", topic })).toMatchObject(told(true));
  expect(await ask(socket, { type: "unfollow", topic })).toMatchObject(told(false));
  await say(url, topic, "late");
  expect(await keptOf(url, user, topic)).toEqual([{ data: "kept", at: 1 }]);
  socket.drop();
});

it("[FOL1] [FOL2] later messages of the topic are notifications, with a device connected or not", async () => {
  const [user, topic] = [fresh(), fresh()];
  await say(url, topic, "before");
  await follow(url, user, topic);
  await say(url, topic, "away", "still away");
  await untilDelivered(url, topic, 3);
  const { socket, cursor } = await device(url, user, {});
  expect(cursor).toMatch(/:2$/);
  const notification = { title: "Hello", url: "/x" };
  const message = { id: "m", type: "a.b", category: "c", urgency: "high", notification };
  await call(url, "POST", messages(topic), { ...message, ttl: 600 });
  const step = await socket.messages();
  expect(step).toMatchObject({ since: 2, to: 3, counts: { unread: 3, unseen: 3, total: 3 } });
  expect(step.topic).toBeUndefined();
  const state = { seen_at: null, read_at: null, archived_at: null };
  const place = { source: "test", topic, topic_offset: 4, offset: 3 };
  expect(step.messages).toEqual([
    { ...message, ...state, ...place, time: expect.any(String), expires: expect.any(String) },
  ]);
  const read = await ask(socket, { type: "read", epoch: cursor.split(":")[0], offsets: [1] });
  expect(read).toMatchObject({ counts: { unread: 2, unseen: 2, total: 3 } });
  const { notifications } = (await call(url, "GET", inbox(user))).json;
  expect(dataOf(notifications)).toEqual([undefined, "still away", "away"]);
  socket.drop();
});

it("[FOL1] two topics and the user's own messages come into one inbox, each once", async () => {
  const [user, first, second] = [fresh(), fresh(), fresh()];
  for (const topic of [first, second]) await follow(url, user, topic);
  const to = [`topic:${first}`, `user:${user}`, `topic:${second}`];
  const { json } = await call(url, "POST", "/v1/publish", { to, id: "same", data: "x" });
  expect(json).toMatchObject({ stored: 3, failed: 0 });
  await untilDelivered(url, first, 1);
  await untilDelivered(url, second, 1);
  const { notifications, counts } = (await call(url, "GET", inbox(user))).json;
  expect(counts.total).toBe(3);
  const origins = notifications.map(({ topic }: { topic?: string }) => topic ?? null);
  expect(new Set(origins)).toEqual(new Set([first, second, null]));
});

it("[FOL3] [LOG3] a message published again with its id is not delivered twice", async () => {
  const [user, topic] = [fresh(), fresh()];
  await follow(url, user, topic);
  for (const status of [201, 200]) {
    const answer = await call(url, "POST", messages(topic), { id: "a", data: 1 });
    expect(answer.status).toBe(status);
  }
  await say(url, topic, 2);
  await untilDelivered(url, topic, 2);
  expect(await keptOf(url, user, topic)).toEqual([
    { data: 1, at: 1 },
    { data: 2, at: 2 },
  ]);
});

it("[FOL1] [LOG10] a message with ttl 0 reaches the follower's device and is not stored", async () => {
  const [user, topic] = [fresh(), fresh()];
  await follow(url, user, topic);
  const { socket } = await device(url, user, {});
  await call(url, "POST", messages(topic), { data: "now", ttl: 0 });
  const step = await socket.messages();
  expect(step.messages).toMatchObject([{ data: "now", offset: null, topic, topic_offset: null }]);
  expect((await call(url, "GET", inbox(user))).json.counts.total).toBe(0);
  socket.drop();
});

it("[FOL4] the backend lists a topic's followers by pages, finds one, and removes it", async () => {
  const topic = fresh();
  const users = ["a@x", "b|1", "c~d", "e", "f"].map((name) => `${topic}${name}`);
  for (const user of [...users].reverse())
    expect((await call(url, "PUT", followPath(encodeURIComponent(user), topic))).status).toBe(201);
  const followers = `${topicPath(topic)}/followers`;
  expect((await call(url, "GET", followers)).json).toEqual({ followers: users, next: null });
  const pages: string[][] = [];
  for (let after: string | null = ""; after !== null; ) {
    const query = `?limit=2&after=${encodeURIComponent(after)}`;
    const { json } = await call(url, "GET", followers + query);
    pages.push(json.followers);
    after = json.next;
  }
  expect(pages).toEqual([users.slice(0, 2), users.slice(2, 4), users.slice(4)]);
  const [user = ""] = users;
  const one = `${followers}/${encodeURIComponent(user)}`;
  expect((await call(url, "GET", one)).json).toEqual({ user, topic });
  expect((await call(url, "DELETE", one)).status).toBe(204);
  expectRefusal(await call(url, "GET", one), 404, "not_found");
  await say(url, topic, "x");
  expect(await untilDelivered(url, topic, 1)).toEqual({ members: 4, delivered: 4, behind: 0 });
  expect(await keptOf(url, encodeURIComponent(user), topic)).toEqual([]);
  expect(await keptOf(url, encodeURIComponent(users[1] as string), topic)).toHaveLength(1);
});

it("[LOG14] an erased user follows nothing any more, and the export lists the follows", async () => {
  const [user, topic] = [fresh(), fresh()];
  await follow(url, user, topic);
  await say(url, topic, "x");
  await untilDelivered(url, topic, 1);
  const [about, message] = (await call(url, "GET", `/v1/users/${user}/export`)).text.split("\n");
  expect(JSON.parse(about as string)).toMatchObject({ user, follows: [topic] });
  expect(JSON.parse(message as string)).toMatchObject({ data: "x", topic, topic_offset: 1 });
  expect((await call(url, "DELETE", `/v1/users/${user}`)).status).toBe(204);
  expect((await call(url, "GET", `${topicPath(topic)}/followers`)).json.followers).toEqual([]);
  expect((await call(url, "GET", followsOf(user))).json).toEqual({ follows: [] });
  await say(url, topic, "y");
  expect((await call(url, "GET", inbox(user))).json.cursor).toBe("0:0");
});

it("[DEL5] a message reports the members that have it; an offset beyond the head is a 404", async () => {
  const [first, second, topic] = [fresh(), fresh(), fresh()];
  await say(url, topic, "to nobody");
  const of = (offset: number) => call(url, "GET", `${messages(topic)}/${offset}/delivery`);
  expect((await of(1)).json).toEqual({ members: 0, delivered: 0, behind: 0 });
  for (const user of [first, second]) await follow(url, user, topic);
  await say(url, topic, "to two");
  expect(await untilDelivered(url, topic, 2)).toEqual({ members: 2, delivered: 2, behind: 0 });
  expectRefusal(await of(3), 404, "not_found");
});

it("[TOP6] a user with the cap to subscribe reads a message by its offset", async () => {
  const topic = fresh();
  await say(url, topic, "one", "two");
  const get = (offset: number, headers: Record<string, string> = {}) =>
    call(url, "GET", `${messages(topic)}/${offset}`, undefined, headers);
  const reader = bearer(await tokenOf("ada", may([topic], "subscribe")));
  const other = bearer(await tokenOf("ada", may([topic], "publish", "follow")));
  for (const headers of [{}, reader])
    expect((await get(2, headers)).json).toMatchObject({ offset: 2, data: "two", source: "test" });
  expectRefusal(await get(2, other), 403, "insufficient_scope", "topic");
  expectRefusal(await get(3), 404, "not_found");
});

it("[DEL1] a follower gets the messages published after the hub was killed and restarted", async () => {
  const other = await startHub(inject("bundle"));
  const [user, topic] = [fresh(), fresh()];
  await follow(other.url, user, topic);
  await say(other.url, topic, 1);
  const back = await other.restart();
  await say(back.url, topic, 2);
  await untilDelivered(back.url, topic, 2);
  expect(await keptOf(back.url, user, topic)).toEqual([
    { data: 1, at: 1 },
    { data: 2, at: 2 },
  ]);
  await back.stop();
});
