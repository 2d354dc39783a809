// Hostile frames and connections, one test for each attack: the exact error or close code, nothing
// stored, and nobody else disturbed.

import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import {
  allOf,
  byRefusal,
  expectRefusal,
  expectUntouched,
  fresh,
  inbox,
  inboxSocket,
  link,
  many,
  messages,
  nested,
  offer,
  raw,
  refusedSocket,
  UPGRADE,
} from "../support/attack.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { hubForAll } from "../support/hub-for-all.ts";
import { TestSocket } from "../support/socket.ts";

let url = "";
hubForAll((started) => {
  url = started;
});

/** Opens a socket on a fresh topic that it may publish to. */
async function topicSocket(topic = fresh(), headers: Record<string, string> = {}) {
  const token = await tokenOf("ada", allOf(topic));
  const options = { protocols: offer(token), headers };
  const socket = new TestSocket(url, `/v1/topics/${topic}/connect?since=latest`, options);
  await socket.nextOf("connected");
  return { socket, topic };
}

/** Opens the same; returns its TCP connection as well, for bytes that no client would send. */
async function rawSocket(topic = fresh()) {
  const token = await tokenOf("ada", allOf(topic));
  const path = `/v1/topics/${topic}/connect?since=latest`;
  const socket = new TestSocket(url, path, { protocols: offer(token) });
  const tcp = new Promise<Socket>((resolve) =>
    socket.ws.on("upgrade", (response) => resolve(response.socket)),
  );
  await socket.nextOf("connected");
  return { socket, topic, tcp: await tcp };
}

/** Returns a frame masked with zeros, which leave the payload unchanged. */
function frameOf(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const size = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...size, 0, 0, 0, 0]), payload]);
}

/** Expects no other answer: the reply to one more frame must be the next frame to arrive. */
async function expectNothingMore(socket: TestSocket): Promise<void> {
  socket.send({ type: "history", id: "last", limit: 1 });
  expect(await socket.next()).toMatchObject({ type: "reply", id: "last" });
}

const publish = (message: string) => `{"type":"publish","id":1,"message":${message}}`;

const FRAMES: Record<
  string,
  [attack: string, frame: string | Buffer, field?: string | undefined][]
> = {
  bad_request: [
    ["that is binary", Buffer.from('{"type":"history"}')],
    ["that is malformed JSON", '{"type":'],
    ["that is a list", "[]"],
    ["that is empty", ""],
    ["of an unknown type", '{"type":"toString"}', "type"],
    ["with a type in its prototype", '{"__proto__":{"type":"history"}}', "type"],
    ["with a negative page", '{"type":"history","before":-1}', "before"],
    ["with an endless page", '{"type":"history","limit":1e9}', "limit"],
    ["with a negative `up_to`", '{"type":"read","epoch":"0","up_to":-1}', "up_to"],
    ["with half an offset", '{"type":"read","epoch":"0","offsets":[0.5]}', "offsets"],
    ["without an epoch", '{"type":"read","offsets":[1]}', "epoch"],
    ["to no topic", '{"type":"publish","topic":"*","message":{"type":"x"}}', "topic"],
    ["without a message", '{"type":"publish"}', "message"],
    ["with an empty message", publish("{}")],
    ["nested too deep", publish(`{"data":${nested(20_000)}}`)],
    ["with a duplicate key", publish('{"type":"a","type":"b"}')],
    ["that marks where nothing has a state", '{"type":"read","epoch":"0","offsets":[1]}'],
  ],
  invalid_params: [
    ["with an unknown field", publish('{"titel":"x"}'), "titel"],
    ["with a javascript: link", publish(link("javascript:1")), "notification.url"],
  ],
  payload_too_large: [
    ["that is oversize", `{"type":"history","x":"${"x".repeat(262_144)}"}`],
    ["that is huge", "x".repeat(4_000_000)],
    ["with an oversize message", publish(`{"data":"${"x".repeat(65_536)}"}`)],
  ],
  insufficient_scope: [
    ["with the source of another", publish('{"type":"x","source":"test"}'), "source"],
  ],
};

describe("a frame", () => {
  it.each(byRefusal(FRAMES))("$row.0", async ({ refusal: code, row: [, frame, field] }) => {
    const { socket, topic } = await topicSocket();
    socket.ws.send(frame);
    const error = (await socket.next()) as { type: string; code: string; field?: string };
    const said = { type: error.type, code: error.code, field: error.field };
    expect(said).toEqual({ type: "error", code, field });
    await expectNothingMore(socket);
    await expectUntouched(url, messages(topic));
  });

  it("of invalid UTF-8", async () => {
    const { socket, topic } = await topicSocket();
    socket.ws.send(Buffer.from([0xff, 0xfe, 0x7b, 0x7d]), { binary: false });
    expect(await socket.next()).toMatchObject({ type: "error", code: "bad_request" });
    await expectUntouched(url, messages(topic));
  });

  it("whose refusal would be longer than a frame", async () => {
    const { socket } = await topicSocket();
    socket.send(publish(`{"${"k".repeat(200_000)}":1}`));
    const error = await socket.next();
    expect(error).toMatchObject({ type: "error", code: "invalid_params" });
    expect(JSON.stringify(error).length).toBeLessThan(262_144);
  });

  it("malformed, ten times", async () => {
    const { socket } = await topicSocket();
    for (let i = 0; i < 10; i++) socket.send("x");
    for (let i = 0; i < 10; i++)
      expect(await socket.next()).toMatchObject({ type: "error", code: "bad_request" });
    expect(await socket.next()).toMatchObject({ type: "disconnect", code: 4502, reconnect: false });
    expect(await socket.next()).toMatchObject({ type: "closed", code: 4502 });
  });

  it("behind the ten malformed ones", async () => {
    const { socket, topic } = await topicSocket();
    for (let i = 0; i < 10; i++) socket.send("x");
    socket.send(publish('{"type":"late"}'));
    expect(await socket.nextOf("closed")).toMatchObject({ code: 4502 });
    await expectUntouched(url, messages(topic));
  });

  it("after the client's own close", async () => {
    const { socket, topic, tcp } = await rawSocket();
    const close = frameOf(8, Buffer.from([0x03, 0xe8]));
    tcp.write(Buffer.concat([close, frameOf(1, Buffer.from(publish('{"type":"late"}')))]));
    expect(await socket.next()).toMatchObject({ type: "closed", code: 1000 });
    await expectUntouched(url, messages(topic));
  });

  const whole = (text: string) => Buffer.from(text);
  it.each([
    ["0", 0, whole(""), 1005],
    ["999", 999, whole("below"), 1005],
    ["1004", 1004, whole(""), 1005],
    ["1012", 1012, whole("restart"), 1012],
    ["2999", 2999, whole(""), 1005],
    ["5000", 5000, whole("above"), 1005],
    ["65535", 65_535, whole(""), 1005],
    ["1000 and a reason that is too long", 1000, whole("x".repeat(124)), 1000],
    ["4000 and a reason cut in a character", 4000, whole(`x${"é".repeat(62)}`), 4000],
  ])("[SOC9] a close with the code %s is answered", async (_, code, reason, answered) => {
    const { socket, tcp } = await rawSocket();
    const payload = Buffer.concat([Buffer.from([code >> 8, code & 0xff]), reason]);
    tcp.write(frameOf(8, payload));
    const closed = await socket.nextOf("closed");
    expect(closed.code).toBe(answered);
    if (answered !== 1005) expect(reason.toString().startsWith(closed.reason)).toBe(true);
  });

  it("more than thirty times in a second", async () => {
    const { socket } = await topicSocket();
    for (let i = 0; i < 80; i++) socket.send({ type: "history", id: i, limit: 1 });
    const arrived = [];
    do arrived.push(await socket.next());
    while (arrived.at(-1)?.type !== "closed");
    const replies = arrived.filter(({ type }) => type === "reply").length;
    // The eighty frames may fall into two seconds of the clock.
    expect(replies).toBeGreaterThanOrEqual(30);
    expect(replies).toBeLessThanOrEqual(60);
    expect(arrived.slice(-2)).toMatchObject([
      { type: "disconnect", code: 4008, reconnect: true },
      { type: "closed", code: 4008 },
    ]);
  });

  it("never sent: silence after the upgrade", async () => {
    const user = fresh();
    const silent = await inboxSocket(url, user);
    const { socket } = await inboxSocket(url, user);
    await call(url, "POST", inbox(user), { type: "x" });
    for (const each of [silent.socket, socket])
      expect(await each.next()).toMatchObject({ since: 0, to: 1 });
    await expectNothingMore(silent.socket);
  });
});

describe("a connection", () => {
  it("that is the user's 101st", async () => {
    const user = fresh();
    const sockets = await Promise.all(many(100, () => inboxSocket(url, user)));
    const token = await tokenOf(user);
    const answer = await raw(url, "/v1/connect", { headers: { ...UPGRADE, ...bearer(token) } });
    expectRefusal(answer, 429, "connection_limit");
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await refusedSocket(url, "/v1/connect", token)).toEqual({
      code: "connection_limit",
      close: 4008,
    });
    sockets[0]?.socket.ws.close();
    await sockets[0]?.socket.nextOf("closed");
    expect((await inboxSocket(url, user)).connected.type).toBe("connected");
  });

  it("that is a user's 101st on one topic", async () => {
    const topic = fresh();
    const sockets = await Promise.all(many(100, () => topicSocket(topic)));
    expect(sockets).toHaveLength(100);
    const token = await tokenOf("ada", allOf(topic));
    const refused = await raw(url, `/v1/topics/${topic}/connect`, {
      headers: { ...UPGRADE, ...bearer(token) },
    });
    expectRefusal(refused, 429, "connection_limit");
  });

  it("by HEAD, a hundred times", async () => {
    const user = fresh();
    const headers = { accept: "text/event-stream", ...bearer(await tokenOf(user)) };
    for (let i = 0; i < 100; i++) await raw(url, "/v1/connect", { method: "HEAD", headers });
    const answer = await raw(url, "/v1/connect", { headers: { ...UPGRADE, ...headers } });
    expect(answer.status).toBe(101);
  });

  it("that is neither a socket nor a stream", async () => {
    const headers = bearer(await tokenOf("ada"));
    expectRefusal(await raw(url, "/v1/connect", { headers }), 426, "upgrade_required");
  });

  it("of an unknown protocol version", async () => {
    const socket = new TestSocket(url, "/v1/connect", { protocols: ["belfry.v9"] });
    expect(await socket.next()).toMatchObject({ type: "error", code: "upgrade_required" });
    expect(await socket.next()).toMatchObject({ type: "closed", code: 4504 });
  });
});
