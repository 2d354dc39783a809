// Hostile input by HTTP, one test for each attack: the exact refusal, nothing stored, and the hub still
// works. Sockets, requests and tokens have files of their own.

import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { newKey } from "../../src/operate/credentials.ts";
import {
  allOf,
  byRefusal,
  expectRefusal,
  expectUntouched,
  fresh,
  inbox,
  inboxSocket,
  link,
  many,
  messages,
  nested,
  raw,
  refusedSocket,
  shown,
} from "../support/attack.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { hubForAll } from "../support/hub-for-all.ts";
import { API_KEY, TEST_VARS } from "../support/vars.ts";

const other = newKey("other");

let url = "";
hubForAll(
  (started) => {
    url = started;
  },
  {
    API_KEYS: JSON.stringify([...JSON.parse(TEST_VARS.API_KEYS), other.entry]),
  },
);

const button = { action: "a", title: "b" };
const script = { ...button, url: "javascript:1" };
const endless = "k".repeat(252);
const bomb = gzipSync(Buffer.alloc(20_000_000));
const ndjson = { "content-type": "application/x-ndjson" };
const media = (type: string) => ({ "content-type": type });

type BodyAttack = [
  attack: string,
  body: string | Buffer,
  field?: string | undefined,
  headers?: Record<string, string>,
];

const BODIES: Record<string, BodyAttack[]> = {
  "400 bad_request": [
    ["malformed JSON", '{"type":"x"'],
    ["JSON with something after it", '{"type":"x"}}'],
    ["JSON with a comment", '{"type":"x"/*y*/}'],
    ["a duplicate key", '{"type":"a","type":"b"}'],
    ["a duplicate key deep inside", '{"data":{"a":[{"b":1,"b":2}]}}'],
    ["a duplicate key in disguise", '{"type":"a","\\u0074ype":"b"}'],
    ["a duplicate __proto__", '{"data":{"__proto__":1,"__proto__":2}}'],
    ["nesting one too deep", `{"data":${nested(32)}}`],
    ["nesting half a million deep", `{"data":${nested(500_000)}}`],
    ["nesting that is never closed", "[".repeat(1_000_000)],
    ["invalid UTF-8", Buffer.from('{"type":"\xff\xc0"}', "latin1")],
    ["UTF-16", Buffer.from('\ufeff{"type":"x"}', "utf16le")],
    ["an empty body", ""],
    ["an empty message", "{}"],
    ["a message of an id only", '{"id":"a"}'],
    ["white space as text", " \n ", undefined, media("text/plain")],
    ["an empty list", "[]"],
  ],
  "413 payload_too_large": [
    ["a million-element list", `[${"1,".repeat(999_999)}1]`],
    ["half a million elements in one MiB", `[${"1,".repeat(500_000)}1]`],
    ["a list of one too many", JSON.stringify(many(1001, () => ({ type: "x" })))],
    ["half a million malformed lines", "x\n".repeat(500_000), undefined, ndjson],
    ["an oversize body, announced", `{"data":"${"x".repeat(1_048_576)}"}`],
    ["an oversize message", `{"data":"${"x".repeat(65_536)}"}`],
  ],
  "415 unsupported_media_type": [
    ["multipart/form-data", '{"type":"x"}', "content-type", media("multipart/form-data")],
    ["application/xml", '{"type":"x"}', "content-type", media("application/xml")],
    ["text/html", '{"type":"x"}', "content-type", media("text/html; charset=utf-8")],
    ...[
      `${shown({ title: "x" })}\n${shown({ title: "y" })}`,
      '{"type":"x","data":9007199254740993}',
      `{"data":${nested(40)}}`,
      '[{"type":"x","type":"y"}]',
    ].map(
      (body): BodyAttack => [
        `as text ${body.slice(0, 40)}`,
        body,
        "content-type",
        media("text/plain"),
      ],
    ),
    ["a compressed bomb", bomb, "content-encoding", { "content-encoding": "gzip" }],
  ],
  "422 invalid_params": [
    ["a body that is a number", "42"],
    ["a body that is null", "null"],
    ["a type that is a number", '{"type":1}', "type"],
    ["an id that is an object", '{"type":"x","id":{}}', "id"],
    ["a notification that is a text", '{"notification":"x"}', "notification"],
    ["a title that is a list", shown({ title: [] }), "notification.title"],
    ["a ttl in words", '{"type":"x","ttl":"60"}', "ttl"],
    ["a negative ttl", '{"type":"x","ttl":-1}', "ttl"],
    ["a ttl beyond all time", '{"type":"x","ttl":1e308}', "ttl"],
    ["an urgency of its own", '{"type":"x","urgency":"now"}', "urgency"],
    ["a thousand buttons", shown({ actions: many(1000, () => button) }), "notification.actions"],
    ["an unknown field", '{"type":"x","titel":"y"}', "titel"],
    ["an unknown field inside", shown({ titel: "y" }), "notification.titel"],
    ["an offset of the client's own", '{"type":"x","offset":9}', "offset"],
    ["__proto__ as a field", '{"type":"x","__proto__":{"id":"y"}}', "__proto__"],
    ["constructor as a field", '{"type":"x","constructor":1}', "constructor"],
    ["an empty id", '{"type":"x","id":""}', "id"],
    ["an id of 256 bytes", `{"type":"x","id":"${"é".repeat(128)}"}`, "id"],
    ["CRLF in an id", '{"type":"x","id":"a\\r\\nb"}', "id"],
    ["CRLF in a type", '{"type":"a\\r\\nevent: b"}', "type"],
    ["NUL in a category", '{"type":"x","category":"a\\u0000"}', "category"],
    ["a newline in a source", '{"type":"x","source":"test\\nid"}', "source"],
    ["a javascript: link", link("javascript:alert(1)"), "notification.url"],
    ["a javascript: link behind a tab", link("\tjAva\nscript:alert(1)"), "notification.url"],
    ["a javascript: link behind NUL", link("\u0000javascript:alert(1)"), "notification.url"],
    ["a data: link", link("data:text/html,x"), "notification.url"],
    ["a javascript: icon", shown({ icon: "javascript:1" }), "notification.icon"],
    ["a javascript: button", shown({ actions: [script] }), "notification.actions.0.url"],
    ["a blank in an Idempotency-Key", '{"type":"x"}', undefined, { "idempotency-key": "a b" }],
    ["an endless Idempotency-Key", '{"type":"x"}', undefined, { "idempotency-key": endless }],
  ],
};

describe("a published body", () => {
  it.each(byRefusal(BODIES))("$row.0", async ({ refusal, row }) => {
    const [, body, field, headers = {}] = row;
    const [status, code] = refusal.split(" ") as [string, string];
    for (const path of [inbox(fresh()), messages(fresh())]) {
      const all = { ...bearer(API_KEY), ...media("application/json"), ...headers };
      const length = { "content-length": `${Buffer.byteLength(body)}` };
      const answer = await raw(url, path, { method: "POST", headers: { ...all, ...length }, body });
      expectRefusal(answer, Number(status), code, field);
      await expectUntouched(url, path);
    }
  });

  it("an oversize body, chunked and without a content-length", async () => {
    const path = inbox(fresh());
    const headers = { authorization: `Bearer ${API_KEY}`, "transfer-encoding": "chunked" };
    const body = Buffer.alloc(1_100_000, 0x20);
    const answer = await raw(url, path, { method: "POST", headers, body });
    expectRefusal(answer, 413, "payload_too_large");
    await expectUntouched(url, path);
  });

  it("one bad item among good ones", async () => {
    const list = [
      { type: "a" },
      { type: "" },
      { type: "b", data: "x".repeat(65_536) },
      {},
      { type: "c" },
    ];
    const { status, json } = await call(url, "POST", inbox(fresh()), list);
    expect(status).toBe(200);
    expect(json).toMatchObject({ stored: 2, duplicate: 0, failed: 3 });
    const codes = json.results.map(
      (each: { code?: string; offset?: number }) => each.code ?? each.offset,
    );
    expect(codes).toEqual([1, "invalid_params", "payload_too_large", "bad_request", 2]);
  });

  it("prototype keys in data", async () => {
    const path = inbox(fresh());
    const data = '{"__proto__":{"polluted":true},"constructor":{"prototype":1},"toString":"x"}';
    expect((await call(url, "POST", path, `{"data":${data}}`)).status).toBe(201);
    const { text, json } = await call(url, "GET", path);
    expect(text).toContain(`"data":${data}`);
    expect(json.notifications[0].polluted).toBeUndefined();
  });

  it("newlines that would end an event of a stream", async () => {
    const user = fresh();
    const body = "a\n\nevent: expired\ndata: {}\n\nid: 9:9\r\rdata: x\u2028\u0085\u0000";
    await call(url, "POST", inbox(user), {
      notification: { title: "x", body },
      data: { [body]: body },
    });
    const { events } = await streamOf(user, 2);
    expect(events.map(({ event }) => event)).toEqual(["connected", "messages"]);
    const [message] = JSON.parse(events[1]?.data ?? "").messages;
    expect([message.notification.body, message.data]).toEqual([body, { [body]: body }]);
  });

  it("messages so large that a stream cannot begin", async () => {
    const user = fresh();
    const large = many(15, () => ({ type: "x", data: "x".repeat(60_000) }));
    for (const list of [large, large]) await call(url, "POST", inbox(user), list);
    const { events } = await streamOf(user, 50);
    expect(events.at(-1)?.id).toMatch(/:30$/);
  });

  it("a body of one MiB that would become half a GiB", async () => {
    const [first, second] = [fresh(), fresh()];
    const to = [`user:${first}`, `user:${second}`, ...many(498, (i) => `topic:${i}`)];
    const list = many(15, () => ({ to, type: "x", data: "x".repeat(60_000) }));
    const answer = await call(url, "POST", "/v1/publish", list);
    expectRefusal(answer, 413, "payload_too_large", "to");
    await expectUntouched(url, inbox(first));
  });

  it("malformed addresses, and too many of them", async () => {
    const user = fresh();
    const bad = "ada user: user:me user:a/b USER:ada topic:everyone topic:* toString:x".split(" ");
    const { json } = await call(url, "POST", "/v1/publish", { to: bad, type: "x" });
    expect(json).toMatchObject({ stored: 0, failed: bad.length });
    const codes = json.results.map(
      ({ code, field }: { code: string; field: string }) => `${code} ${field}`,
    );
    expect(new Set(codes)).toEqual(new Set(["invalid_params to"]));
    for (const to of [undefined, [], [1], {}, null]) {
      const answer = await call(url, "POST", "/v1/publish", { to, type: "x" });
      expectRefusal(answer, 422, "invalid_params", "to");
    }
    const to = many(501, (i) => `user:${user}${i}`);
    const answer = await call(url, "POST", "/v1/publish", { to, type: "x" });
    expectRefusal(answer, 413, "payload_too_large", "to");
    await expectUntouched(url, inbox(`${user}0`));
  });
});

/** Reads the stream of a user until `count` events, or the last part of a frame, have come. */
async function streamOf(user: string, count: number) {
  const end = new AbortController();
  const headers = { accept: "text/event-stream", ...bearer(await tokenOf(user)) };
  const response = await fetch(`${url}/v1/connect`, { headers, signal: end.signal });
  let text = "";
  const eventsOf = () =>
    text
      .split("\n\n")
      .slice(0, -1)
      .map((block) => {
        // The line ends of the event stream standard, which are fewer than those in JSON text.
        const fields = block.split(/\r\n|\r|\n/).map((line) => line.split(/: (.*)/s));
        return Object.fromEntries(fields) as { event?: string; id?: string; data?: string };
      })
      // The first block has no event, only the reconnection time.
      .filter(({ event }) => event !== undefined);
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    text += Buffer.from(part).toString("latin1");
    const events = eventsOf();
    if (events.length >= count || events.at(-1)?.id !== undefined) break;
  }
  end.abort();
  text = Buffer.from(text, "latin1").toString("utf8");
  return { events: eventsOf() };
}

describe("an id", () => {
  it("replayed", async () => {
    const path = inbox(fresh());
    const message = { id: "a", type: "x", data: [1] };
    const first = await call(url, "POST", path, message);
    const replays = await Promise.all(many(20, () => call(url, "POST", path, message)));
    for (const { status, headers, json } of replays) {
      expect([status, headers.get("idempotency-replayed")]).toEqual([200, "true"]);
      expect(json).toEqual({ ...first.json, duplicate: true });
    }
    expect((await call(url, "GET", path)).json.notifications).toHaveLength(1);
  });

  it("raced for", async () => {
    const path = inbox(fresh());
    const all = await Promise.all(many(20, () => call(url, "POST", path, { id: "a", type: "x" })));
    expect(all.filter(({ status }) => status === 201)).toHaveLength(1);
    expect((await call(url, "GET", path)).json.counts.total).toBe(1);
  });

  it("conflicting", async () => {
    const path = messages(fresh());
    await call(url, "POST", path, { id: "a", type: "x" });
    for (const changed of [{ type: "y" }, { type: "x", data: 1 }, { type: "x", ttl: 60 }]) {
      const answer = await call(url, "POST", path, { id: "a", ...changed });
      expectRefusal(answer, 422, "idempotency_mismatch", "id");
    }
    const { messages: kept } = (await call(url, "GET", path)).json;
    expect(kept.map((each: { type: string }) => each.type)).toEqual(["x"]);
  });

  it("claimed by a user as the backend's", async () => {
    const topic = fresh();
    const ada = bearer(await tokenOf("ada", allOf(topic)));
    const claim = { id: "a", type: "x", source: "test" };
    const claimed = await call(url, "POST", messages(topic), claim, ada);
    expectRefusal(claimed, 403, "insufficient_scope", "source");
    expect((await call(url, "POST", messages(topic), { id: "a", type: "y" }, ada)).status).toBe(
      201,
    );
    const own = await call(url, "POST", messages(topic), { id: "a", type: "x" });
    expect([own.status, own.json.offset]).toEqual([201, 2]);
  });

  it("claimed by a backend as a user's", async () => {
    const path = messages(fresh());
    const claim = { id: "a", type: "x", source: "user:ada" };
    expectRefusal(await call(url, "POST", path, claim), 422, "invalid_params", "source");
    await expectUntouched(url, path);
  });

  it("claimed by one backend as another's", async () => {
    const path = messages(fresh());
    const claim = { id: "a", type: "x", source: "test" };
    const claimed = await call(url, "POST", path, claim, bearer(other.key));
    expectRefusal(claimed, 422, "invalid_params", "source");
    expect((await call(url, "POST", path, { id: "a", type: "y" })).json.offset).toBe(1);
  });
});

describe("a cursor", () => {
  const malformed =
    "-1 e:-1 e:1.5 e:1e3 e:01 e: :1 e:9007199254740993 e:99999999999999999 é:1 e:1:2 __proto__:1";

  it.each([...malformed.split(" "), `${"e".repeat(33)}:1`])("malformed: %s", async (since) => {
    const [user, topic] = [fresh(), fresh()];
    const query = `?since=${encodeURIComponent(since)}`;
    for (const path of [inbox(user), messages(topic)])
      expectRefusal(await call(url, "GET", path + query), 422, "invalid_params", "since");
    const refused = await refusedSocket(url, `/v1/connect${query}`, await tokenOf(user));
    expect(refused).toEqual({ code: "invalid_params", close: 4502 });
  });

  it.each([
    ["of the future", (epoch: string) => `${epoch}:3`],
    ["huge", (epoch: string) => `${epoch}:${Number.MAX_SAFE_INTEGER}`],
    ["of a foreign epoch", () => "foreign:1"],
    ["of an empty log, but moved", () => "0:1"],
  ])("%s", async (_attack, cursorOf) => {
    const [user, topic] = [fresh(), fresh()];
    for (const path of [inbox(user), messages(topic)]) {
      const { epoch } = (await call(url, "POST", path, [{ type: "a" }, { type: "b" }])).json
        .results[0];
      const { json } = await call(url, "GET", `${path}?since=${cursorOf(epoch)}`);
      expect([json.recovered, json.cursor]).toEqual([false, `${epoch}:2`]);
      expect(json.notifications ?? json.messages).toHaveLength(2);
      if (path !== inbox(user)) continue;
      const { socket, connected } = await inboxSocket(url, user, cursorOf(epoch));
      expect(connected).toMatchObject({ recovered: false, offset: 2, epoch });
      expect(await socket.next()).toMatchObject({ snapshot: true, since: null, to: 2 });
    }
  });

  it.each(["limit=0", "limit=101", "limit=-1", "limit=1e1", "limit=", "before=-1", "before=x"])(
    "beside a page that is none: %s",
    async (query) => {
      for (const path of [inbox("ada"), messages("t")]) {
        const answer = await call(url, "GET", `${path}?${query}`);
        expectRefusal(answer, 422, "invalid_params", query.split("=")[0]);
      }
    },
  );
});

describe("a change of state", () => {
  it("with `up_to` beyond the head", async () => {
    const user = fresh();
    const { epoch } = (await call(url, "POST", inbox(user), { notification: { title: "a" } })).json;
    const { socket } = await inboxSocket(url, user);
    const far = { epoch, up_to: Number.MAX_SAFE_INTEGER, read: true };
    expect((await call(url, "PATCH", inbox(user), far)).json).toMatchObject({
      changed: true,
      offset: 2,
    });
    expect((await socket.messages()).states?.[0]).toMatchObject({ up_to: 1, changed: 2 });
    socket.send({ type: "seen", id: 1, epoch, up_to: Number.MAX_SAFE_INTEGER });
    expect(await socket.nextOf("reply")).toMatchObject({ changed: false });
    await call(url, "POST", inbox(user), { notification: { title: "b" } });
    expect((await call(url, "GET", inbox(user))).json.counts).toEqual({
      unread: 1,
      unseen: 1,
      total: 1 + 1,
    });
  });

  it.each([
    ["a negative `up_to`", { up_to: -1, read: true }, "up_to"],
    ["an `up_to` that is no integer", { up_to: 1.5, read: true }, "up_to"],
    ["a negative offset", { offsets: [1, -1], read: true }, "offsets.1"],
    ["no offsets", { offsets: [], read: true }, "offsets"],
    ["a thousand and one offsets", { offsets: many(1001, (i) => i), read: true }, "offsets"],
    ["offsets and `up_to` at once", { offsets: [1], up_to: 1, read: true }, "offsets"],
    ["nothing to change", { offsets: [1] }, undefined],
    ["an unknown flag", { offsets: [1], deleted: true }, "deleted"],
    ["`archived` up to everything", { up_to: 9, archived: true }, "up_to"],
  ])("with %s", async (_attack, change, field) => {
    const user = fresh();
    const answer = await call(url, "PATCH", inbox(user), { epoch: "0", ...change });
    expectRefusal(answer, 422, "invalid_params", field);
    await expectUntouched(url, inbox(user));
  });

  it("of a foreign epoch", async () => {
    const user = fresh();
    await call(url, "POST", inbox(user), { notification: { title: "a" } });
    const change = { epoch: "foreign", offsets: [1], read: true };
    expectRefusal(await call(url, "PATCH", inbox(user), change), 409, "other_epoch", "epoch");
    const { socket } = await inboxSocket(url, user);
    socket.send({ type: "delete", id: 1, epoch: "foreign", offsets: [1] });
    expect(await socket.next()).toMatchObject({ type: "error", id: 1, code: "other_epoch" });
    expect((await call(url, "GET", inbox(user))).json.counts.unread).toBe(1);
  });
});
