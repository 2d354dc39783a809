// Event streams through a whole hub.

import { expect, it } from "vitest";
import { fresh, inbox, messages, raw, UPGRADE } from "../support/attack.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { EventReader } from "../support/events.ts";
import { hubForAll } from "../support/hub-for-all.ts";

let url = "";
hubForAll((started) => {
  url = started;
});

it("[SSE1] event is the frame's type, data the frame, id the cursor", async () => {
  const user = fresh();
  const headers = bearer(await tokenOf(user));
  const first = await call(url, "POST", inbox(user), { data: 1 });
  const events = await EventReader.open(url, "/v1/connect", headers);
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

/** Returns the hub's answer to a reader that reconnects. */
const comeBack = (path: string, id?: string) =>
  raw(url, path, { headers: { accept: "text/event-stream", ...(id && { "last-event-id": id }) } });

/** Connects as a native client until the token is too old for a URL. */
async function tooOld(path: string): Promise<void> {
  while ((await raw(url, path, { headers: UPGRADE })).status !== 401);
}

it("[SSE5] a stream whose token is in its URL comes back after five minutes, by its ticket", async () => {
  const user = fresh();
  const seconds = Math.floor(Date.now() / 1000);
  // Young enough for one connect, but too old for the next.
  const young = await tokenOf(user, {}, { iat: seconds - 298 });
  const path = `/v1/connect?access_token=${young}`;
  const events = await EventReader.open(url, path);
  const { id } = (await events.next()) as { id: string };
  expect(id).toMatch(/^;[\w-]{43}$/);
  await events.close();
  await tooOld(path);
  const { json } = await call(url, "POST", inbox(user), { data: 1 });
  const again = await EventReader.open(url, path, { "last-event-id": id });
  expect(await again.next()).toMatchObject({ event: "connected", id });
  const step = await again.next();
  expect(step).toMatchObject({ id: `${json.epoch}:1${id}`, data: { snapshot: true } });
  await again.close();
  const late = await tokenOf(user, {}, { iat: seconds - 3_000 });
  for (const [url, shown] of [
    [path, undefined],
    [path, ";"],
    [path, `;${"A".repeat(43)}`],
    [`${path}&lastEventId=${id}`, undefined],
    [`/v1/connect?access_token=${late}`, id],
  ] as const)
    expect((await comeBack(url, shown)).json).toMatchObject({ code: "invalid_token" });
  const before = { not_before: new Date().toISOString() };
  await call(url, "DELETE", `/v1/users/${user}/connections`, before);
  expect((await comeBack(path, id)).json).toMatchObject({ status: 401, code: "invalid_token" });
});

it("[SSE2] ?lastEventId= counts as the header does, and an empty one is none", async () => {
  const topic = fresh();
  const { json } = await call(url, "POST", messages(topic), { data: 1 });
  await call(url, "POST", messages(topic), { data: 2 });
  const headers = bearer(await tokenOf("ada", { [`topic:${topic}`]: ["subscribe"] }));
  const at = `${json.epoch}:1`;
  for (const [query, id] of [
    [`lastEventId=${at}`, undefined],
    [`lastEventId=${at}`, ""],
    [`lastEventId=&since=${at}`, ""],
    [`since=${at}`, ""],
  ] as const) {
    const shown = id === undefined ? headers : { ...headers, "last-event-id": id };
    const events = await EventReader.open(url, `/v1/topics/${topic}/connect?${query}`, shown);
    expect(await events.next()).toMatchObject({ event: "connected", data: { recovered: true } });
    expect(await events.next()).toMatchObject({ data: { since: 1, to: 2 } });
    await events.close();
  }
});

it("[SSE2] Last-Event-ID resumes, and overrides `since`", async () => {
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
