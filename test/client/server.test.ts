// belfry/server against a real hub, and against a network that fails.

import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";
import { createHub, type HubOptions } from "../../src/client/server.ts";
import { call } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { API_KEY } from "../support/vars.ts";

let hub: Hub;
let url = "";
beforeAll(async () => {
  hub = await startHub(inject("bundle"));
  ({ url } = hub);
});
afterAll(() => hub.stop());

const REAL = globalThis.fetch;
const notification = { title: "Build passed" };

/** A hub over a network with these faults, one a call. Its waits are recorded, not waited for. */
function over(
  faults: (Response | Error | "answer lost" | "none")[],
  options: Partial<HubOptions> = {},
) {
  const waits: number[] = [];
  const calls: (RequestInit | undefined)[] = [];
  const fetch: typeof globalThis.fetch = async (address, init) => {
    calls.push(init);
    const fault = faults.shift() ?? "none";
    if (fault instanceof Response) return fault;
    if (fault instanceof Error) throw fault;
    const response = await REAL(address, init);
    if (fault === "answer lost") throw new TypeError("fetch failed");
    return response;
  };
  const wait = async (ms: number) => waits.push(ms);
  const made = createHub({ url, key: API_KEY, fetch, wait, random: () => 0.5, ...options });
  return { hub: made, waits, calls };
}

const problem = (status: number, temporary: boolean, headers = {}) =>
  Response.json({ title: "No", code: "overloaded", fix: "wait", temporary }, { status, headers });

it("publishes to a user and to a topic", async () => {
  const { hub } = over([]);
  expect(await hub.publish("user:ada", { notification })).toMatchObject({
    offset: 1,
    duplicate: false,
  });
  expect(await hub.publish("topic:news", { data: 1 })).toMatchObject({ offset: 1 });
});

it("publishes many, each with its own outcome", async () => {
  const { hub } = over([]);
  const answer = await hub.publishMany([
    { to: ["user:grace", "topic:many"], notification },
    { to: "team:blue" as "user:blue", notification },
  ]);
  expect(answer).toMatchObject({ stored: 2, duplicate: 0, failed: 1 });
  expect(answer.results.map(({ to, status }) => [to, status])).toEqual([
    ["user:grace", 201],
    ["topic:many", 201],
    ["team:blue", 422],
  ]);
});

it("mints a token that opens the user's inbox", async () => {
  const { token, expires_at } = await over([]).hub.mintToken({ user: "ada", ttl: 60 });
  expect(Date.parse(expires_at)).toBeGreaterThan(Date.now());
  const authorization = `Bearer ${token}`;
  const list = await call(url, "GET", "/v1/users/me/notifications", undefined, { authorization });
  expect(list.status).toBe(200);
});

it("[LOG3] a message that is sent again after a lost answer is stored once", async () => {
  const { hub, waits, calls } = over(["answer lost", new TypeError("fetch failed"), "none"]);
  expect(await hub.publish("user:once", { notification })).toMatchObject({
    offset: 1,
    duplicate: true,
  });
  expect([waits, calls.length]).toEqual([[250, 500], 3]);
  const keys = calls.map((init) => new Headers(init?.headers).get("idempotency-key"));
  expect(new Set(keys).size).toBe(1);
  expect((await call(url, "GET", "/v1/users/once/notifications")).json.counts.total).toBe(1);
});

it("waits as long as the hub says, and gives up after four tries", async () => {
  const busy = () => problem(503, true, { "retry-after": "2" });
  const { hub, waits } = over([busy(), busy(), busy(), busy(), busy()]);
  const failure = hub.publish("user:ada", { notification });
  await expect(failure).rejects.toMatchObject({ status: 503, code: "overloaded", temporary: true });
  expect(waits).toEqual([2_250, 2_500, 3_000]);
});

it("leaves the retry to the caller if the hub names more than a minute", async () => {
  const { hub, waits } = over([problem(503, true, { "retry-after": "3600" })]);
  const failure = hub.publish("user:ada", { notification });
  await expect(failure).rejects.toMatchObject({ status: 503, temporary: true });
  expect(waits).toEqual([]);
});

it("waits as usual if a proxy names a date", async () => {
  const header = { "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" };
  const { hub, waits } = over([problem(503, true, header)]);
  await hub.publish("user:ada", { notification });
  expect(waits).toEqual([250]);
});

it("does not repeat a call that would be refused again", async () => {
  const { hub, calls } = over([], { key: "bk_wrong_0123456789abcdefghijklmnopqrstuv" });
  const failure = hub.publish("user:ada", { notification });
  await expect(failure).rejects.toMatchObject({
    name: "HubError",
    status: 401,
    code: "unauthorized",
  });
  expect(calls.length).toBe(1);
});

it("treats a proxy's own 502 as temporary", async () => {
  const { hub, calls } = over([
    new Response("<h1>Bad gateway</h1>", { status: 502 }),
    Response.json({ message: "Bad gateway" }, { status: 502 }),
    Response.json(null, { status: 502 }),
  ]);
  await hub.publish("user:ada", { notification });
  expect(calls.length).toBe(4);
});

it("reports that no hub answers, and why", async () => {
  const gone = await startHub(inject("bundle"));
  await gone.stop();
  const failure = createHub({ url: gone.url, key: API_KEY, tries: 1 }).mintToken({ user: "ada" });
  await expect(failure).rejects.toMatchObject({
    name: "TypeError",
    message: `no hub answers at ${gone.url} (ECONNREFUSED)`,
    cause: { code: "ECONNREFUSED" },
  });
});

it.each([
  new DOMException("The operation was aborted due to timeout", "TimeoutError"),
  new TypeError("terminated", { cause: new Error("other side closed") }),
  new TypeError("no reason is given"),
])("gives %s as the reason, once it has given up", async (fault) => {
  const { hub } = over([fault], { tries: 1 });
  const reason = ((fault.cause ?? fault) as Error).message;
  const failure = hub.publish("user:ada", { notification });
  await expect(failure).rejects.toThrow(new TypeError(`no hub answers at ${url} (${reason})`));
});

it.each([undefined, "", "hub.example.com", "localhost:8787", "/hub", "ws://hub.example.com"])(
  "an invalid address is refused at once: %s",
  (address) => {
    const made = () => createHub({ url: address as string, key: API_KEY });
    expect(made).toThrow(`and "${address ?? ""}" is not`);
  },
);

it.each([undefined, "", "k", "eyJhbGciOiJIUzI1NiJ9.e30.x", ` ${API_KEY}`, `${API_KEY}\n`])(
  "an invalid key is refused at once, and not printed: %j",
  (key) => {
    const made = () => createHub({ url, key: key as string });
    expect(made).toThrow(
      /^`key` is (missing|not an API key: it begins with bk_ and has no spaces)$/,
    );
  },
);

it("stops when its signal aborts", async () => {
  const abort = new AbortController();
  const { hub, calls } = over([new TypeError("fetch failed")], {
    wait: async () => abort.abort(new Error("shutting down")),
  });
  const failure = hub.publish("user:ada", { notification }, { signal: abort.signal });
  await expect(failure).rejects.toThrow("shutting down");
  expect(calls.length).toBe(1);
});

it("stops in the middle of a wait, and leaves no timer behind", async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = timers();
  const abort = new AbortController();
  const busy = problem(503, true, { "retry-after": "50" });
  const { hub, calls } = over([busy], { wait: undefined });
  const failure = hub.publish("user:ada", { notification }, { signal: abort.signal });
  await vi.waitUntil(() => busy.bodyUsed);
  setImmediate(() => abort.abort(new Error("shutting down")));
  await expect(failure).rejects.toThrow("shutting down");
  expect(calls.length).toBe(1);
  expect(timers()).toBe(before);
});

it("a job that runs again with its own key stores nothing", async () => {
  const { hub } = over([]);
  const call = { idempotencyKey: "night-7" };
  expect(await hub.publish("user:job", { notification }, call)).toMatchObject({ duplicate: false });
  expect(await hub.publish("user:job", { notification }, call)).toMatchObject({ duplicate: true });
});

it.each(["null", "7", '{"message":"no such route"}', '{"code":404}', "<h1>No</h1>"])(
  "%s as a refusal is not the hub's own",
  async (text) => {
    const { hub, calls } = over([new Response(text, { status: 404 })]);
    const failed = hub.publish("user:ada", { notification });
    await expect(failed).rejects.toMatchObject({ name: "HubError", code: "not_the_hub" });
    expect(calls).toHaveLength(1);
  },
);
