// The limit of a topic's sockets, of all users together.

import { expect, it } from "vitest";
import { expectRefusal, fresh, raw, UPGRADE } from "../support/attack.ts";
import { bearer, tokenOf } from "../support/backend.ts";
import { EventReader } from "../support/events.ts";
import { hubForAll } from "../support/hub-for-all.ts";
import { TestSocket } from "../support/socket.ts";
import { answersOf, device, may, topicPath } from "../support/topic-requests.ts";
import { API_KEY } from "../support/vars.ts";

let url = "";
hubForAll(
  (started) => {
    url = started;
  },
  { TOPIC_SOCKETS_MAX: "3", TOPIC_DEFAULTS: '{"open.*":{"access":"public"}}' },
);

const doorOf = (topic: string) => `${topicPath(topic)}/connect?since=latest`;

async function opened(path: string, headers: Record<string, string> = {}): Promise<TestSocket> {
  const socket = new TestSocket(url, path, { headers });
  await socket.nextOf("connected");
  return socket;
}

it("[CON16] a socket above TOPIC_SOCKETS_MAX is refused as overloaded, with a token or without", async () => {
  const topic = `open.${fresh()}`;
  const path = doorOf(topic);
  const stream = await EventReader.open(url, path);
  const ada = bearer(await tokenOf("ada", may([topic], "subscribe")));
  const sockets = [await opened(path), await opened(path, ada)];
  for (const headers of [{}, ada]) {
    const refused = await raw(url, path, { headers: { ...UPGRADE, ...headers } });
    expectRefusal(refused, 503, "overloaded");
    expect(refused.headers.get("retry-after")).toBe("10");
  }
  const late = await raw(url, path, { headers: { accept: "text/event-stream" } });
  expectRefusal(late, 503, "overloaded");
  const browser = new TestSocket(url, path, { protocols: ["belfry.v1"] });
  expect(await browser.next()).toMatchObject({ type: "error", code: "overloaded" });
  expect(await browser.next()).toMatchObject({ type: "closed", code: 4001 });
  // The limit stops neither a backend, nor another topic, nor a subscription over an inbox.
  const others = [await opened(path, bearer(API_KEY)), await opened(doorOf(`open.${fresh()}`))];
  const { socket } = await device(url, fresh(), {}, `since=latest&topics=${topic}`);
  expect((await answersOf(socket, 1)).get(topic)).toMatchObject({ type: "reply" });
  for (const each of [socket, ...sockets, ...others]) each.drop();
  await stream.close();
});

it("[CON16] sockets whose token has ended make room", async () => {
  const topic = fresh();
  const exp = Math.floor(Date.now() / 1000) + 2;
  const caps = may([topic], "subscribe");
  const brief = bearer(await tokenOf("ada", caps, { exp }));
  const sockets = [await opened(doorOf(topic), brief), await opened(doorOf(topic), brief)];
  const stream = await EventReader.open(url, doorOf(topic), brief);
  while ((await stream.next())?.event !== "expired");
  const ada = bearer(await tokenOf("ada", caps));
  const more = [await opened(doorOf(topic), ada), await opened(doorOf(topic), ada)];
  for (const socket of sockets)
    expect(await socket.next()).toMatchObject({ type: "disconnect", code: 4002 });
  for (const socket of [...sockets, ...more]) socket.drop();
});

it("[CON16] a socket that closes makes room", async () => {
  const topic = `open.${fresh()}`;
  const sockets = [];
  for (let i = 0; i < 3; i++) sockets.push(await opened(doorOf(topic)));
  const [first] = sockets as [TestSocket];
  first.ws.close(1000);
  await first.nextOf("closed");
  sockets.push(await opened(doorOf(topic)));
  for (const socket of sockets) socket.drop();
});
