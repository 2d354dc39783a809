// The messages shown to the subscribers of topics, over lines that lose, repeat and reorder frames.

import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import type { BelfryError } from "../../src/client/error.ts";
import { connectUrl } from "../../src/client/transport.ts";
import { printError } from "../../src/protocol/down.ts";
import { decodeUp } from "../../src/protocol/up.ts";
import { connect, messageAt, settled, simulate, step } from "./simulation.ts";

const NEWS = { topic: "news", epoch: "e", oldest: 0 };
const joinedAt = (offset: number, recovered = true) => ({ ...NEWS, offset, recovered });
const stepOf = (since: number | null, to: number, members = {}) =>
  step(since, to, { topic: "news", ...members });

/** A client that is subscribed to `news` at the offset 0, with a record of its messages and gaps. */
async function subscribed(since = "latest", offset = 0) {
  const simulated = simulate();
  const shown: unknown[] = [];
  const gaps: unknown[] = [];
  simulated.client.onGap((gap) => gaps.push(gap));
  const end = simulated.client.topic("news").subscribe(({ data }) => shown.push(data), { since });
  const line = await connect(simulated);
  line.say({ type: "reply", id: null, ...joinedAt(offset) });
  return { ...simulated, shown, gaps, line, end };
}

it("[SUB6] shows each message once when steps repeat or overlap", async () => {
  const { line, shown } = await subscribed();
  line.say(stepOf(0, 2), stepOf(0, 2), stepOf(1, 3), stepOf(0, 1), stepOf(3, 4));
  expect(shown).toEqual([1, 2, 3, 4]);
});

it("[SUB6] asks for the missing messages when a step begins above its cursor, and shows them in order", async () => {
  const { line, shown, gaps } = await subscribed();
  line.say(stepOf(0, 1), stepOf(3, 4), stepOf(4, 5));
  expect(shown).toEqual([1]);
  expect(line.asked("subscribe")).toMatchObject({ topic: "news", since: "e:1" });
  expect(line.sent.length).toBe(1);
  line.reply("subscribe", joinedAt(5));
  line.say(stepOf(1, 5), stepOf(5, 6));
  expect([shown, gaps]).toEqual([[1, 2, 3, 4, 5, 6], []]);
});

it("[CUR9] applies the parts of a step as one", async () => {
  const { line, shown } = await subscribed();
  const part = (offset: number) => ({ messages: [messageAt(offset)] });
  line.say(stepOf(0, 3, { ...part(1), more: true }), stepOf(0, 3, { ...part(2), more: true }));
  expect(shown).toEqual([]);
  line.say(stepOf(0, 3, part(3)));
  expect(shown).toEqual([1, 2, 3]);
});

it("forgets the parts of a step whose end was lost with the line", async () => {
  const { line, shown, clock, hub } = await subscribed();
  line.say(stepOf(0, 1), stepOf(1, 3, { messages: [messageAt(2)], more: true }));
  line.events.lost(1006, "");
  await clock.pass(5_000);
  expect(hub.line.offer.topics).toEqual([["news", "e:1"]]);
  hub.line.connected();
  hub.line.say({ type: "reply", id: null, ...joinedAt(3) }, stepOf(1, 3));
  expect(shown).toEqual([1, 2, 3]);
});

it("reports a gap before it shows the messages that are left", async () => {
  const { line, shown, gaps, clock, hub } = await subscribed();
  line.say(stepOf(0, 2));
  line.events.lost(1006, "");
  await clock.pass(5_000);
  hub.line.connected();
  hub.line.say({ type: "reply", id: null, ...joinedAt(90, false) });
  expect(gaps).toEqual([{ topic: "news", since: "e:2" }]);
  const kept = [messageAt(2), messageAt(89), messageAt(90)];
  hub.line.say(stepOf(null, 90, { messages: kept }), stepOf(90, 91));
  expect(shown).toEqual([1, 2, 89, 90, 91]);
});

it("finds the gap behind a snapshot that it did not ask for", async () => {
  const { line, shown, gaps } = await subscribed();
  line.say(stepOf(0, 1), stepOf(null, 50, { messages: [messageAt(50)] }));
  expect([shown, gaps]).toEqual([[1], []]);
  line.reply("subscribe", joinedAt(50, false));
  line.say(stepOf(null, 50, { messages: [messageAt(50)] }));
  expect([shown, gaps]).toEqual([[1, 50], [{ topic: "news", since: "e:1" }]]);
});

it("starts again in another epoch", async () => {
  const { line, shown, gaps, clock, hub } = await subscribed();
  line.say(stepOf(0, 2));
  line.events.lost(4001, "");
  await clock.pass(5_000);
  hub.line.connected();
  hub.line.say({ type: "reply", id: null, ...joinedAt(1, false), epoch: "f" });
  hub.line.say(stepOf(null, 1, { epoch: "f" }), stepOf(1, 2, { epoch: "f" }));
  expect(shown).toEqual([1, 2, 1, 2]);
  expect(gaps.length).toBe(1);
});

it("[CUR5] goes on from the cursor of an empty log in any epoch", async () => {
  const { line, shown } = await subscribed("0:0");
  line.say(stepOf(0, 2));
  expect(shown).toEqual([1, 2]);
});

it("[LOG10] shows messages that were sent live only, also while others are missing", async () => {
  const { line, shown } = await subscribed();
  const live = (data: string) => ({ messages: [messageAt(null, { data })] });
  line.say(stepOf(0, 1), stepOf(1, 1, live("a")), stepOf(7, 7, live("b")));
  expect(shown).toEqual([1, "a", "b"]);
});

it("a second subscriber that begins further back gets the past, and the first does not", async () => {
  const { client, line, shown } = await subscribed();
  line.say(stepOf(0, 3));
  const second: unknown[] = [];
  client.topic("news").subscribe(({ data }) => second.push(data), { since: "1h" });
  line.reply("subscribe", joinedAt(4));
  // The fourth message came in between; the first subscriber gets it from its own cursor.
  line.say(stepOf(null, 4));
  expect(second).toEqual([1, 2, 3, 4]);
  expect(line.asked("subscribe")).toMatchObject({ since: "e:3" });
  line.reply("subscribe", joinedAt(4));
  line.say(stepOf(3, 4), stepOf(4, 5));
  expect([shown, second]).toEqual([
    [1, 2, 3, 4, 5],
    [1, 2, 3, 4, 5],
  ]);
});

it("a second subscriber that begins now costs no frame", async () => {
  const { client, line } = await subscribed();
  line.say(stepOf(0, 3));
  const second: unknown[] = [];
  client.topic("news").subscribe(({ data }) => second.push(data));
  line.say(stepOf(3, 4));
  expect([line.sent, second]).toEqual([[], [4]]);
});

it("a subscriber that begins now does not get the past of one that resumes", async () => {
  const simulated = simulate();
  const { client } = simulated;
  const [first, second]: unknown[][] = [[], []];
  client.topic("news").subscribe(({ data }) => first?.push(data), { since: "e:1" });
  client.topic("news").subscribe(({ data }) => second?.push(data));
  const line = await connect(simulated);
  line.say({ type: "reply", id: null, ...joinedAt(3) }, stepOf(1, 3));
  line.reply("subscribe", joinedAt(3));
  line.say(stepOf(3, 4));
  expect([first, second]).toEqual([[2, 3, 4], [4]]);
});

it("unsubscribes when the last listener has left, and not before", async () => {
  const { client, line, end } = await subscribed();
  const abort = new AbortController();
  client.topic("news").subscribe(() => undefined, { signal: abort.signal });
  end();
  end();
  expect(line.sent).toEqual([]);
  abort.abort();
  expect(line.sent).toMatchObject([{ type: "unsubscribe", topic: "news" }]);
});

it("shows nothing more once it is ended, also of the same step", async () => {
  const { client, line, shown, end } = await subscribed();
  const abort = new AbortController();
  const taken: unknown[] = [];
  const take = ({ data }: { data?: unknown }) => {
    taken.push(data);
    abort.abort();
    end();
  };
  client.topic("news").subscribe(take, { signal: abort.signal });
  line.say(stepOf(0, 3));
  expect([taken, shown]).toEqual([[1], [1, 2, 3]]);
});

it("reports a refusal to its subscriber, and asks again if it is temporary", async () => {
  const { client, clock, hub } = simulate();
  const errors: BelfryError[] = [];
  client.topic("news").subscribe(() => undefined, { onError: (error) => errors.push(error) });
  await settled();
  hub.line.connected();
  const error = { type: "error", id: null, message: "No", fix: "wait", topic: "news" } as const;
  hub.line.say({ ...error, code: "temporary", temporary: true });
  await clock.pass(10_000);
  expect(hub.line.asked("subscribe")).toMatchObject({ topic: "news", since: "latest" });
  hub.line.refuse("subscribe", "insufficient_scope");
  expect(errors.map(({ code, temporary }) => [code, temporary])).toEqual([
    ["temporary", true],
    ["insufficient_scope", false],
  ]);
  hub.line.events.lost(1006, "");
  await clock.pass(10_000);
  expect(hub.line.offer.topics).toEqual([]);
});

it("subscribes again after the hub has ended a subscription, if that is temporary", async () => {
  const { line, shown, clock } = await subscribed();
  line.say(stepOf(0, 1));
  const error = { type: "error", id: null, message: "No", fix: "wait", topic: "news" } as const;
  line.say({ ...error, code: "temporary", temporary: true });
  await clock.pass(10_000);
  expect(line.asked("subscribe")).toMatchObject({ topic: "news", since: "e:1" });
  line.reply("subscribe", joinedAt(2));
  line.say(stepOf(1, 2));
  expect(shown).toEqual([1, 2]);
});

it("a start that the hub refuses ends no other subscription", async () => {
  const { client, line, shown } = await subscribed();
  const errors: BelfryError[] = [];
  const onError = (error: BelfryError) => errors.push(error);
  const past: unknown[] = [];
  client.topic("news").subscribe(() => undefined, { since: "2d", onError });
  client.topic("news").subscribe(({ data }) => past.push(data), { since: "1h", onError });
  line.refuse("subscribe", "invalid_params");
  expect(errors.map(({ code }) => code)).toEqual(["invalid_params"]);
  expect(line.asked("subscribe")).toMatchObject({ since: "1h" });
  line.reply("subscribe", joinedAt(0));
  line.say(stepOf(null, 0), stepOf(0, 1));
  expect([shown, past, line.sent.length]).toEqual([[1], [1], 2]);
});

it("names in a connect as many topics as the transport takes, and asks for the others after it", async () => {
  const { client, hub } = simulate();
  hub.topicsMax = 2;
  for (const name of ["a", "b", "c"]) client.topic(name).subscribe(() => undefined);
  await settled();
  expect(hub.line.offer.topics.map(([topic]) => topic)).toEqual(["a", "b"]);
  hub.line.connected();
  expect(hub.line.sent).toMatchObject([{ type: "subscribe", topic: "c", since: "latest" }]);
});

it("names in a connect no more than an address can hold, and asks for the others after it", async () => {
  const { client, clock, hub } = simulate();
  const names = Array.from({ length: 100 }, (_, i) => `${i}`.padStart(128, ":"));
  for (const name of names) client.topic(name).subscribe(() => undefined, { since: "e:1" });
  await settled();
  const { offer } = hub.line;
  const { length } = connectUrl(offer);
  expect([length > 7_000, length < 8_400]).toEqual([true, true]);
  hub.line.connected();
  await clock.pass(10_000);
  const asked = hub.line.sent.map(({ topic }) => topic);
  expect([...offer.topics.map(([topic]) => topic), ...asked]).toEqual(names);
});

it("a subscription that was unanswered when the client was closed is requested again", async () => {
  const simulated = simulate();
  const { client, hub } = simulated;
  const line = await connect(simulated);
  const [shown, errors]: unknown[][] = [[], []];
  client
    .topic("news")
    .subscribe(({ data }) => shown?.push(data), { onError: (error) => errors?.push(error) });
  expect(line.asked("subscribe")).toMatchObject({ topic: "news" });
  client.close();
  await connect(simulated);
  expect([hub.line.offer.topics, errors]).toEqual([[["news", "latest"]], []]);
  hub.line.say({ type: "reply", id: null, ...joinedAt(4) }, stepOf(4, 5));
  expect([shown, hub.line.sent]).toEqual([[5], []]);
});

it("a listener that throws stops neither the others nor the line", async () => {
  const thrown: unknown[] = [];
  const catchIt = (cause: unknown) => thrown.push(cause);
  process.on("uncaughtException", catchIt);
  const { client, line, shown } = await subscribed();
  client.topic("news").subscribe(() => {
    throw new Error("the app's own");
  });
  line.say(stepOf(0, 1), stepOf(1, 2));
  await settled();
  process.off("uncaughtException", catchIt);
  expect([shown, thrown.length]).toEqual([[1, 2], 2]);
});

it("`for await` shows messages that arrive while the loop is busy, and ends with its signal", async () => {
  const simulated = simulate();
  const abort = new AbortController();
  const messages = simulated.client.topic("news").messages({ signal: abort.signal });
  const first = messages.next();
  const line = await connect(simulated);
  line.say({ type: "reply", id: null, ...joinedAt(0) }, stepOf(0, 3));
  expect((await first).value).toMatchObject({ data: 1 });
  expect((await messages.next()).value).toMatchObject({ data: 2 });
  expect((await messages.next()).value).toMatchObject({ data: 3 });
  const last = messages.next();
  await settled();
  abort.abort();
  expect(await last).toEqual({ done: true, value: undefined });
  expect(line.asked("unsubscribe")).toMatchObject({ topic: "news" });
});

it("`for await` throws the hub's refusal, and the reason why the client was closed", async () => {
  const refused = simulate();
  const first = refused.client.topic("news").messages().next();
  const line = await connect(refused);
  const error = { code: "insufficient_scope", message: "No", fix: "ask", temporary: false };
  line.say({ type: "error", id: null, topic: "news", ...error });
  await expect(first).rejects.toMatchObject({ code: "insufficient_scope" });
  const closed = simulate();
  const second = closed.client.topic("news").messages().next();
  await connect(closed);
  closed.client.close();
  await expect(second).rejects.toMatchObject({ code: "closed" });
  const third = closed.client.topic("news").messages().next();
  const hangs = settled().then(() => "it waits for what never comes");
  await expect(Promise.race([third, hangs])).rejects.toMatchObject({ code: "closed" });
});

it("`for await` throws before messages pile up without end", async () => {
  const simulated = simulate();
  const messages = simulated.client.topic("news").messages();
  const first = messages.next();
  const line = await connect(simulated);
  line.say({ type: "reply", id: null, ...joinedAt(0) }, stepOf(0, 1));
  await first;
  line.say(stepOf(1, 900), stepOf(900, 1_100), stepOf(1_100, 3_000));
  let count = 0;
  const all = (async () => {
    for await (const _ of messages) count += 1;
  })();
  await expect(all).rejects.toMatchObject({ code: "too_slow" });
  expect(count).toBe(1_001);
});

it("repeats unanswered requests unchanged on the next connection", async () => {
  const simulated = simulate();
  const { client, clock, hub } = simulated;
  const line = await connect(simulated);
  const published = client.topic("news").publish({ data: 1 });
  const followed = client.topic("news").follow();
  const [publish, follow] = line.sent;
  expect(publish).toMatchObject({ type: "publish", message: { data: 1, id: expect.any(String) } });
  line.events.lost(1006, "");
  await clock.pass(5_000);
  hub.line.connected();
  expect(hub.line.sent).toEqual([publish, follow]);
  const stored = { id: "x", offset: 1, epoch: "e", duplicate: true };
  hub.line.reply("publish", { message: stored });
  hub.line.refuse("follow", "insufficient_scope");
  expect(await published).toEqual(stored);
  await expect(followed).rejects.toMatchObject({
    code: "insufficient_scope",
    message: "No: do not",
  });
});

it("[SOC7] a frame that the hub refuses without reading it fails, and is not sent again", async () => {
  const simulated = simulate();
  const line = await connect(simulated);
  const data = JSON.parse(`${"[".repeat(40)}${"]".repeat(40)}`);
  const published = simulated.client.topic("news").publish({ data });
  await settled();
  const frame = decodeUp(JSON.stringify(line.asked("publish")));
  if (!("refusal" in frame)) throw new Error("the hub takes it");
  line.say(JSON.parse(printError(frame.id, frame.refusal)));
  await expect(published).rejects.toMatchObject({ code: "bad_request" });
  line.events.lost(1006, "");
  await simulated.clock.until(() => simulated.hub.lines.length === 2);
  simulated.hub.line.connected();
  await settled();
  expect(simulated.hub.line.sent).toEqual([]);
});

it("pending requests fail when the client is closed, and so do later ones", async () => {
  const simulated = simulate();
  await connect(simulated);
  const before = simulated.client.topic("news").publish({ data: 1 });
  simulated.client.close();
  await expect(before).rejects.toMatchObject({ code: "closed" });
  await expect(simulated.client.topic("news").follow()).rejects.toMatchObject({ code: "closed" });
});

it("leaves no listener on a signal that outlives it", async () => {
  const { client } = await subscribed();
  const { signal } = new AbortController();
  const news = client.topic("news");
  news.subscribe(() => undefined, { signal })();
  const messages = news.messages({ signal });
  const next = messages.next();
  client.close();
  await expect(next).rejects.toMatchObject({ code: "closed" });
  expect(getEventListeners(signal, "abort")).toEqual([]);
});
