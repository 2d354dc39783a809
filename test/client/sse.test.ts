// Event streams where the hub is a `fetch` that says what it is told to. What a real hub does with them
// is in hub.test.ts.

import { afterEach, expect, it, vi } from "vitest";
import { newClient } from "../../src/client/client.ts";
import { surroundings } from "../../src/client/environment.ts";
import { sse } from "../../src/client/sse.ts";
import { Shown, until } from "./live.ts";
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

/** A client over event streams, with time that runs a hundred times as fast. */
function streaming() {
  const streams = new Shown<Stream>();
  const calls = new Shown<Call>();
  const fetch = async (address: string, { signal, body }: RequestInit) => {
    if (!address.includes("/v1/connect"))
      return new Promise<Response>((resolve) =>
        calls.push({
          address,
          body: JSON.parse(body as string),
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
    return new Response(readable);
  };
  vi.stubGlobal("fetch", fetch);
  const environment = {
    ...surroundings(),
    after: (ms: number, act: () => void) => surroundings().after(ms / 100, act),
  };
  const options = { url: "https://hub.test", token: "token", transports: [sse()] };
  return { client: newClient(options, environment), streams, calls };
}

it("two beginnings of one topic are had one after the other, each with its past", async () => {
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

it("comes back when something answers in the hub's place, in whatever form", async () => {
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

it("[SOC10] makes one call after the other, so that the last of two marks is the last", async () => {
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
