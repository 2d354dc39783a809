// Hostile messages from a topic to its members, one test for each attack: they arrive unchanged, and hide
// nothing.

import { describe, expect, it } from "vitest";
import { newKey } from "../../src/operate/credentials.ts";
import {
  allOf,
  expectRefusal,
  expectUntouched,
  fresh,
  inbox,
  many,
  messages,
} from "../support/attack.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { hubForAll } from "../support/hub-for-all.ts";
import {
  ask,
  dataOf,
  device,
  follow,
  keptOf,
  may,
  rest,
  say,
  stepsOf,
  subscribe,
  untilDelivered,
} from "../support/topic-requests.ts";
import { TEST_VARS } from "../support/vars.ts";
import { View } from "../support/view.ts";

const writer = newKey("writer", ["publish"]);

const keys = [...JSON.parse(TEST_VARS.API_KEYS), writer.entry];
let url = "";
hubForAll(
  (started) => {
    url = started;
  },
  { API_KEYS: JSON.stringify(keys) },
);

describe("`exclude`", () => {
  it.each([
    ["a name that is none", '"c_x"'],
    ["an empty name", '""'],
    ["a pattern", '"*"'],
    ["a name in capitals", `"C_${"0".repeat(36)}"`],
    ["a name with more behind it", `"c_${"0".repeat(36)}0"`],
    ["a name with a newline behind it", `"c_${"0".repeat(36)}\\n"`],
    ["a list of names", `["c_${"0".repeat(36)}"]`],
    ["a number", "1"],
    ["null", "null"],
  ])("of %s", async (_, exclude) => {
    const topic = fresh();
    const body = `{"type":"x","exclude":${exclude}}`;
    const answer = await call(url, "POST", messages(topic), body);
    expectRefusal(answer, 422, "invalid_params", "exclude");
    const { socket } = await device(url, fresh(), may([topic], "publish"));
    socket.send(`{"type":"publish","id":1,"topic":"${topic}","message":${body}}`);
    expect(await socket.next()).toMatchObject({ code: "invalid_params", field: "exclude" });
    await expectUntouched(url, messages(topic));
    socket.drop();
  });

  it("of someone else's connection hides nothing for good, and reveals no connection's name", async () => {
    const topic = fresh();
    const caps = may([topic], "subscribe", "publish");
    const victim = await device(url, fresh(), caps);
    const eve = await device(url, fresh(), caps);
    for (const { socket } of [victim, eve]) await subscribe(socket, topic, "latest");
    const message = { data: "hidden", exclude: victim.connection };
    await ask(eve.socket, { type: "publish", topic, message });
    await ask(victim.socket, { type: "publish", topic, message: { data: "seen" } });
    await untilDelivered(url, topic, 2);
    await rest(victim.socket);
    await rest(eve.socket);
    // Its cursor advances, so that it does not fetch the excluded message by itself …
    const view = new View();
    view.offset = 0;
    for (const step of stepsOf(victim.socket.arrived, topic)) expect(view.apply(step)).toBe(true);
    expect([view.offset, dataOf(view.applied)]).toEqual([2, ["seen"]]);
    // … and an explicit subscription returns it.
    await subscribe(victim.socket, topic, "0:0");
    expect(dataOf((await victim.socket.messages()).messages)).toEqual(["hidden", "seen"]);
    // Only the victim's own `connected` names its connection.
    const history = (await call(url, "GET", messages(topic))).text;
    expect(JSON.stringify(eve.socket.arrived) + history).not.toContain(victim.connection);
    for (const { socket } of [victim, eve]) socket.drop();
  });

  it("of a connection that is not there, three hundred times in a list", async () => {
    const [user, topic] = [fresh(), fresh()];
    await follow(url, user, topic);
    const { socket } = await device(url, user, may([topic], "subscribe"));
    await subscribe(socket, topic, "latest");
    const list = many(300, (data) => ({ data, exclude: `c_${crypto.randomUUID()}` }));
    expect((await call(url, "POST", messages(topic), list)).json).toMatchObject({ stored: 300 });
    await untilDelivered(url, topic, 300);
    const all = stepsOf(await rest(socket), topic).flatMap(({ messages: told }) => told);
    expect(dataOf(all)).toEqual(many(300, (i) => i));
    socket.drop();
  });

  it("in a user's own inbox, where it would take a notification from a device", async () => {
    const user = fresh();
    const { socket, connection } = await device(url, user, {});
    const answer = await call(url, "POST", inbox(user), { data: "x", exclude: connection });
    const told = stepsOf(await rest(socket), null).flatMap(({ messages: each }) => dataOf(each));
    socket.drop();
    expect(answer.status === 422 || told.includes("x")).toBe(true);
  });
});

describe("a message through a follow", () => {
  const UNICODE = [
    "\u0000\u0001\u001f\u007f\u0080\u2028\u2029\ufeff\uffff",
    "🔔👩‍👩‍👧‍👦\u202e gnol",
    "\ud83d alone",
    '"},"topic":"other","topic_offset":9,{"',
    "</script><!--",
    "data: x\n\nevent: expired\n\n",
  ];

  it("with data of every kind", async () => {
    const [user, topic] = [fresh(), fresh()];
    await follow(url, user, topic);
    const { socket } = await device(url, user, may([topic], "subscribe"));
    await subscribe(socket, topic, "latest");
    const data = { list: UNICODE, [UNICODE[0] as string]: { topic: "x", topic_offset: 0 } };
    const body = `{"data":${JSON.stringify(data)},"notification":{"title":${JSON.stringify(UNICODE[1])}}}`;
    expect((await call(url, "POST", messages(topic), body)).status).toBe(201);
    await untilDelivered(url, topic, 1);
    expect(await keptOf(url, user, topic)).toEqual([{ data, at: 1 }]);
    const told = await rest(socket);
    for (const of of [topic, null])
      expect(stepsOf(told, of)[0]?.messages).toMatchObject([
        { data, notification: { title: UNICODE[1] } },
      ]);
    socket.drop();
  });

  it("with a __proto__ in its data", async () => {
    const [user, topic] = [fresh(), fresh()];
    await follow(url, user, topic);
    const data = '{"__proto__":{"polluted":true},"constructor":1}';
    await call(url, "POST", messages(topic), `{"data":${data}}`);
    await untilDelivered(url, topic, 1);
    expect((await call(url, "GET", inbox(user))).text).toContain(`"data":${data}`);
  });

  it("of 64 KiB, and batches of more than one MiB", async () => {
    const [user, topic] = [fresh(), fresh()];
    await follow(url, user, topic);
    const { socket } = await device(url, user, may([topic], "subscribe"));
    await subscribe(socket, topic, "latest");
    // With its id and source the message has exactly the allowed bytes, in characters of three bytes.
    const frame = JSON.stringify({ id: "", source: "test", data: "" }).length - 2;
    const text = (id: string) => "€".repeat(Math.floor((65_536 - frame - id.length) / 3));
    const lists = many(4, (list) =>
      many(5, (i) => ({ id: `${list}-${i}`, data: text(`${list}-${i}`) })),
    );
    const answers = await Promise.all(
      lists.map((list) => call(url, "POST", messages(topic), list)),
    );
    for (const { json } of answers) expect(json).toMatchObject({ stored: 5, failed: 0 });
    await untilDelivered(url, topic, 20);
    const order = await call(url, "GET", messages(topic));
    const ids = order.json.messages.map(({ id }: { id: string }) => id);
    const { notifications } = (await call(url, "GET", inbox(user))).json;
    const kept = notifications.map(({ id, topic_offset: at, data }: Record<string, unknown>) => {
      expect(data).toBe(text(id as string));
      return [id, at];
    });
    expect(kept.reverse()).toEqual(ids.map((id: string, i: number) => [id, i + 1]));
    const view = new View();
    view.offset = 0;
    for (const step of stepsOf(await rest(socket), topic)) expect(view.apply(step)).toBe(true);
    expect(view.applied.map(({ id }) => id)).toEqual(ids);
    const tooLarge = { id: "large", data: `${text("large")}€` };
    const refused = await call(url, "POST", messages(topic), tooLarge);
    expectRefusal(refused, 413, "payload_too_large");
    socket.drop();
  });

  it("that claims to come from a topic", async () => {
    const [user, topic] = [fresh(), fresh()];
    for (const path of [inbox(user), messages(topic)])
      for (const [field, value] of [
        ["topic", "news"],
        ["topic_offset", 1],
        ["from", { topic: "news", offset: 1, expires: null }],
      ] as const) {
        const answer = await call(url, "POST", path, { type: "x", [field]: value });
        expectRefusal(answer, 422, "invalid_params", field);
      }
    await expectUntouched(url, inbox(user));
  });

  it("forged as a gap by a user still has that user's name", async () => {
    const [victim, topic] = [fresh(), fresh()];
    await follow(url, victim, topic);
    const eve = bearer(await tokenOf("eve", allOf(topic)));
    const gap = { type: "belfry.gap", data: { topic, since: 0, to: 1_000_000 } };
    const claimed = await call(url, "POST", messages(topic), { ...gap, source: "belfry" }, eve);
    expectRefusal(claimed, 403, "insufficient_scope", "source");
    await call(url, "POST", messages(topic), gap, eve);
    const { offset } = await say(url, topic, "after");
    await untilDelivered(url, topic, offset);
    const { notifications } = (await call(url, "GET", inbox(victim))).json;
    // The forged gap moves no cursor: later messages still arrive, and it has its publisher's name.
    expect(notifications).toMatchObject([
      { data: "after", topic_offset: 2 },
      { type: "belfry.gap", source: "user:eve", topic_offset: 1 },
    ]);
  });

  it("forged as the hub's own by a backend", async () => {
    const gap = { type: "belfry.gap", source: "belfry", data: {} };
    const answer = await call(url, "POST", messages(fresh()), gap, bearer(writer.key));
    expectRefusal(answer, 422, "invalid_params", "source");
  });
});
