// A new token on a live socket.

import { afterEach, describe, expect, it, vi } from "vitest";
import { tokenOf } from "../support/backend.ts";
import { BOTH, connect, draft, freshInbox, freshTopic } from "../support/object.ts";
import { expectEnd } from "../support/socket-end.ts";

const SUBSCRIBE = { "topic:*": ["subscribe" as const] };
const NOW = Date.parse("2030-06-01T12:00:00Z");

afterEach(() => {
  vi.useRealTimers();
});

describe.each(BOTH)("an object that is $name", ({ rest }) => {
  it.each([
    { kind: "an inbox", make: freshInbox },
    { kind: "a topic", make: freshTopic },
  ])("[SOC3] a token of the same user moves the end of a socket of $kind", async ({ make }) => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const stub = make();
    const user = crypto.randomUUID();
    const socket = await connect(stub, "latest", { user });
    await socket.nextOf("connected");
    vi.setSystemTime(NOW + 3_599_000);
    await rest(stub);
    socket.send({ type: "refresh", id: 8, token: await tokenOf(user, SUBSCRIBE) });
    expect(await socket.nextOf("reply")).toEqual({ type: "reply", id: 8, expires_in: 3600 });
    await rest(stub);
    vi.setSystemTime(NOW + 3_599_000 + 3_599_000);
    await stub.publish([draft(1)]);
    expect(await socket.messages()).toMatchObject({ to: 1 });
    vi.setSystemTime(NOW + 3_599_000 + 3_600_000);
    await stub.publish([draft(2)]);
    expect(await expectEnd(socket, 4002)).toEqual([]);
  });

  it("[SOC3] another user's token is refused, and the end stays where it was", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const stub = freshInbox();
    const socket = await connect(stub, "latest");
    await socket.nextOf("connected");
    await rest(stub);
    const token = await tokenOf("bob", {}, { exp: NOW / 1000 + 86_400 });
    socket.send({ type: "refresh", id: 1, token });
    expect(await socket.nextOf("error")).toMatchObject({ id: 1, code: "invalid_token" });
    await stub.publish([draft(1)]);
    expect(await socket.messages()).toMatchObject({ to: 1 });
    vi.setSystemTime(NOW + 3_600_000);
    await stub.publish([draft(2)]);
    await expectEnd(socket, 4002);
  });

  it("[SOC3] a token that has ended, or is not signed by this hub's secret, is refused", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const stub = freshInbox();
    const socket = await connect(stub, "latest");
    await socket.nextOf("connected");
    await rest(stub);
    const ended = await tokenOf("ada", {}, { exp: NOW / 1000 });
    socket.send({ type: "refresh", id: 1, token: ended });
    expect(await socket.nextOf("error")).toMatchObject({ id: 1, code: "token_expired" });
    const forged = await tokenOf("ada", {}, {}, "a secret that is not this hub's, though long");
    socket.send({ type: "refresh", id: 2, token: forged });
    expect(await socket.nextOf("error")).toMatchObject({ id: 2, code: "invalid_token" });
  });

  it("[SOC3] a socket of an API key has nothing to refresh", async () => {
    const stub = freshTopic();
    const socket = await connect(stub, "latest", { user: null, exp: null, caps: {} });
    await socket.nextOf("connected");
    await rest(stub);
    socket.send({ type: "refresh", id: 1, token: await tokenOf("ada", SUBSCRIBE) });
    expect(await socket.nextOf("error")).toMatchObject({ id: 1, code: "invalid_token" });
  });

  it("[SOC3] [TOP1] the new token's caps count from then on", async () => {
    const stub = freshTopic();
    const user = crypto.randomUUID();
    const socket = await connect(stub, "latest", { user });
    await socket.nextOf("connected");
    await rest(stub);
    socket.send({ type: "refresh", id: 1, token: await tokenOf(user, SUBSCRIBE) });
    await socket.nextOf("reply");
    await rest(stub);
    socket.send({ type: "publish", id: 2, message: { data: 1 } });
    expect(await socket.nextOf("error")).toMatchObject({ id: 2, code: "insufficient_scope" });
  });

  it("[SOC3] a topic's socket refuses a token without the cap to subscribe there", async () => {
    const stub = freshTopic();
    const user = crypto.randomUUID();
    const socket = await connect(stub, "latest", { user });
    await socket.nextOf("connected");
    await rest(stub);
    const token = await tokenOf(user, { "topic:elsewhere": ["subscribe"] });
    socket.send({ type: "refresh", id: 1, token });
    expect(await socket.nextOf("error")).toMatchObject({ id: 1, code: "insufficient_scope" });
    socket.send({ type: "publish", id: 2, message: { data: 1 } });
    expect(await socket.nextOf("reply")).toMatchObject({ id: 2 });
  });

  it("[CON8] [SOC3] a token issued before a revocation is refused on the inbox's sockets", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const stub = freshInbox();
    await stub.disconnect(false, NOW / 1000);
    const socket = await connect(stub, "latest");
    await socket.nextOf("connected");
    await rest(stub);
    const old = await tokenOf("ada", {}, { iat: NOW / 1000 - 1 });
    socket.send({ type: "refresh", id: 1, token: old });
    expect(await socket.nextOf("error")).toMatchObject({ id: 1, code: "invalid_token" });
    const young = await tokenOf("ada", {}, { iat: NOW / 1000 });
    socket.send({ type: "refresh", id: 2, token: young });
    expect(await socket.nextOf("reply")).toMatchObject({ id: 2 });
  });
});
