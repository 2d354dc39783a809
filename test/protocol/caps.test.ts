// The caps of a token: the topics and the actions that they allow.

import { expect, it } from "vitest";
import { allows, parseCaps } from "../../src/protocol/caps.ts";
import { isRefusal, refusal } from "../../src/protocol/error.ts";

it.each([
  { pattern: "topic:orders.42", topic: "orders.42", may: true },
  { pattern: "topic:orders.42", topic: "orders.421", may: false },
  { pattern: "topic:orders.42", topic: "orders.4", may: false },
  { pattern: "topic:orders.*", topic: "orders.42", may: true },
  { pattern: "topic:orders.*", topic: "orders.", may: true },
  { pattern: "topic:orders.*", topic: "orders", may: false },
  { pattern: "topic:orders.*", topic: "reorders.42", may: false },
  { pattern: "topic:*", topic: "anything", may: true },
])("[TOP1] $pattern allows $topic: $may", ({ pattern, topic, may }) => {
  expect(allows({ [pattern]: ["publish"] }, "publish", topic)).toBe(may);
  expect(allows({ [pattern]: ["subscribe"] }, "publish", topic)).toBe(false);
  expect(allows({}, "publish", topic)).toBe(false);
});

it("[TOP1] any of the caps may allow an action", () => {
  const caps = parseCaps({ "topic:a.*": ["subscribe"], "topic:a.b": ["publish", "follow"] });
  if (isRefusal(caps)) throw new Error("refused");
  expect(allows(caps, "publish", "a.b")).toBe(true);
  expect(allows(caps, "subscribe", "a.b")).toBe(true);
  expect(allows(caps, "publish", "a.c")).toBe(false);
});

it("[TOP1] a token without the claim has no caps", () => {
  expect(parseCaps(undefined)).toEqual({});
});

it.each([
  { what: "a list", value: [] },
  { what: "null", value: null },
  { what: "a text", value: "topic:*" },
  { what: "a user", value: { "user:ada": ["subscribe"] } },
  { what: "a bare name", value: { orders: ["subscribe"] } },
  { what: "a star in the middle", value: { "topic:a*b": ["subscribe"] } },
  { what: "two stars", value: { "topic:a**": ["subscribe"] } },
  { what: "a reserved topic", value: { "topic:everyone": ["subscribe"] } },
  { what: "an empty name", value: { "topic:": ["subscribe"] } },
  { what: "an unknown action", value: { "topic:a": ["admin"] } },
  { what: "no list of actions", value: { "topic:a": "subscribe" } },
  { what: "more than 4 KiB", value: { "topic:a": Array(400).fill("subscribe") } },
])("[TOP1] caps that are $what are refused", ({ value }) => {
  expect(parseCaps(value)).toEqual(refusal("invalid_params", expect.stringMatching(/\w/), "caps"));
});
