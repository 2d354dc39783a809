// Rate limits that a deployer binds: the platform's own binding, as its local simulator counts.

import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { networkOf } from "../../src/edge/limit.ts";
import type { Env } from "../../src/objects/env.ts";
import hub from "../../src/worker.ts";
import { bearer, tokenOf } from "../support/backend.ts";
import { API_KEY } from "../support/vars.ts";

const { SPARE_LIMIT, ...bound } = env as unknown as Env & { SPARE_LIMIT: RateLimit };
const topic = "/v1/topics/news/messages";
const APP = { origin: "https://app.example.com" };

const freshAddress = () => crypto.randomUUID();
const freshUser = () => crypto.randomUUID();

/** More requests than the limit allows, even when one of its periods ends between them. */
const TRIES = 7;

async function answersOf(
  limits: Partial<Env>,
  path: string,
  headers: Record<string, string>,
): Promise<Response[]> {
  const answers: Response[] = [];
  for (let i = 0; i < TRIES; i++) {
    const request = new Request(`https://hub.example${path}`, { headers });
    answers.push(await hub.fetch(request, { ...bound, ...limits }));
  }
  for (const { webSocket, body } of answers) {
    webSocket?.accept();
    webSocket?.close();
    if (body !== null && !body.locked) await body.cancel();
  }
  return answers;
}

const isLimited = ({ status }: Response) => status === 429;
const byIp = { LIMIT_BY_IP: SPARE_LIMIT };
const byUser = { LIMIT_BY_USER: SPARE_LIMIT };

it.each([
  { what: "no credential", headers: {} },
  { what: "a token that is none", headers: bearer("x.y.z") },
  { what: "an API key that is not the hub's", headers: bearer(`${API_KEY}x`) },
])(
  "[CON17] by address a caller with $what is limited before it is looked at",
  async ({ headers }) => {
    const here = { "cf-connecting-ip": freshAddress() };
    const answers = await answersOf(byIp, topic, { ...here, ...headers, ...APP });
    expect([401, 403]).toContain(answers[0]?.status);
    const limited = answers.find(isLimited);
    expect(limited?.headers.get("retry-after")).toBe("60");
    expect(limited?.headers.get("access-control-allow-origin")).toBe(APP.origin);
    expect(limited?.headers.get("content-type")).toBe("application/problem+json");
  },
);

it("[CON17] by address a backend, a health check and a request without an address are not counted", async () => {
  const here = { "cf-connecting-ip": freshAddress() };
  for (const answers of [
    await answersOf(byIp, topic, { ...here, ...bearer(API_KEY) }),
    await answersOf(byIp, "/v1/health", here),
    await answersOf(byIp, topic, bearer(await tokenOf("ada", { "topic:*": ["subscribe"] }))),
  ])
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
});

it.each([
  { what: "who lists", path: "/v1/users/me/notifications", headers: {} },
  { what: "who reads a topic", path: topic, headers: {} },
  { what: "who connects", path: "/v1/connect", headers: { upgrade: "websocket" } },
  { what: "who streams", path: "/v1/connect", headers: { accept: "text/event-stream" } },
])("[CON17] by user one $what is limited, and no other", async ({ path, headers }) => {
  const user = async () => bearer(await tokenOf(freshUser(), { "topic:*": ["subscribe"] }));
  const one = await user();
  const answers = await answersOf(byUser, path, { ...headers, ...one });
  expect(answers[0]?.status).toBeLessThan(300);
  expect(answers.find(isLimited)?.headers.get("retry-after")).toBe("60");
  const [other] = await answersOf(byUser, path, { ...headers, ...(await user()) });
  expect(other?.status).toBeLessThan(300);
});

it("[CON17] by user a request that is refused anyway and a backend are not counted", async () => {
  for (const headers of [bearer("x.y.z"), {}, bearer(API_KEY)])
    expect((await answersOf(byUser, topic, headers)).filter(isLimited)).toEqual([]);
});

it("[CON17] without the bindings nothing is counted", async () => {
  const headers = { "cf-connecting-ip": freshAddress(), ...bearer(await tokenOf(freshUser())) };
  const answers = await answersOf({}, "/v1/users/me/notifications", headers);
  expect(answers.map(({ status }) => status)).toEqual(Array(TRIES).fill(200));
});

it("[CON17] a binding that fails lets a request in, and says so in one line", async () => {
  const failing = { limit: () => Promise.reject(new Error("no limiter here")) };
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const here = { "cf-connecting-ip": freshAddress() };
  const headers = { ...here, ...bearer(await tokenOf(freshUser())) };
  const path = "/v1/users/me/notifications";
  for (const limits of [{ LIMIT_BY_IP: failing }, { LIMIT_BY_USER: failing }]) {
    const request = new Request(`https://hub.example${path}`, { headers });
    const { status } = await hub.fetch(request, { ...bound, ...limits });
    expect(status).toBe(200);
    expect(logged.mock.calls.splice(0)).toEqual([[expect.stringContaining('"limit_failed"')]]);
  }
  logged.mockRestore();
});

it.each([
  ["192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["2001:db8:1::2:3:4:5", "2001:db8:1:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["2001:db8:1:2::", "2001:db8:1:2::/64"],
])("[CON17] the address %s counts as %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});
