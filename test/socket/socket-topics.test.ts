// Obstacles to a user's subscriptions and follows: topics that fail, and the limits on how many.

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Inbox } from "../../src/inbox/inbox.ts";
import type { Caps } from "../../src/protocol/caps.ts";
import type { DownFrame } from "../../src/protocol/down.ts";
import type { Topic } from "../../src/topic/topic.ts";
import hub from "../../src/worker.ts";
import { tokenOf } from "../support/backend.ts";
import {
  holdUntil,
  interceptJoin,
  keptOf,
  type Named,
  namedTopic,
  namedUser,
  until,
  untilDelivered,
} from "../support/member.ts";
import { BOTH, connect, draft, type ObjectSocket } from "../support/object.ts";
import { API_KEY } from "../support/vars.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Makes every join of a topic fail until the returned function is called. */
const breakJoin = (topic: Named<Topic>) =>
  interceptJoin(topic, () => () => Promise.reject(new Error("broken for a test")));

const ALL: Caps = { "topic:*": ["subscribe", "follow"] };

async function device(user: Named<Inbox>, topics: string[] = [], caps = ALL) {
  const named = topics.map((topic) => ({ topic, since: "latest" as const }));
  const socket = await connect(user.stub, "latest", { user: user.name, caps }, named);
  await socket.nextOf("connected");
  return socket;
}

/** Removes and returns the first frame that passes, of those received and those still to come. */
async function taken(socket: ObjectSocket, isMeant: (frame: DownFrame) => boolean) {
  await until(async () => socket.frames.some(isMeant));
  return socket.frames.splice(socket.frames.findIndex(isMeant), 1)[0] as DownFrame;
}

/** Sends a frame and returns the answer to it. */
function ask(socket: ObjectSocket, frame: Record<string, unknown>): Promise<DownFrame> {
  const id = crypto.randomUUID();
  socket.send({ ...frame, id });
  return taken(
    socket,
    (each) => (each.type === "reply" || each.type === "error") && each.id === id,
  );
}

const about = (type: string, topic: Named<Topic>) => ({ type, topic: topic.name, since: "latest" });

describe("a topic that fails", () => {
  it("[SUB1] [SOC10] is reported by a temporary error, and the connection goes on", async () => {
    const [ada, failing, other] = [namedUser(), namedTopic(), namedTopic()];
    const mend = breakJoin(failing);
    const socket = await device(ada);
    const refused = { type: "error", code: "internal", temporary: true };
    expect(await ask(socket, about("subscribe", failing))).toMatchObject(refused);
    expect(await ask(socket, about("follow", failing))).toMatchObject(refused);
    expect(await ask(socket, about("unsubscribe", failing))).toMatchObject({ changed: false });
    expect(await ask(socket, about("subscribe", other))).toMatchObject({ type: "reply" });
    expect(await ada.stub.following("backend")).toEqual([]);
    mend();
    expect(await ask(socket, about("subscribe", failing))).toMatchObject({ type: "reply" });
    expect(await ask(socket, about("follow", failing))).toMatchObject({ changed: true });
    await failing.stub.publish([draft("x")]);
    await untilDelivered(failing, 1);
    expect(await keptOf(ada, failing.name)).toEqual([{ data: "x", at: 1 }]);
    await socket.roundTrip();
    const steps = socket.frames.flatMap((each) => (each.type === "messages" ? [each.topic] : []));
    expect(steps).toEqual([failing.name, undefined]);
    socket.ws.close();
  });

  it("[SUB5] holds up none of the others that a connect names", async () => {
    const [ada, failing, other] = [namedUser(), namedTopic(), namedTopic()];
    const mend = breakJoin(failing);
    const socket = await device(ada, [failing.name, other.name]);
    const isAnswer = ({ type }: DownFrame) => type === "reply" || type === "error";
    const answers = [await taken(socket, isAnswer), await taken(socket, isAnswer)];
    expect(new Set(answers.map(({ type }) => type))).toEqual(new Set(["error", "reply"]));
    expect(answers.find(({ type }) => type === "error")).toMatchObject({
      ...{ id: null, topic: failing.name, code: "temporary", temporary: true },
    });
    expect(answers.find(({ type }) => type === "reply")).toMatchObject({ topic: other.name });
    for (const topic of [failing, other]) await topic.stub.publish([draft("x")]);
    expect(await socket.messages()).toMatchObject({ topic: other.name });
    mend();
    socket.ws.close();
  });

  it("[FOL2] is not followed, and once it works again, repeated calls follow it once", async () => {
    const [ada, failing] = [namedUser(), namedTopic()];
    const mend = breakJoin(failing);
    const tries = [
      ada.stub.follow(failing.name, "backend"),
      ada.stub.follow(failing.name, "backend"),
    ];
    for (const each of await Promise.allSettled(tries)) expect(each.status).toBe("rejected");
    expect(await ada.stub.following("backend")).toEqual([]);
    mend();
    const both = [
      ada.stub.follow(failing.name, "backend"),
      ada.stub.follow(failing.name, "backend"),
    ];
    expect((await Promise.all(both)).sort()).toEqual([false, true]);
    expect(await failing.stub.followers("", 10)).toEqual([ada.name]);
    expect(await ada.stub.unfollow(failing.name, "backend")).toBe(true);
    expect(await ada.stub.following("backend")).toEqual([]);
  });

  it("[SUB8] does not restore a subscription that a refresh ended, its own or another", async () => {
    const [ada, failing, other] = [namedUser(), namedTopic(), namedTopic()];
    const socket = await device(ada);
    for (const topic of [failing, other])
      expect(await ask(socket, about("subscribe", topic))).toMatchObject({ type: "reply" });
    const mend = breakJoin(failing);
    const token = await tokenOf(ada.name);
    expect(await ask(socket, { type: "refresh", token })).toMatchObject({ type: "reply" });
    mend();
    socket.frames.length = 0;
    for (const topic of [failing, other]) {
      await topic.stub.publish([draft("secret")]);
      await untilDelivered(topic, 1);
    }
    await socket.roundTrip();
    expect(socket.frames.filter(({ type }) => type === "messages")).toEqual([]);
    socket.ws.close();
  });
});

describe("[FOL5] the limits on following", () => {
  const upTo = (count: number) =>
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;

  /** Raises the follows of a user from one topic to a thousand. */
  async function fillFollows(user: Named<Inbox>): Promise<void> {
    await runInDurableObject(user.stub, (_inbox, { storage: { sql } }) => {
      sql.exec(`INSERT INTO follows (topic, epoch, cursor, floor)
                ${upTo(999)} SELECT 'x' || i, '0', 0, 0 FROM n`);
      const { text } = sql.exec<{ text: string }>("SELECT text FROM checkpoint").one();
      const checkpoint = JSON.parse(text) as unknown[];
      Object.assign(checkpoint[checkpoint.length - 1] as object, { follows: 1_000 });
      sql.exec("UPDATE checkpoint SET text = ?", JSON.stringify(checkpoint));
    });
    await evictDurableObject(user.stub);
  }

  /** Raises the members of a topic from one to ten thousand. */
  async function fillMembers(topic: Named<Topic>, follows = 1): Promise<void> {
    await runInDurableObject(topic.stub, (_topic, { storage: { sql } }) => {
      sql.exec(`INSERT INTO members (member, follows, attempts)
                ${upTo(9_999)} SELECT 'user:x' || i, ${follows}, 0 FROM n`);
    });
    await evictDurableObject(topic.stub);
  }

  it("are 1,000 topics of one user; a topic already followed is not one more", async () => {
    const [ada, first, second] = [namedUser(), namedTopic(), namedTopic()];
    await ada.stub.follow(first.name, "backend");
    await fillFollows(ada);
    expect(await ada.stub.following("backend")).toHaveLength(1_000);
    const socket = await device(ada);
    expect(await ask(socket, about("follow", second))).toMatchObject({
      ...{ type: "error", code: "member_limit", field: "topic", temporary: false },
    });
    expect(await second.stub.followers("", 10)).toEqual([]);
    expect(await ask(socket, about("follow", first))).toMatchObject({ changed: false });
    expect(await ask(socket, { type: "unfollow", topic: "x1" })).toMatchObject({ changed: true });
    // Of two calls at once there is room for one.
    const both = [second, namedTopic()].map(({ name }) => ada.stub.follow(name, "backend"));
    const results = await Promise.all(both);
    expect(results).toContain(true);
    expect(results).toContainEqual(expect.objectContaining({ code: "member_limit" }));
    expect(await ada.stub.following("backend")).toHaveLength(1_000);
    socket.ws.close();
  });

  it("are 10,000 members of one topic; a member that joins again is not one more", async () => {
    const [ada, bob, topic] = [namedUser(), namedUser(), namedTopic()];
    await ada.stub.follow(topic.name, "backend");
    await fillMembers(topic);
    const refused = { code: "member_limit", field: "topic" };
    const socket = await device(bob);
    expect(await ask(socket, about("follow", topic))).toMatchObject({ type: "error", ...refused });
    expect(await bob.stub.following("backend")).toEqual([]);
    expect(await ask(socket, about("subscribe", topic))).toMatchObject({
      type: "error",
      ...refused,
    });
    expect(await ada.stub.follow(topic.name, "backend")).toBe(false);
    await ada.stub.unfollow(topic.name, "backend");
    expect(await ask(socket, about("subscribe", topic))).toMatchObject({ type: "reply" });
    expect(await topic.stub.standing()).toMatchObject({ members: 10_000 });
    socket.ws.close();
  });

  it("[DEL3] make room where watchers have left without a word", async () => {
    const [ada, bob, topic] = [namedUser(), namedUser(), namedTopic()];
    await ada.stub.follow(topic.name, "backend");
    await fillMembers(topic, 0);
    const socket = await device(bob);
    const refused = { type: "error", code: "member_limit" };
    expect(await ask(socket, about("subscribe", topic))).toMatchObject(refused);
    await until(async () => (await topic.stub.standing()).members < 10_000);
    expect(await ask(socket, about("subscribe", topic))).toMatchObject({ type: "reply" });
    socket.ws.close();
  });

  it("are reported over HTTP too, as errors that are not temporary", async () => {
    const [ada, bob, full, other] = [namedUser(), namedUser(), namedTopic(), namedTopic()];
    await ada.stub.follow(full.name, "backend");
    await fillFollows(ada);
    await fillMembers(full);
    for (const [user, topic] of [
      [ada, other],
      [bob, full],
    ] as const) {
      const path = `http://localhost/v1/users/${user.name}/follows/${topic.name}`;
      const headers = { authorization: `Bearer ${API_KEY}` };
      const answer = await hub.fetch(new Request(path, { method: "PUT", headers }), env);
      expect(await answer.json()).toMatchObject({
        ...{ status: 429, code: "member_limit", field: "topic", temporary: false },
      });
    }
  });
});

/** Caps of nearly 4 KiB that allow everything. */
function wideCaps(): Caps {
  const wide: Caps = { ...ALL };
  for (let n = 0; JSON.stringify(wide).length < 3_900; n++)
    wide[`topic:${"y".repeat(100)}${n}`] = ["subscribe", "follow"];
  return wide;
}

const longNames = (count: number, user: Named<Inbox>) =>
  Array.from({ length: count }, (_, n) => `${n}-${user.name}-`.padEnd(128, "x"));

const repliesOf = ({ frames }: ObjectSocket) => frames.filter(({ type }) => type === "reply");

it("[SOC3] [SUB7] a refresh whose caps do not fit is refused, and the connection goes on", async () => {
  const ada = namedUser();
  const topics = longNames(100, ada);
  const socket = await device(ada, topics);
  await until(async () => repliesOf(socket).length === 100);
  const token = await tokenOf(ada.name, wideCaps());
  const refused = await ask(socket, { type: "refresh", token });
  expect(refused).toMatchObject({ type: "error", code: "connection_limit" });
  // A frame that is not JSON and a valid one are both still answered.
  socket.send("x");
  await taken(socket, ({ type }) => type === "error");
  const ended = await ask(socket, { type: "unsubscribe", topic: topics[0] });
  expect(ended).toMatchObject({ changed: true });
  socket.ws.close();
});

it("[SUB5] [FOL2] a topic that joins after such a refresh is answered, and holds up no call about it", async () => {
  const [ada, slow] = [namedUser(), namedTopic()];
  let isLet = false;
  interceptJoin(slow, (own) => async (joining) => {
    await holdUntil(() => isLet);
    return own(joining);
  });
  const socket = await device(ada, [...longNames(99, ada), slow.name]);
  await until(async () => repliesOf(socket).length === 99);
  const token = await tokenOf(ada.name, wideCaps());
  await ask(socket, { type: "refresh", token });
  isLet = true;
  const late = new Promise((_, reject) => {
    AbortSignal.timeout(1_000).onabort = () => reject(new Error("it waits for the join for ever"));
  });
  await Promise.race([ada.stub.unfollow(slow.name, "backend"), late]);
  await until(async () =>
    socket.frames.some((frame) => frame.type === "reply" && frame.topic === slow.name),
  );
  socket.ws.close();
});

/** Holds the next join of a topic until `letIn` is called. */
function holdJoin(topic: Named<Topic>) {
  let [isAsked, isLet] = [false, false];
  interceptJoin(topic, (own) => async (asked) => {
    if (isAsked) return own(asked);
    isAsked = true;
    await holdUntil(() => isLet);
    return own(asked);
  });
  const letIn = () => {
    isLet = true;
  };
  return { untilAsked: () => until(async () => isAsked), letIn };
}

/** Connects with a topic and holds its join until `letIn` is called. */
async function joining(user: Named<Inbox>, topic: Named<Topic>) {
  const { untilAsked, letIn } = holdJoin(topic);
  const socket = await device(user, [topic.name]);
  await untilAsked();
  return { socket, letIn };
}

it("[SUB1] an unsubscribe ends a subscription of the connect, also while it still joins", async () => {
  const [ada, slow] = [namedUser(), namedTopic()];
  const { socket, letIn } = await joining(ada, slow);
  const ended = ask(socket, { type: "unsubscribe", topic: slow.name });
  await (await device(ada)).roundTrip();
  letIn();
  expect(await ended).toMatchObject({ changed: true });
  await slow.stub.publish([draft("later")]);
  await untilDelivered(slow, 1);
  await socket.roundTrip();
  expect(socket.frames.filter(({ type }) => type === "messages")).toEqual([]);
  expect(await slow.stub.standing()).toMatchObject({ members: 0 });
});

it("[SUB8] a refresh without the cap ends a subscription of the connect, also while it still joins", async () => {
  const [ada, slow] = [namedUser(), namedTopic()];
  const { socket, letIn } = await joining(ada, slow);
  const refreshed = ask(socket, { type: "refresh", token: await tokenOf(ada.name) });
  await (await device(ada)).roundTrip();
  letIn();
  expect(await refreshed).toMatchObject({ type: "reply" });
  await slow.stub.publish([draft("secret")]);
  await untilDelivered(slow, 1);
  await socket.roundTrip();
  expect(socket.frames.filter(({ type }) => type === "messages")).toEqual([]);
});

describe.each(BOTH)(
  "a socket of objects that are $name, closed while it joins a topic",
  ({ rest }) => {
    /** The ways to join: by frame, to an object that has rested before, or with the connect. */
    const WAYS = [
      {
        how: "by frame",
        begin: async (user: Named<Inbox>, topic: Named<Topic>) => {
          const socket = await device(user);
          await rest(user.stub);
          const { untilAsked, letIn } = holdJoin(topic);
          socket.send({ ...about("subscribe", topic), id: 1 });
          await untilAsked();
          return { socket, letIn };
        },
      },
      { how: "with the connect", begin: joining },
    ];

    const membersOf = async ({ stub }: Named<Topic>) => (await stub.standing()).members;

    it.each(WAYS)(
      "[DEL3] [SOC9] $how, leaves no member behind, and nothing waits for it",
      async ({ begin }) => {
        const [ada, slow, elsewhere] = [namedUser(), namedTopic(), namedTopic()];
        const other = await device(ada);
        const { socket, letIn } = await begin(ada, slow);
        socket.ws.close(4321, "bye");
        expect(await socket.nextClose()).toEqual({ code: 4321, reason: "bye" });
        expect(await ask(other, about("subscribe", elsewhere))).toMatchObject({ type: "reply" });
        expect(await membersOf(slow)).toBe(0);
        letIn();
        await until(async () => (await membersOf(slow)) === 1);
        for (const { stub } of [slow, ada]) await rest(stub);
        await slow.stub.publish([draft("to nobody")]);
        await until(async () => (await membersOf(slow)) === 0);
        const open = await runInDurableObject(ada.stub, (_inbox, state) => state.getWebSockets());
        expect(open).toHaveLength(1);
        // The closed socket has left nothing behind that hinders another.
        const begun = await ask(other, about("subscribe", slow));
        expect(begun).toMatchObject({ type: "reply", offset: 1 });
        await slow.stub.publish([draft("to one")]);
        const step = { topic: slow.name, since: 1, to: 2, messages: [{ data: "to one" }] };
        expect(await other.messages()).toMatchObject(step);
        other.ws.close();
      },
    );

    it.each(WAYS)(
      "[DEL3] [SUB3] $how, takes nothing from a device that joins the same topic beside it",
      async ({ begin }) => {
        const [ada, slow] = [namedUser(), namedTopic()];
        const other = await device(ada);
        const { socket, letIn } = await begin(ada, slow);
        expect(await ask(other, about("subscribe", slow))).toMatchObject({ type: "reply" });
        socket.ws.close(4321, "bye");
        await socket.nextClose();
        // The delivery goes on when the join of the closed socket has ended.
        await slow.stub.publish([draft(1)]);
        letIn();
        const first = { topic: slow.name, since: 0, to: 1, messages: [{ data: 1 }] };
        expect(await other.messages()).toMatchObject(first);
        await untilDelivered(slow, 1);
        for (const { stub } of [slow, ada]) await rest(stub);
        await slow.stub.publish([draft(2)]);
        const second = { topic: slow.name, since: 1, to: 2, messages: [{ data: 2 }] };
        expect(await other.messages()).toMatchObject(second);
        await untilDelivered(slow, 2);
        expect(await membersOf(slow)).toBe(1);
        other.ws.close();
      },
    );
  },
);

it("[DEL5] a member that only watches counts as delivered, also after the topic has rested", async () => {
  const [ada, topic] = [namedUser(), namedTopic()];
  const socket = await device(ada, [topic.name]);
  await taken(socket, ({ type }) => type === "reply");
  for (let n = 1; n <= 2; n++) {
    await topic.stub.publish([draft(n)]);
    expect(await socket.messages()).toMatchObject({ to: n });
  }
  await evictDurableObject(topic.stub);
  expect(await topic.stub.delivery(2)).toEqual({ members: 1, delivered: 1, behind: 0 });
  socket.ws.close();
});
