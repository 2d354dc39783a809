// Event streams that carry an inbox and topics, through a whole hub: one `id` that resumes all.

import { expect, it } from "vitest";
import { expectRefusal, fresh, inbox, many, raw } from "../support/attack.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { EventReader, type StreamEvent } from "../support/events.ts";
import { hubForAll } from "../support/hub-for-all.ts";
import { dataOf, may, say } from "../support/topic-requests.ts";

let url = "";
hubForAll((started) => {
  url = started;
});

const say1 = async (user: string, data: unknown) => {
  const { json } = await call(url, "POST", inbox(user), { data });
  return `${json.epoch}:${json.offset}`;
};

/** A stream of the user's inbox and of topics, which opens and reconnects as an EventSource does. */
class Stream {
  readonly events: StreamEvent[] = [];
  /** The last `id` of an event. */
  id: string | null = null;
  readonly #reader: EventReader;

  constructor(reader: EventReader) {
    this.#reader = reader;
  }

  static async open(user: string, query: string, lastEventId: string | null = null) {
    const names = (new URLSearchParams(query).get("topics") ?? "").split(",");
    const topics = names.map((name) => name.split("~")[0] as string);
    const headers = bearer(await tokenOf(user, may(topics, "subscribe")));
    const resume = lastEventId === null ? {} : { "last-event-id": lastEventId };
    return new Stream(
      await EventReader.open(url, `/v1/connect?${query}`, { ...headers, ...resume }),
    );
  }

  /** Reads until a condition holds for all events so far. */
  async until(isSo: (events: StreamEvent[]) => boolean): Promise<void> {
    while (!isSo(this.events)) {
      const event = await this.#reader.next();
      if (event === null) throw new Error("the stream ended");
      this.events.push(event);
      this.id = event.id ?? this.id;
    }
  }

  /** Reads until each topic has been answered. */
  begun(topics: number): Promise<void> {
    return this.until(
      (events) => events.filter(({ event }) => event === "reply").length === topics,
    );
  }

  /** Reads until `count` messages have come; returns the topic and the data of each. */
  async told(count: number): Promise<[topic: string | null, data: unknown][]> {
    const all = () =>
      this.events
        .filter(({ event }) => event === "messages")
        .flatMap(({ data }) =>
          dataOf(data.messages).map((each): [string | null, unknown] => [data.topic ?? null, each]),
        );
    await this.until(() => all().length >= count);
    return all();
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}

const sorted = (told: unknown[]) => told.map((each) => JSON.stringify(each)).sort();

it("[SUB9] the `id` is the cursor, and holds those of the topics as soon as they have moved", async () => {
  const [user, first, second] = many(3, fresh) as [string, string, string];
  const stream = await Stream.open(user, `since=latest&topics=${first}~latest,${second}~latest`);
  await stream.begun(2);
  // A topic that began with `latest` has a cursor once the hub has sent its position.
  const [own, f0, s0] = (stream.id ?? "").split(",");
  expect([own, f0, s0]).toEqual([
    "0:0",
    expect.stringMatching(`^${first}~[a-z0-9]+:0$`),
    expect.stringMatching(`^${second}~[a-z0-9]+:0$`),
  ]);
  const mine = await say1(user, 1);
  await stream.told(1);
  expect(stream.id).toBe(`${mine},${f0},${s0}`);
  const a = await say(url, first, 2);
  await stream.told(2);
  expect(stream.id).toBe(`${mine},${first}~${a.cursor},${s0}`);
  const b = await say(url, second, 3);
  await stream.told(3);
  expect(stream.id).toBe(`${mine},${first}~${a.cursor},${second}~${b.cursor}`);
  await stream.close();
});

it("[SUB9] [SSE2] one Last-Event-ID resumes the inbox and every topic, and overrides the URL", async () => {
  const [user, first, second] = many(3, fresh) as [string, string, string];
  for (const topic of [first, second]) await say(url, topic, "old");
  await say1(user, "old");
  const query = `topics=${first},${second}`;
  const stream = await Stream.open(user, query);
  expect(sorted(await stream.told(3))).toEqual(
    sorted([null, first, second].map((topic) => [topic, "old"])),
  );
  await stream.close();
  for (const topic of [first, second]) await say(url, topic, "new", "newer");
  await say1(user, "new");
  for (const at of [query, `since=latest&topics=${first}~latest,${second}~0:0`]) {
    const again = await Stream.open(user, at, stream.id);
    const told = await again.told(5);
    expect(sorted(told)).toEqual(
      sorted([
        [null, "new"],
        ...[first, second].flatMap((topic) => [
          [topic, "new"],
          [topic, "newer"],
        ]),
      ]),
    );
    const started = again.events.filter(({ event }) => event === "connected" || event === "reply");
    expect(started.map(({ data }) => data.recovered)).toEqual([true, true, true]);
    await again.close();
  }
});

it("[SUB9] an `id` names the cursors that the stream began with, though they have not moved", async () => {
  const [user, topic, still] = many(3, fresh) as [string, string, string];
  const { cursor } = await say(url, still, 1);
  const query = `since=0:0&topics=${topic}~latest,${still}~${cursor}`;
  const stream = await Stream.open(user, query);
  await stream.begun(2);
  const moved = await say(url, topic, 1);
  await stream.told(1);
  const ids = stream.id?.split(",") ?? [];
  expect(ids[0]).toBe("0:0");
  expect(ids.slice(1).sort()).toEqual([`${still}~${cursor}`, `${topic}~${moved.cursor}`].sort());
  await stream.close();
});

it("[SUB9] an `id` without a cursor of the inbox leaves the inbox to the URL", async () => {
  const [user, topic] = [fresh(), fresh()];
  const { epoch } = await say(url, topic, 1, 2);
  await say1(user, "mine");
  const again = await Stream.open(user, `since=0:0&topics=${topic}`, `,${topic}~${epoch}:1`);
  expect(sorted(await again.told(2))).toEqual(
    sorted([
      [null, "mine"],
      [topic, 2],
    ]),
  );
  await again.close();
});

it("[SUB9] a stream names ten topics and not eleven", async () => {
  const user = fresh();
  const topics = many(11, fresh);
  const headers = bearer(await tokenOf(user, may(topics, "subscribe")));
  const path = (count: number) => `/v1/connect?topics=${topics.slice(0, count).join(",")}`;
  const accept = { accept: "text/event-stream" };
  const refused = await raw(url, path(11), { headers: { ...headers, ...accept } });
  expectRefusal(refused, 422, "invalid_params", "topics");
  const stream = await Stream.open(user, `topics=${topics.slice(0, 10).join(",")}`);
  await stream.begun(10);
  await stream.close();
});

it("[SUB5] [SSE1] a refused topic is an `error` event that names it", async () => {
  const [user, topic] = [fresh(), fresh()];
  const headers = bearer(await tokenOf(user));
  const reader = await EventReader.open(url, `/v1/connect?since=latest&topics=${topic}`, headers);
  expect(await reader.next()).toMatchObject({ event: "connected" });
  expect(await reader.next()).toMatchObject({
    ...{ event: "error", id: null, data: { topic, code: "insufficient_scope" } },
  });
  await reader.close();
});

it("[SUB9] a topic without a message since it began with `latest` is resumed, too", async () => {
  const [user, moved, still] = many(3, fresh) as [string, string, string];
  const query = `since=latest&topics=${moved}~latest,${still}~latest`;
  const stream = await Stream.open(user, query);
  await stream.begun(2);
  await say(url, moved, 1);
  await stream.told(1);
  await stream.close();
  await say(url, still, "meanwhile");
  await say1(user, "meanwhile");
  await say(url, moved, 2);
  const again = await Stream.open(user, query, stream.id);
  await again.begun(2);
  // The resumed messages come before those published from here on.
  await say(url, still, "last");
  await again.until((events) => events.some(({ data }) => data.messages?.at(-1)?.data === "last"));
  await say1(user, "last");
  const isLast = ({ data }: StreamEvent) =>
    data.topic === undefined && data.messages?.at(-1)?.data === "last";
  await again.until((events) => events.some(isLast));
  const told = (await again.told(0)).filter(([, data]) => data !== "last");
  await again.close();
  expect(sorted(told)).toEqual(
    sorted([
      [null, "meanwhile"],
      [moved, 2],
      [still, "meanwhile"],
    ]),
  );
});

it("[SUB9] a resumed stream is resumed again, with the topics that have not moved in between", async () => {
  const [user, first, second] = many(3, fresh) as [string, string, string];
  const query = `topics=${first}~latest,${second}~latest`;
  const stream = await Stream.open(user, query);
  await stream.begun(2);
  await say(url, first, 1);
  await stream.until((events) => events.some(({ data }) => data.topic === first && data.to === 1));
  await say(url, second, 1);
  await stream.until((events) => events.some(({ data }) => data.topic === second && data.to === 1));
  await stream.close();
  const again = await Stream.open(user, query, stream.id);
  await again.begun(2);
  // Only the inbox moves before the connection is lost once more.
  const cursor = await say1(user, "mine");
  await again.until((events) => events.some(({ id }) => id?.startsWith(cursor) === true));
  await again.close();
  await say(url, first, 2);
  const third = await Stream.open(user, query, again.id);
  await third.begun(2);
  const { cursor: end } = await say(url, first, 3);
  await third.until((events) => events.some(({ id }) => id?.includes(end) === true));
  await third.close();
  const ofFirst = (await third.told(0)).filter(([topic]) => topic === first);
  expect(ofFirst.map(([, data]) => data)).toEqual([2, 3]);
});
