// The places and the names of objects, by a namespace that records each call.

import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { MemberStubs } from "../../src/delivery/member-stubs.ts";
import type { Env } from "../../src/objects/env.ts";
import { CALL_MS_MAX, inboxOf, logOf, nameOf, topicOf } from "../../src/objects/stubs.ts";
import { upgraded } from "../../src/socket/upgrade.ts";
import hub from "../../src/worker.ts";
import { bearer, tokenOf } from "../support/backend.ts";
import { API_KEY, TEST_VARS } from "../support/vars.ts";

interface Asked {
  binding: "INBOX" | "TOPIC";
  jurisdiction: string | null;
  name: string;
  /** The second argument of `getByName`; undefined when there was none. */
  options: unknown;
}

/** Returns an env with these vars and with objects that do nothing, and the calls to its namespaces. */
function recording(vars: Partial<Env> = {}) {
  const asked: Asked[] = [];
  const stub = {
    fetch: async () => upgraded(new WebSocketPair()[0], false),
    publish: async (drafts: { id: string }[]) =>
      drafts.map(({ id }) => ({ status: "stored", id, offset: 1, epoch: "e" })),
  };
  const namespace = (binding: Asked["binding"], jurisdiction: string | null): object => ({
    jurisdiction: (name: string) => namespace(binding, name),
    getByName: (name: string, options?: unknown) => {
      asked.push({ binding, jurisdiction, name, options });
      return stub;
    },
  });
  const bindings = { INBOX: namespace("INBOX", null), TOPIC: namespace("TOPIC", null) };
  return { env: { ...TEST_VARS, ...bindings, ...vars } as unknown as Env, asked };
}

it("an object is named by its scheme, kind and own name, and the platform chooses its place", () => {
  const { env, asked } = recording();
  inboxOf(env, "ada");
  topicOf(env, "news");
  expect(asked).toEqual([
    { binding: "INBOX", jurisdiction: null, name: "v1/-/user/ada", options: undefined },
    { binding: "TOPIC", jurisdiction: null, name: "v1/-/topic/news", options: undefined },
  ]);
});

it("[DEL2] a member's stub has the time for which its topic waits", () => {
  const { env: recorded, asked } = recording({ LOCATION_HINT: "weur" });
  new MemberStubs(recorded).of("user:ada");
  topicOf(recorded, "news", "user", CALL_MS_MAX);
  const retry = { timeoutMs: CALL_MS_MAX };
  expect(asked.map(({ options }) => options)).toEqual([{ locationHint: "weur", retry }, { retry }]);
});

it("JURISDICTION selects the namespace, and is in the name", () => {
  const { env, asked } = recording({ JURISDICTION: "eu" });
  inboxOf(env, "ada");
  topicOf(env, "news");
  logOf(env, { kind: "user", name: "bob" });
  expect(asked).toEqual([
    { binding: "INBOX", jurisdiction: "eu", name: "v1/eu/user/ada", options: undefined },
    { binding: "TOPIC", jurisdiction: "eu", name: "v1/eu/topic/news", options: undefined },
    { binding: "INBOX", jurisdiction: "eu", name: "v1/eu/user/bob", options: undefined },
  ]);
});

it("LOCATION_HINT is passed to the platform, within a jurisdiction as well", () => {
  for (const JURISDICTION of [undefined, "eu"]) {
    const { env, asked } = recording({
      LOCATION_HINT: "weur",
      ...(JURISDICTION && { JURISDICTION }),
    });
    inboxOf(env, "ada");
    topicOf(env, "news");
    logOf(env, { kind: "topic", name: "news" });
    const options = { locationHint: "weur" };
    expect(asked).toMatchObject([{ options }, { options }, { options }]);
    expect(asked.map(({ jurisdiction }) => jurisdiction)).toEqual(
      Array(3).fill(JURISDICTION ?? null),
    );
  }
});

it("an inbox that its user reaches first is near the user, regardless of LOCATION_HINT", async () => {
  const { env, asked } = recording({ LOCATION_HINT: "weur" });
  const request = new Request("https://hub.example/v1/connect", {
    headers: { ...bearer(await tokenOf("ada")), upgrade: "websocket" },
    cf: { continent: "OC" },
  });
  expect((await hub.fetch(request, env)).status).toBe(101);
  // The platform makes an object near its first caller: a hint could only name a region farther away.
  const options = undefined;
  expect(asked).toEqual([{ binding: "INBOX", jurisdiction: null, name: "v1/-/user/ada", options }]);
});

it.each([
  { path: "/v1/users/ada/notifications", names: ["v1/-/user/ada"] },
  { path: "/v1/topics/news/messages", names: ["v1/-/topic/news"] },
  { path: "/v1/publish", names: ["v1/-/user/ada", "v1/-/topic/news"] },
])(
  "a backend's POST $path makes objects at LOCATION_HINT, wherever the backend is",
  async ({ path, names }) => {
    const { env, asked } = recording({ LOCATION_HINT: "weur" });
    const to = path === "/v1/publish" ? { to: ["user:ada", "topic:news"] } : {};
    const request = new Request(`https://hub.example${path}`, {
      method: "POST",
      headers: { ...bearer(API_KEY), "content-type": "application/json" },
      body: JSON.stringify({ ...to, data: 1 }),
      cf: { continent: "NA" },
    });
    expect((await hub.fetch(request, env)).ok).toBe(true);
    expect(asked.map(({ name }) => name)).toEqual(names);
    for (const { options } of asked) expect(options).toEqual({ locationHint: "weur" });
  },
);

it("an object reads its own name from the name of its id", () => {
  const id = (name: string) => env.INBOX.idFromName(name);
  expect(nameOf(id("v1/-/user/auth0|ada"))).toBe("auth0|ada");
  expect(nameOf(id("v1/eu/topic/orders.42"))).toBe("orders.42");
});
