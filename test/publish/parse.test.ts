// The parsing of messages, and the drafts made of them for a log.

import { describe, expect, it } from "vitest";
import type { Draft } from "../../src/log/entry.ts";
import { draftFromMessage } from "../../src/publish/draft.ts";
import { parseMessage } from "../../src/publish/parse.ts";

describe("a message", () => {
  it.each([
    { what: "a type alone", value: { type: "order.paid" } },
    { what: "data alone, be it null", value: { data: null } },
    { what: "a notification alone", value: { notification: { body: "Paid" } } },
    { what: "a picture alone", value: { notification: { image: "/paid.png" } } },
    {
      what: "a zero-width title above a body",
      value: { notification: { title: "\u200b", body: "x" } },
    },
    {
      what: "everything",
      value: {
        id: "m1",
        type: "order.paid",
        source: "shop",
        category: "orders",
        notification: {
          title: "Paid",
          body: "Order 42",
          icon: "/paid.png",
          image: "https://cdn.example.com/42.png",
          tag: "42",
          lang: "en",
          dir: "ltr",
          actions: [{ action: "open", title: "Open", url: "?order=42" }],
          url: "orders/42",
        },
        data: { order: 42 },
        ttl: 0,
        urgency: "very-low",
      },
    },
  ])("[PUB1] is $what", ({ value }) => {
    expect(parseMessage(value)).toEqual({ message: value });
  });

  it.each([
    { what: "is a list", value: [], field: undefined },
    { what: "is a text", value: "hello", field: undefined },
    { what: "has a field of its own", value: { type: "x", colour: 1 }, field: "colour" },
    { what: "has an empty id", value: { type: "x", id: "" }, field: "id" },
    { what: "has an id of 256 bytes", value: { type: "x", id: "é".repeat(128) }, field: "id" },
    { what: "has a line break in its type", value: { type: "a\nb" }, field: "type" },
    { what: "has half a second of ttl", value: { type: "x", ttl: 0.5 }, field: "ttl" },
    { what: "has a ttl below 0", value: { type: "x", ttl: -1 }, field: "ttl" },
    { what: "has a ttl of centuries", value: { type: "x", ttl: 1e10 }, field: "ttl" },
    { what: "is urgent in its own way", value: { type: "x", urgency: "now" }, field: "urgency" },
    { what: "shows nothing", value: { notification: {} }, field: "notification" },
    { what: "shows a link alone", value: { notification: { url: "/" } }, field: "notification" },
    ...["", " \n", "\u200b\u2060", "\ufeff\u00ad", "\u3164", "\u2800"].map((title) => ({
      what: `has the blank title ${JSON.stringify(title)}`,
      value: { type: "x", notification: { title, body: title } },
      field: "notification.title",
    })),
    { what: "shows a number", value: { notification: { title: 1 } }, field: "notification.title" },
    {
      what: "has eleven actions",
      value: { notification: { actions: Array(11).fill({ action: "a", title: "A" }) } },
      field: "notification.actions",
    },
    {
      what: "has an action without a title",
      value: { notification: { actions: [{ action: "a" }] } },
      field: "notification.actions.0.title",
    },
  ])("[PUB1] is refused when it $what", ({ value, field }) => {
    const refused = parseMessage(value);
    if (!("code" in refused)) throw new Error("taken");
    expect(refused).toMatchObject({ code: "invalid_params", fix: expect.stringMatching(/\w/) });
    expect(refused.field).toBe(field);
  });

  it.each<{ value: unknown; fix: string }>([
    {
      value: { title: "x" },
      fix: "`title` is not a known field: did you mean `notification.title`?",
    },
    {
      value: { type: "x", url: 1 },
      fix: "`url` is not a known field: did you mean `notification.url`?",
    },
    {
      value: { actions: [] },
      fix: "`actions` is not a known field: did you mean `notification.actions`?",
    },
    {
      value: { "notification.title": "x" },
      fix: '`notification.title` is not a known field: did you mean an object, `"notification": { … }`?',
    },
    { value: { "title.b": 1 }, fix: "`title.b` is not a known field: put your own into `data`" },
    {
      value: { type: "x", toString: 1 },
      fix: "`toString` is not a known field: put your own into `data`",
    },
    {
      value: { notification: { titel: "x" } },
      fix: "`notification.titel` is not a known field: it has title, body, icon, image, tag, lang, dir, actions, url; put your own into `data`, beside `notification`",
    },
    {
      value: { notification: { actions: [{ action: "a", title: "A", icon: "/a.png" }] } },
      fix: "`notification.actions.0.icon` is not a known field: it has action, title, url; put your own into `data`, beside `notification`",
    },
  ])("[PUB1] $value has an unknown field, and `fix` says where it belongs", ({ value, fix }) => {
    expect(parseMessage(value)).toMatchObject({ code: "invalid_params", fix });
  });

  it("[PUB1] is refused when it has no content", () => {
    for (const value of [{}, { id: "a", ttl: 5, urgency: "high" }])
      expect(parseMessage(value)).toMatchObject({ code: "bad_request" });
  });
});

describe("a draft", () => {
  const made = async (...args: Parameters<typeof draftFromMessage>) => {
    const draft = await draftFromMessage(...args);
    if ("code" in draft) throw new Error(draft.code);
    return draft;
  };

  it("[PUB1] prints its members once, always in the same order", async () => {
    const draft = await made({ data: { b: 1, a: 2 }, type: "t", id: "m", ttl: 9 }, "shop", null);
    expect(draft.body).toBe('"id":"m","source":"shop","type":"t","data":{"b":1,"a":2}');
    expect(draft).toMatchObject({ id: "m", ttl: 9, category: null });
  });

  it("[PUB3] has its own id, or the idempotency key in its place", async () => {
    const own = await made({ id: "m", type: "t" }, "shop", "key");
    expect([own.id, own.identity?.key]).toEqual(["m", "shop\nm"]);
    const keyed = await made({ type: "t" }, "shop", "key/3");
    expect([keyed.id, keyed.identity?.key]).toEqual(["key/3", "shop\nkey/3"]);
  });

  it("[PUB3] without either has a random id, and may be stored twice", async () => {
    const [one, two] = [
      await made({ type: "t" }, "shop", null),
      await made({ type: "t" }, "shop", null),
    ];
    expect(one.identity).toBeNull();
    expect(one.id).not.toBe(two.id);
  });

  it("[LOG4] has a digest of its content, in any order, and of its ttl", async () => {
    const digest = async (message: Parameters<typeof draftFromMessage>[0]) =>
      (await made(message, "shop", "k")).identity?.digest;
    const first = await digest({ type: "t", data: 1 });
    expect(await digest({ data: 1, type: "t" })).toBe(first);
    const deep = { type: "t", data: [{ a: 1, b: { c: [{ d: 1, e: 2 }] } }] };
    const turned = { type: "t", data: [{ b: { c: [{ e: 2, d: 1 }] }, a: 1 }] };
    expect(await digest(turned)).toBe(await digest(deep));
    expect(await digest({ type: "t", data: [{ a: 1, b: { c: [{ d: 2, e: 1 }] } }] })).not.toBe(
      await digest(deep),
    );
    const { body } = await made(turned, "shop", "k");
    expect(body).toContain('"data":[{"b":{"c":[{"e":2,"d":1}]},"a":1}]');
    const others = [
      { type: "t", data: 2 },
      { type: "u", data: 1 },
      { type: "t", data: 1, ttl: 5 },
    ];
    for (const other of others) expect(await digest(other)).not.toBe(first);
  });

  it("[PUB1] of more than 64 KiB is refused, counted in bytes", async () => {
    const around = (await made({ data: "" }, "s", "k")).body.length;
    const fits = "x".repeat(64 * 1024 - around);
    expect(((await made({ data: fits }, "s", "k")) as Draft).body.length).toBe(64 * 1024);
    for (const data of [`${fits}x`, "é".repeat(33_000)])
      expect(await draftFromMessage({ data }, "s", "k")).toMatchObject({
        code: "payload_too_large",
      });
  });
});
