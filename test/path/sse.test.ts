// Event streams through a whole hub.

import { expect, it } from "vitest";
import { fresh, inbox, messages } from "../support/attack.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { EventReader } from "../support/events.ts";
import { hubForAll } from "../support/hub-for-all.ts";

let url = "";
hubForAll((started) => {
  url = started;
});

it("[SSE1] event is the frame's type, data the frame, id the cursor", async () => {
  const user = fresh();
  const token = await tokenOf(user);
  const first = await call(url, "POST", inbox(user), { data: 1 });
  const events = await EventReader.open(url, `/v1/connect?access_token=${token}`);
  const connected = await events.next();
  expect(connected).toMatchObject({ event: "connected", id: null, data: { offset: 1 } });
  const { epoch } = first.json;
  expect(await events.next()).toMatchObject({
    event: "messages",
    id: `${epoch}:1`,
    data: { type: "messages", snapshot: true, messages: [{ data: 1 }] },
  });
  await call(url, "POST", inbox(user), { data: 2 });
  expect(await events.next()).toMatchObject({ id: `${epoch}:2`, data: { since: 1, to: 2 } });
  await events.close();
});

it("[SSE2] Last-Event-ID resumes, and goes before `since`", async () => {
  const topic = fresh();
  const { json } = await call(url, "POST", messages(topic), { data: 1 });
  await call(url, "POST", messages(topic), [{ data: 2 }, { data: 3 }]);
  const headers = bearer(await tokenOf("ada", { [`topic:${topic}`]: ["subscribe"] }));
  for (const path of ["connect", "connect?since=latest"]) {
    const events = await EventReader.open(url, `/v1/topics/${topic}/${path}`, {
      ...headers,
      "last-event-id": `${json.epoch}:1`,
    });
    expect(await events.next()).toMatchObject({ event: "connected", data: { recovered: true } });
    expect(await events.next()).toMatchObject({
      id: `${json.epoch}:3`,
      data: { topic, since: 1, to: 3, messages: [{ data: 2 }, { data: 3 }] },
    });
    await events.close();
  }
});

it("[SSE1] [CUR9] of a step in parts only the last has the cursor", async () => {
  const user = fresh();
  const data = "x".repeat(60_000);
  const { json } = await call(url, "POST", inbox(user), [...Array(6).fill({ data })]);
  expect(json.stored).toBe(6);
  const events = await EventReader.open(url, "/v1/connect", bearer(await tokenOf(user)));
  await events.next();
  const [part, last] = [await events.next(), await events.next()];
  expect([part?.id, part?.data.more]).toEqual([null, true]);
  expect([last?.id, last?.data.more]).toEqual([`${json.results[0].epoch}:6`, undefined]);
  await events.close();
});

it("[SSE4] the stream ends with the token, with event `expired`", async () => {
  const exp = Math.floor(Date.now() / 1000) + 2;
  const token = await tokenOf(fresh(), {}, { exp });
  const events = await EventReader.open(url, "/v1/connect", bearer(token));
  expect(await events.next()).toMatchObject({ event: "connected" });
  expect(await events.next()).toMatchObject({ event: "messages" });
  expect(await events.next()).toMatchObject({ event: "expired", data: { code: 4002 } });
  expect(await events.next()).toBeNull();
  expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
});
