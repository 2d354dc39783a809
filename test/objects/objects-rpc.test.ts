// The calls between objects. Objects of two releases run side by side for minutes after a deployment, so
// this interface only grows: a new parameter or member is optional, and a new method is called from the
// next release on.

import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import inboxRpc from "../../src/objects/inbox-rpc.ts?raw";
import member from "../../src/objects/member.ts?raw";
import topicRpc from "../../src/objects/topic-rpc.ts?raw";
import { freshInbox, freshTopic } from "../support/object.ts";
import golden from "./rpc.golden.txt?raw";

/** Returns the types of a file, without comments and imports. */
const typesIn = (source: string) =>
  source
    .replace(/\/\*\*[\s\S]*?\*\/|^\/\/.*$|^import[\s\S]*?;$/gm, "")
    .replace(/^\s*\n/gm, "")
    .trim();

/** The methods that the platform calls. */
const BY_PLATFORM = [
  "constructor",
  "fetch",
  "alarm",
  "webSocketMessage",
  "webSocketClose",
  "webSocketError",
];

it("the calls and the types that older objects use are unchanged", () => {
  expect([inboxRpc, topicRpc, member].map(typesIn).join("\n")).toBe(golden.trim());
});

it.each([
  ["Inbox", freshInbox, inboxRpc],
  ["Topic", freshTopic, topicRpc],
] as const)("%s has the methods of its interface and no others", async (_name, fresh, source) => {
  const [, methods = ""] = /export interface \w+Rpc [^{]*\{([\s\S]*)\n\}/.exec(source) ?? [];
  const named = [...methods.matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name);
  const own = await runInDurableObject<DurableObject, string[]>(fresh(), (object) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(object)),
  );
  expect(named.length).toBeGreaterThan(5);
  expect(own.filter((name) => !BY_PLATFORM.includes(name)).sort()).toEqual(named.sort());
});
