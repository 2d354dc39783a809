// Routing by type on the server: the handler of a type, and the effect of its decision.

import { describe, expect, it } from "vitest";
import { handlers } from "../../src/handlers.ts";
import type { Handler, Handlers } from "../../src/protocol/handler.ts";
import { prepare } from "../../src/publish/prepare.ts";
import { handlerOf, runHandler } from "../../src/publish/run-handler.ts";

const sender = { source: "shop", to: { kind: "user" as const, name: "ada" } };
const message = { type: "t", data: 1 };

it("[PUB4] a type has its own handler, or that of the longest `prefix.*`", () => {
  const [exact, near, far]: Handler[] = [(m) => m, (m) => m, (m) => m];
  const table = { "a.b.c": exact, "a.b.*": near, "a.*": far } as Handlers;
  expect(handlerOf(table, "a.b.c")).toBe(exact);
  expect(handlerOf(table, "a.b.x")).toBe(near);
  expect(handlerOf(table, "a.b.c.d")).toBe(near);
  expect(handlerOf(table, "a.x.y")).toBe(far);
  for (const none of ["a", "ab.c", "b.a", undefined, "toString", "__proto__.x"])
    expect(handlerOf(table, none)).toBeUndefined();
});

it("[PUB4] a handler changes the message, sends it elsewhere, or refuses it", async () => {
  const changed = { type: "t", data: 2 };
  expect(await runHandler(() => changed, message, sender)).toEqual({
    to: sender.to,
    message: changed,
  });
  const topic = { kind: "topic", name: "news" };
  expect(await runHandler(() => ({ to: "topic:news" }), message, sender)).toEqual({
    to: topic,
    message,
  });
  expect(
    await runHandler(async () => ({ to: "topic:news", message: changed }), message, sender),
  ).toEqual({ to: topic, message: changed });
  expect(await runHandler(() => ({ refuse: "not today" }), message, sender)).toEqual({
    code: "invalid_params",
    fix: "not today",
  });
  await expect(runHandler(() => ({ to: "nowhere" }), message, sender)).rejects.toThrow("nowhere");
});

it("[PUB4] a handler receives the sender and the address, as the hub has verified them", async () => {
  let told: unknown;
  const spy: Handler = (m, by) => {
    told = [m, by];
    return m;
  };
  await runHandler(spy, message, sender);
  expect(told).toEqual([message, sender]);
});

describe("the worked example", () => {
  const publisher = { source: "shop", isUser: false, others: [], requestId: "r_1" };

  it("[PUB4] makes a notification of a greeting before it is stored", async () => {
    const value = { type: "belfry.example.hello", data: { name: "Ada" } };
    const prepared = await prepare(value, sender.to, publisher, null);
    if ("code" in prepared) throw new Error(prepared.code);
    expect(prepared.to).toEqual(sender.to);
    expect(prepared.draft.body).toContain('"notification":{"title":"Hello, Ada"}');
  });

  it("[PUB4] refuses one without a name", async () => {
    const value = { type: "belfry.example.hello", data: {} };
    expect(await prepare(value, sender.to, publisher, null)).toMatchObject({
      code: "invalid_params",
      fix: expect.stringContaining("data.name"),
    });
    expect(Object.keys(handlers)).toEqual(["belfry.example.*"]);
  });
});
