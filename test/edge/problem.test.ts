// Faults on the way to an object: the answer to the caller, and the line in the log.

import { Hono } from "hono";
import { afterEach, beforeEach, expect, it, type MockInstance, vi } from "vitest";
import { admit, notFound, onError } from "../../src/edge/middleware.ts";
import type { Hub } from "../../src/edge/request.ts";
import type { Env } from "../../src/objects/env.ts";
import { TEST_VARS } from "../support/vars.ts";

const CAUSE = "Network connection lost, on the way to the inbox of zoe";

let failed: MockInstance<typeof console.error>;
beforeEach(() => {
  failed = vi.spyOn(console, "error").mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Asks a hub whose only route throws an error with these marks, as the platform does. */
async function ask(marks: object, headers: Record<string, string> = {}): Promise<Response> {
  const app = new Hono<Hub>();
  app.use(admit);
  app.get("/v1/fails", () => {
    throw Object.assign(new Error(CAUSE), marks);
  });
  app.onError(onError);
  const env = { ...TEST_VARS } as unknown as Env;
  return app.request("https://hub.example/v1/fails?access_token=secret", { headers }, env);
}

/** Returns the only line that was logged. */
function logged(): Record<string, unknown> {
  expect(failed).toHaveBeenCalledTimes(1);
  return JSON.parse(failed.mock.calls[0]?.[0] as string) as Record<string, unknown>;
}

const KINDS = [
  { what: "an overloaded object", marks: { overloaded: true }, code: "overloaded", status: 503 },
  {
    what: "an overloaded object, retryable or not,",
    marks: { overloaded: true, retryable: true, remote: true },
    code: "overloaded",
    status: 503,
  },
  {
    what: "a call that may be repeated",
    marks: { retryable: true },
    code: "temporary",
    status: 503,
  },
  { what: "a fault of the object", marks: { remote: true }, code: "temporary", status: 503 },
  { what: "anything else", marks: {}, code: "internal", status: 500 },
  {
    what: "a mark that says no",
    marks: { overloaded: false, retryable: false, remote: false },
    code: "internal",
    status: 500,
  },
];

it.each(KINDS)("[CON4] $what is answered $status $code, without its cause", async (kind) => {
  const { marks, code, status } = kind;
  const response = await ask(marks);
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(response.headers.get("retry-after")).toBe(
    { overloaded: "10", temporary: "2" }[code] ?? null,
  );
  const body = (await response.json()) as { fix: string; request_id: string };
  expect(body).toEqual({
    title: expect.any(String),
    status,
    code,
    temporary: true,
    fix: expect.any(String),
    request_id: expect.stringMatching(/^r_[0-9a-f-]{36}$/),
  });
  // The message may have arrived already: a repeat is safe with an id only.
  if (status === 503) expect(body.fix).toContain("`id`");
  expect(JSON.stringify(body)).not.toMatch(/Network|zoe|\.ts\b| {4}at /);
  expect(logged()).toEqual({
    event: "failed",
    request_id: body.request_id,
    method: "GET",
    path: "/v1/fails",
    status,
    code,
    cause: `Error: ${CAUSE}`,
  });
});

it.each(KINDS)("[CON3] a browser's socket gets $what as an error and comes back", async (kind) => {
  const { marks, code, status } = kind;
  const response = await ask(marks, {
    upgrade: "websocket",
    "sec-websocket-protocol": "belfry.v1, bearer.secret",
  });
  expect(response.status).toBe(101);
  expect(response.headers.get("sec-websocket-protocol")).toBe("belfry.v1");
  const ws = response.webSocket as WebSocket;
  const frames: string[] = [];
  ws.addEventListener("message", ({ data }) => {
    frames.push(String(data));
  });
  const closed = new Promise<CloseEvent>((resolve) => ws.addEventListener("close", resolve));
  ws.accept();
  expect((await closed).code).toBe(4001);
  expect(frames.map((frame) => JSON.parse(frame) as object)).toEqual([
    expect.objectContaining({ type: "error", id: null, code, temporary: true }),
  ]);
  expect(frames[0]).not.toMatch(/Network|zoe|\.ts\b| {4}at /);
  expect(logged()).toMatchObject({ event: "failed", status, code, cause: `Error: ${CAUSE}` });
});

it("[CON4] a token or a key in a path is not logged", async () => {
  const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl";
  const refused = vi.spyOn(console, "log").mockReturnValue();
  const app = new Hono<Hub>();
  app.use(admit);
  app.notFound(notFound);
  app.onError(onError);
  const env = { ...TEST_VARS } as unknown as Env;
  for (const secret of [token, "bk_shop_0123456789abcdefghijklmnopqrstuv"])
    await app.request(`https://hub.example/v1/users/${secret}/notifications`, {}, env);
  const paths = refused.mock.calls.map(([line]) => JSON.parse(line as string).path);
  expect(paths).toEqual(["/v1/users/…/notifications", "/v1/users/…/notifications"]);
});

it("[CON4] two requests have two request ids", async () => {
  const names = await Promise.all(
    [1, 2].map(async () => ((await (await ask({})).json()) as { request_id: string }).request_id),
  );
  expect(names[0]).not.toBe(names[1]);
  expect(failed.mock.calls.map(([line]) => JSON.parse(line as string).request_id)).toEqual(names);
});
