// Event streams, with a `fetch` in place of the hub that follows a script. Tests with a real hub are in
// client-hub.test.ts.

import { afterEach, expect, it, vi } from "vitest";
import { newClient } from "../../src/client/client.ts";
import { surroundings } from "../../src/client/environment.ts";
import { inbox } from "../../src/client/inbox.ts";
import { sse } from "../../src/client/sse.ts";
import { Shown, until, untilShown } from "./real-hub.ts";
import { connectedFrame, step } from "./simulation.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

interface Stream {
  topics: string | null;
  say(...frames: object[]): void;
}

interface Call {
  address: string;
  body: unknown;
  answer(status: number, json: object): void;
}

/** A client over event streams, with time a hundred times as fast. */
function streaming() {
  const streams = new Shown<Stream>();
  const calls = new Shown<Call>();
  const fetch = async (address: string, { signal, body }: RequestInit) => {
    if (!address.includes("/v1/connect"))
      return new Promise<Response>((resolve) =>
        calls.push({
          address,
          body: JSON.parse((body as string) ?? null),
          answer: (status, json) => resolve(Response.json(json, { status })),
        }),
      );
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    signal?.addEventListener("abort", () => writer.abort().catch(() => undefined));
    const text = (frame: object) => `event: frame\ndata: ${JSON.stringify(frame)}\n\n`;
    const say = (...frames: object[]) => {
      const bytes = new TextEncoder().encode(frames.map(text).join(""));
      writer.write(bytes).catch(() => undefined);
    };
    streams.push({ topics: new URL(address).searchParams.get("topics"), say });
    return new Response(readable, { headers: { "content-type": "text/event-stream" } });
  };
  vi.stubGlobal("fetch", fetch);
  const environment = {
    ...surroundings(),
    after: (ms: number, act: () => void) => surroundings().after(ms / 100, act),
  };
  const options = { url: "https://hub.test", token: "token", transports: [sse()] };
  return { client: newClient(options, environment), streams, calls };
}

it("two subscriptions to one topic begin one after the other, each with its past", async () => {
  const { client, streams } = streaming();
  const [first, second] = [new Shown<unknown>(), new Shown<unknown>()];
  client.topic("news").subscribe(({ data }) => first.push(data));
  client.topic("news").subscribe(({ data }) => second.push(data), { since: "1h" });
  const at = { topic: "news", epoch: "e", oldest: 0 };
  const begins = ["news~latest", "news~1h", "news~e:5"];
  for (const [i, topics] of begins.entries()) {
    const stream = (await streams.until(i + 1))[i] as Stream;
    expect(stream.topics).toBe(topics);
    const past = topics === "news~1h" ? [step(null, 5, at)] : [];
    const reply = { type: "reply", id: null, ...at, offset: 5, recovered: true };
    stream.say(connectedFrame(), reply, ...past);
  }
  streams.all.at(-1)?.say(step(5, 6, at));
  expect([await first.until(1), await second.until(6)]).toEqual([[6], [1, 2, 3, 4, 5, 6]]);
  expect(streams.all.length).toBe(3);
  client.close();
});

it("comes back when something else answers in the hub's place", async () => {
  const { client } = streaming();
  vi.stubGlobal("fetch", async () => Response.json({ message: "Bad gateway" }, { status: 502 }));
  client.connect();
  expect(await until(client, "waiting")).toMatchObject({ reason: { close: 4001 } });
  client.close();
});

it("[PUB2] a topic's name leads to no other route, wherever it comes from", async () => {
  const { client, streams, calls } = streaming();
  client.connect();
  (await streams.until(1))[0]?.say(connectedFrame());
  const away = client.topic("../users/ada/notifications?x=").publish({ data: 1 });
  const [call] = await calls.until(1);
  expect(call?.address).toBe(
    "https://hub.test/v1/topics/..%2Fusers%2Fada%2Fnotifications%3Fx%3D/messages",
  );
  call?.answer(422, { code: "invalid_params", title: "no", fix: "none" });
  await expect(away).rejects.toMatchObject({ code: "invalid_params" });
  client.close();
});

it("[SOC10] makes one call after the other, so that the last of two marks wins", async () => {
  const { client, streams, calls } = streaming();
  const open = until(client, "open");
  client.connect();
  (await streams.until(1))[0]?.say(connectedFrame());
  await open;
  const marks = ["read", "unread"].map((type) => client.request(type, { offsets: [1] }));
  expect(await calls.until(1)).toMatchObject([{ body: { read: true } }]);
  calls.all[0]?.answer(200, { changed: true });
  await marks[0];
  expect(await calls.until(2)).toMatchObject([{}, { body: { read: false } }]);
  calls.all[1]?.answer(200, { changed: true });
  await marks[1];
  client.close();
});

/** The frames with which a topic begins on a stream. */
const joined = (topic: string) => [
  { type: "reply", id: null, topic, epoch: "e", oldest: 0, offset: 0, recovered: true },
];

it("[SUB9] a stream carries 10 topics, and the eleventh waits without ending anything", async () => {
  const { client, streams } = streaming();
  const names = Array.from({ length: 11 }, (_, i) => `t${i}`);
  const errors = new Shown<unknown>();
  const shown = new Shown<unknown>();
  const ends = names.map((name) =>
    client.topic(name).subscribe(({ topic, data }) => shown.push([topic, data]), {
      onError: ({ code, temporary }) => errors.push([name, code, temporary]),
    }),
  );
  const [stream] = await streams.until(1);
  expect(stream?.topics?.split(",").length).toBe(10);
  stream?.say(connectedFrame(), ...names.slice(0, 10).flatMap(joined));
  expect(await errors.until(1)).toEqual([["t10", "temporary", true]]);
  stream?.say(step(0, 1, { topic: "t0" }));
  await shown.until(1);
  expect([client.status.state, streams.all.length]).toEqual(["open", 1]);
  // Once another topic is given up, the next stream carries this one.
  ends[3]?.();
  const [, next] = await streams.until(2);
  expect(next?.topics).toContain("t10~latest");
  expect(next?.topics).not.toContain("t3~");
  client.close();
});

it.each([
  [404, "text/html", "<!doctype html>"],
  [200, "text/html; charset=utf-8", "<!doctype html>"],
  [200, "text/plain", "ok"],
])("reports once that something else answers: %s %s", async (status, type, body) => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const { client } = streaming();
  const answered = new Shown<number>();
  vi.stubGlobal("fetch", async () => {
    answered.push(status);
    return new Response(body, { status, headers: { "content-type": type } });
  });
  client.connect();
  await answered.until(5);
  const came = `TypeError: ${status} ${type} came, and no event stream`;
  expect(warn.mock.calls).toEqual([
    [expect.stringContaining(`belfry: https://hub.test: lost: ${came}`)],
  ]);
  client.close();
  warn.mockRestore();
});

it("reports once that the browser hides the answer, and a possible reason", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const { client } = streaming();
  const asked = new Shown<number>();
  vi.stubGlobal("fetch", async () => {
    asked.push(1);
    throw new TypeError("Failed to fetch");
  });
  client.connect();
  await asked.until(5);
  expect(warn.mock.calls).toEqual([
    [
      expect.stringMatching(
        /https:\/\/hub.test: lost: TypeError: Failed to fetch .*ALLOWED_ORIGINS/,
      ),
    ],
  ]);
  client.close();
  warn.mockRestore();
});

it("deletes the rest of a list when one message is gone already", async () => {
  const { client, streams, calls } = streaming();
  const store = inbox(client);
  (await streams.until(1))[0]?.say(connectedFrame({ offset: 2 }), step(null, 2));
  const shown = () => store.getSnapshot().notifications.map(({ offset }) => offset);
  await untilShown(store, ({ isLoaded }) => isLoaded);
  const done = store.delete([1, 2]);
  const gone = { code: "not_found", title: "Not found", fix: "none", temporary: false };
  (await calls.until(1))[0]?.answer(404, gone);
  (await calls.until(2))[1]?.answer(200, { changed: true, epoch: "e", offset: 3 });
  await done;
  expect(calls.all.map(({ address }) => address.slice(-9))).toEqual(["1?epoch=e", "2?epoch=e"]);
  // A message that is gone counts as deleted, as over a socket.
  const again = store.delete(1);
  (await calls.until(3))[2]?.answer(404, gone);
  await again;
  expect(shown()).toEqual([]);
  const refused = store.delete(2);
  (await calls.until(4))[3]?.answer(409, { ...gone, code: "other_epoch" });
  await expect(refused).rejects.toMatchObject({ code: "other_epoch" });
  client.close();
});
