// Hostile topics in a connect and in a Last-Event-ID, one test for each attack: the exact refusal, and
// never a topic that was not requested.

import { describe, expect, it } from "vitest";
import { expectRefusal, fresh, many, raw, refusedSocket } from "../support/attack.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { EventReader } from "../support/events.ts";
import { hubForAll } from "../support/hub-for-all.ts";
import { TestSocket } from "../support/socket.ts";
import { answersOf, device, may, say, subscribe, topicPath } from "../support/topic-requests.ts";

let url = "";
hubForAll((started) => {
  url = started;
});

describe("the topics of a connect", () => {
  const connectTo = async (query: string, accept = false) => {
    const token = await tokenOf(fresh(), { "topic:*": ["subscribe"] });
    const path = `/v1/connect?${query}`;
    if (!accept) return refusedSocket(url, path, token);
    const headers = { ...bearer(token), accept: "text/event-stream" };
    return raw(url, path, { headers });
  };

  it("that are 101, or 11 on a stream, refuse the connect", async () => {
    const named = (count: number) => `topics=${many(count, (i) => `t${i}`).join(",")}`;
    const refused = await connectTo(named(101));
    expect(refused).toEqual({ code: "invalid_params", close: 4502 });
    expectRefusal((await connectTo(named(11), true)) as never, 422, "invalid_params", "topics");
  });

  it.each([
    ["the same twice", "a,a"],
    ["the same twice, with other cursors", "a~latest,a~0:0"],
    ["the same twice, once with a cursor that is none", "a,a~e:-1"],
    ["empty", ""],
    ["nothing but a cursor", "~latest"],
    ["`everyone`", "everyone"],
    ["a pattern", "news.*"],
    ["an endless name", "x".repeat(129)],
    ["a name out of the alphabet", "a%20b"],
    ["a name with a slash", "a%2Fb"],
    ["a negative cursor", "a~e:-1"],
    ["a broken cursor", "a~e:1.5"],
    ["a cursor beyond all numbers", "a~e:9007199254740993"],
    ["a cursor without an epoch", "a~:1"],
    ["a cursor of an endless epoch", `a~${"e".repeat(33)}:1`],
    ["a time that is none", "a~yesterday"],
    ["a time with a plus that is a blank", "a~2026-01-01T00:00:00+00:00"],
    ["a duration without end", "a~9999999d"],
    ["a snapshot by name", "a~snapshot"],
    ["two cursors behind one name", "a~0:0~latest"],
    ["a name of letters beyond ASCII", "%C3%A4%F0%9F%98%80%0D%0Ax"],
  ])("[SUB5] that are %s are refused each for itself", async (_, topics) => {
    const good = fresh();
    const query = `since=latest&topics=${topics},${good}~latest`;
    const { socket } = await device(url, fresh(), may([good], "subscribe"), query);
    const answers = await answersOf(socket, 2);
    const name = decodeURIComponent(topics).split(/[,~]/)[0] as string;
    expect(answers.get(name)).toMatchObject({ type: "error", id: null, code: "invalid_params" });
    expect(answers.get(good)).toMatchObject({ type: "reply", id: null });
    socket.drop();
  });

  it.each([
    ["of the future", (epoch: string) => `${epoch}:3`],
    ["huge", (epoch: string) => `${epoch}:${Number.MAX_SAFE_INTEGER}`],
    ["of a foreign epoch", () => "foreign:1"],
    ["of an empty log, but moved", () => "0:1"],
    ["of another topic", (_: string, other: string) => other],
  ])("with a cursor that is %s", async (_, cursorOf) => {
    const [topic, other] = [fresh(), fresh()];
    const { cursor } = await say(url, other, 1, 2);
    const { epoch } = await say(url, topic, 1, 2);
    const since = cursorOf(epoch, cursor);
    const caps = may([topic], "subscribe");
    const { socket } = await device(url, fresh(), caps, `since=latest&topics=${topic}~${since}`);
    const answers = await answersOf(socket, 1);
    expect(answers.get(topic)).toMatchObject({ recovered: false, offset: 2 });
    expect(await socket.messages()).toMatchObject({ snapshot: true, since: null, to: 2 });
    expect(await subscribe(socket, topic, since)).toMatchObject({ recovered: false });
    socket.drop();
  });
});

describe("a Last-Event-ID", () => {
  const open = async (topics: string, lastEventId: string) => {
    const token = await tokenOf("ada", { "topic:*": ["subscribe"] });
    const headers = { ...bearer(token), accept: "text/event-stream", "last-event-id": lastEventId };
    return raw(url, `/v1/connect?since=latest&topics=${topics}`, { headers });
  };

  it.each([
    ["of no cursor", "x", "since"],
    ["of a list without topics", "e:1,e:2", "since"],
    ["of a tilde", "~", "since"],
    ["of a topic where the inbox stands", "a~e:1", "since"],
    ["with a broken cursor of the inbox", "e:-1,a~e:1", "since"],
  ])("%s", async (_, lastEventId, field) => {
    expectRefusal(await open("a", lastEventId), 422, "invalid_params", field);
  });

  it.each([
    ["with a broken cursor of a topic", "e:1,a~e:-1"],
    ["with words for a cursor", "e:1,a~__proto__"],
    ["with half of it", "e:1,a~e:"],
    ["that would break out of its header", "e:1,a~e:1\tx-belfry: 1"],
  ])("[SUB5] %s fails that topic alone", async (_, lastEventId) => {
    const headers = { ...bearer(await tokenOf(fresh())), "last-event-id": lastEventId };
    const events = await EventReader.open(url, "/v1/connect?topics=a", headers);
    expect(await events.next()).toMatchObject({ event: "connected" });
    const said = [await events.next(), await events.next()];
    expect(said).toContainEqual({
      ...{ event: "error", id: null },
      data: expect.objectContaining({ topic: "a", code: "invalid_params" }),
    });
    await events.close();
  });

  it("that smuggles in topics that the connect does not name", async () => {
    const [asked, smuggled] = [fresh(), fresh()];
    const { epoch } = await say(url, asked, 1, 2);
    await say(url, smuggled, "secret");
    const token = await tokenOf(fresh(), may([asked], "subscribe"));
    const id = `0:0,${smuggled}~0:0,${asked}~${epoch}:1,__proto__~0:0,everyone~0:0,a/b~0:0`;
    const events = await EventReader.open(url, `/v1/connect?topics=${asked}`, {
      ...{ ...bearer(token), "last-event-id": id },
    });
    const [connected, reply, step] = [
      await events.next(),
      await events.next(),
      await events.next(),
    ];
    expect(connected).toMatchObject({ event: "connected", data: { recovered: true } });
    expect(reply).toMatchObject({ data: { topic: asked, recovered: true } });
    expect(step).toMatchObject({ data: { topic: asked, since: 1, to: 2 } });
    expect((await call(url, "GET", topicPath(smuggled))).json.members).toBe(0);
    await events.close();
  });

  it("of many topics on a socket resumes the topic that the connect names", async () => {
    const topic = fresh();
    const { epoch } = await say(url, topic, 1, 2);
    const headers = {
      ...bearer(await tokenOf(fresh(), may([topic], "subscribe"))),
      "last-event-id": `0:0,${many(500, (i) => `x${i}~0:0`).join(",")},${topic}~${epoch}:1`,
    };
    const socket = new TestSocket(url, `/v1/connect?topics=${topic}`, { headers });
    expect((await answersOf(socket, 1)).get(topic)).toMatchObject({ recovered: true });
    expect(await socket.messages()).toMatchObject({ topic, since: 1, to: 2 });
    socket.drop();
  });
});
