// Connects of browsers and of native clients: authentication, refusals, and the first frames.

import { expect, it } from "vitest";
import {
  allOf,
  expectRefusal,
  fresh,
  inbox,
  messages,
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

const seconds = () => Math.floor(Date.now() / 1000);

it("[CON1] belfry.v1 is confirmed, and the token beside it is never echoed", async () => {
  const token = await tokenOf(fresh());
  for (const protocols of [offer(token), offer(token).reverse(), ["chat", ...offer(token)]]) {
    const socket = new TestSocket(url, "/v1/connect", { protocols });
    await socket.nextOf("connected");
    expect(socket.ws.protocol).toBe("belfry.v1");
    socket.drop();
  }
  const native = new TestSocket(url, "/v1/connect", { headers: bearer(token) });
  await native.nextOf("connected");
  expect(native.ws.protocol).toBe("");
  native.drop();
});

it("[CON2] a token is taken from the sub-protocol, from the header, or from the URL", async () => {
  const user = fresh();
  const token = await tokenOf(user);
  await call(url, "POST", inbox(user), { data: "mine" });
  for (const socket of [
    new TestSocket(url, "/v1/connect", { protocols: offer(token) }),
    new TestSocket(url, "/v1/connect", { headers: bearer(token) }),
    new TestSocket(url, `/v1/connect?access_token=${token}`),
  ]) {
    await socket.nextOf("connected");
    expect((await socket.messages()).messages).toMatchObject([{ data: "mine" }]);
    socket.drop();
  }
});

it("[CON2] a token in the URL is at most 300 s old, elsewhere it is not", async () => {
  const old = await tokenOf(fresh(), {}, { iat: seconds() - 310 });
  const young = await tokenOf(fresh(), {}, { iat: seconds() - 280 });
  const unsaid = await tokenOf(fresh(), {}, { iat: undefined });
  for (const token of [old, unsaid]) {
    const path = `/v1/connect?access_token=${token}`;
    expectRefusal(await raw(url, path, { headers: UPGRADE }), 401, "invalid_token");
    const socket = new TestSocket(url, "/v1/connect", { headers: bearer(token) });
    await socket.nextOf("connected");
    socket.drop();
  }
  const socket = new TestSocket(url, `/v1/connect?access_token=${young}`);
  await socket.nextOf("connected");
  socket.drop();
});

it("[CON3] a browser that is refused gets an `error` frame and the error's close code", async () => {
  const user = fresh();
  const refused = (path: string, token: string) => refusedSocket(url, path, token);
  expect(await refused("/v1/connect", await tokenOf(user, {}, {}, "x".repeat(40)))).toEqual({
    code: "invalid_token",
    close: 4500,
  });
  expect(await refused("/v1/connect", await tokenOf(user, {}, { exp: seconds() - 5 }))).toEqual({
    code: "token_expired",
    close: 4002,
  });
  expect(await refused(`/v1/topics/${fresh()}/connect`, await tokenOf(user))).toEqual({
    code: "insufficient_scope",
    close: 4501,
  });
  expect(await refused("/v1/connect?since=x", await tokenOf(user))).toEqual({
    code: "invalid_params",
    close: 4502,
  });
  expect((await call(url, "GET", inbox(user))).json.cursor).toBe("0:0");
});

it("[CON4] other clients are refused with a status, and a request without an upgrade with 426", async () => {
  const token = await tokenOf(fresh(), {}, {}, "x".repeat(40));
  const stream = { accept: "text/event-stream" };
  for (const kind of [UPGRADE, stream]) {
    const bad = await raw(url, "/v1/connect", { headers: { ...kind, ...bearer(token) } });
    expectRefusal(bad, 401, "invalid_token");
    expectRefusal(await raw(url, "/v1/connect", { headers: kind }), 401, "unauthorized");
    const good = bearer(await tokenOf(fresh()));
    const topic = await raw(url, "/v1/topics/t/connect", { headers: { ...kind, ...good } });
    expectRefusal(topic, 403, "insufficient_scope", "topic");
  }
  const plain = await call(url, "GET", "/v1/connect", undefined, bearer(await tokenOf(fresh())));
  expectRefusal(plain, 426, "upgrade_required");
});

it("[CON5] a foreign Origin is refused; the hub's own, an allowed one, and none are accepted", async () => {
  const token = await tokenOf(fresh());
  const foreign = { origin: "https://evil.example" };
  expect(await refusedSocket(url, "/v1/connect", token, foreign)).toEqual({
    code: "origin_not_allowed",
    close: 4501,
  });
  for (const headers of [{ origin: "https://app.example.com" }, { origin: url }, {}]) {
    const socket = new TestSocket(url, "/v1/connect", { protocols: offer(token), headers });
    await socket.nextOf("connected");
    socket.drop();
  }
});

it("[CON6] a header that looks like the hub's own does not reach an object", async () => {
  const [user, other] = [fresh(), fresh()];
  const forged = {
    caller: { connection: "c_x", user: other, source: "root", exp: null, iat: null, caps: {} },
    since: "latest",
    offered: false,
  };
  await call(url, "POST", inbox(user), { data: "mine" });
  const headers = { ...bearer(await tokenOf(user)), "belfry-upgrade": JSON.stringify(forged) };
  const socket = new TestSocket(url, "/v1/connect", { headers });
  const connected = await socket.nextOf("connected");
  expect(connected.connection).not.toBe("c_x");
  expect(connected.expires_in).toBeGreaterThan(3500);
  expect((await socket.messages()).messages).toMatchObject([{ data: "mine" }]);
  socket.drop();
});

it("[CON8] a revoked token neither connects to its inbox, nor reads, publishes or refreshes at a topic", async () => {
  const [user, topic] = [fresh(), fresh()];
  const token = await tokenOf(user, allOf(topic), { iat: seconds() - 10 });
  const path = `/v1/topics/${topic}/connect`;
  const socket = new TestSocket(url, path, { headers: bearer(token) });
  await socket.nextOf("connected");
  const not_before = new Date().toISOString();
  const revoked = await call(url, "DELETE", `/v1/users/${user}/connections`, { not_before });
  expect(revoked.status).toBe(204);
  expect(await refusedSocket(url, "/v1/connect", token)).toEqual({
    code: "invalid_token",
    close: 4500,
  });
  const read = await call(url, "GET", messages(topic), undefined, bearer(token));
  expectRefusal(read, 401, "invalid_token");
  const write = await call(url, "POST", messages(topic), { data: 1 }, bearer(token));
  expectRefusal(write, 401, "invalid_token");
  socket.send({ type: "publish", id: 1, message: { data: 1 } });
  expect(await socket.nextOf("error")).toMatchObject({ id: 1, code: "invalid_token" });
  socket.send({ type: "refresh", id: 2, token });
  expect(await socket.nextOf("error")).toMatchObject({ id: 2, code: "invalid_token" });
  socket.drop();
});

it("[CON8] a revoked token still watches a topic, until it ends, and publishes nothing there", async () => {
  const [user, topic] = [fresh(), fresh()];
  const token = await tokenOf(user, allOf(topic), { iat: seconds() - 10 });
  const not_before = new Date().toISOString();
  await call(url, "DELETE", `/v1/users/${user}/connections`, { not_before });
  const path = `/v1/topics/${topic}/connect`;
  const socket = new TestSocket(url, path, { headers: bearer(token) });
  await socket.nextOf("connected");
  socket.send({ type: "publish", id: 1, message: { type: "x" } });
  expect(await socket.nextOf("error")).toMatchObject({ id: 1, code: "invalid_token" });
  socket.drop();
});

it("[CON9] another version is refused with 4504, unless ours is offered as well", async () => {
  const token = await tokenOf(fresh());
  const newer = ["belfry.v2", `bearer.${token}`];
  const socket = new TestSocket(url, "/v1/connect", { protocols: newer });
  expect(await socket.next()).toMatchObject({ type: "error", code: "upgrade_required" });
  expect(await socket.next()).toMatchObject({ type: "closed", code: 4504 });
  const both = new TestSocket(url, "/v1/connect", { protocols: [...newer, "belfry.v1"] });
  await both.nextOf("connected");
  expect(both.ws.protocol).toBe("belfry.v1");
  both.drop();
});

it("[CON10] `connected` comes first, then missed messages, then those published meanwhile", async () => {
  const user = fresh();
  await call(url, "POST", inbox(user), [{ data: 1 }, { data: 2 }]);
  const headers = bearer(await tokenOf(user));
  const sockets = Array.from(
    { length: 5 },
    () => new TestSocket(url, "/v1/connect?since=0:0", { headers }),
  );
  for (let data = 3; data <= 8; data++) await call(url, "POST", inbox(user), { data });
  for (const socket of sockets) {
    expect(await socket.next()).toMatchObject({ type: "connected", recovered: true });
    const told = [];
    while (told.length < 8) told.push(...(await socket.messages()).messages);
    expect(told.map(({ data }) => data)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    socket.drop();
  }
});
