// The SDK against a real hub in its own process: what is published arrives, once and in order, through
// kills, revocations and tokens that end.

import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { call, tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";

let hub: Hub;
beforeAll(async () => {
  hub = await startHub(inject("bundle"));
});
afterAll(() => hub.stop());

it("shows what is published to a topic, from the moment on at which it was subscribed to", async () => {
  const token = await tokenOf("ada", { "topic:news": ["subscribe", "publish"] });
  const client = createClient({ url: hub.url, token });
  const messages = client.topic<number>("news").messages();
  const first = messages.next();
  const status = await new Promise((resolve) =>
    client.onStatus((s) => s.state === "open" && resolve(s)),
  );
  expect(status).toMatchObject({ state: "open", transport: "websocket" });
  expect(await client.topic("news").publish({ data: 1 })).toMatchObject({
    offset: 1,
    duplicate: false,
  });
  expect((await first).value).toMatchObject({ data: 1, offset: 1 });
  await call(hub.url, "POST", "/v1/topics/news/messages", [{ data: 2 }, { data: 3 }]);
  expect((await messages.next()).value).toMatchObject({ data: 2 });
  expect((await messages.next()).value).toMatchObject({ data: 3 });
  await messages.return();
  client.close();
});
