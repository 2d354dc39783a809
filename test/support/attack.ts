// The shared parts of the hostile-input tests: requests that `fetch` would mend before sending them, and
// the one check of a refusal.

import { type IncomingMessage, request } from "node:http";
import { expect } from "vitest";
import type { Caps } from "../../src/protocol/caps.ts";
import { type Answer, bearer, call, tokenOf } from "./backend.ts";
import { TestSocket } from "./socket.ts";

let names = 0;
/** Returns the name of a user or a topic that no other test of the file has. */
export const fresh = () => `n${names++}`;
export const inbox = (user: string) => `/v1/users/${user}/notifications`;
export const messages = (topic: string) => `/v1/topics/${topic}/messages`;
export const allOf = (topic: string): Caps => ({ [`topic:${topic}`]: ["subscribe", "publish"] });
export const many = <T>(count: number, item: (i: number) => T) =>
  Array.from({ length: count }, (_, i) => item(i));

export const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
export const shown = (notification: unknown) => JSON.stringify({ notification });
export const link = (target: string) => shown({ title: "x", url: target });

/** Returns the rows of a table that is grouped by refusal, as `it.each` takes them. */
export const byRefusal = <T extends [string, ...unknown[]]>(groups: Record<string, T[]>) =>
  Object.entries(groups).flatMap(([refusal, rows]) => rows.map((row) => ({ refusal, row })));

/** Checks that nothing was ever stored here: the next message is the first. */
export async function expectUntouched(url: string, path: string): Promise<void> {
  expect((await call(url, "GET", path)).json.cursor).toBe("0:0");
  const { status, json } = await call(url, "POST", path, { type: "after" });
  expect([status, json.offset]).toEqual([201, 1]);
}

/** Checks that an answer is a problem+json of this status and code, at fault in this field. */
export function expectRefusal(answer: Answer, status: number, code: string, field?: string): void {
  const { json, headers } = answer;
  const said = { status: answer.status, code: json?.code, field: json?.field };
  expect(said).toEqual({ status, code, field });
  expect(headers.get("content-type")).toBe("application/problem+json");
  expect(json).toMatchObject({
    status,
    temporary: expect.any(Boolean),
    fix: expect.stringMatching(/\w/),
    request_id: expect.stringMatching(/^r_/),
  });
  expect(headers.has("www-authenticate")).toBe(status === 401);
}

interface Raw {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** Sends a request with its path and headers, Host included, exactly as they are. */
export function raw(url: string, path: string, options: Raw = {}): Promise<Answer> {
  const { method = "GET", headers = {}, body } = options;
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const answer = (response: IncomingMessage, text: string) => {
      const found = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
      const isJson = String(response.headers["content-type"]).endsWith("json");
      resolve({
        status: response.statusCode ?? 0,
        headers: new Headers(found as [string, string][]),
        text,
        json: isJson && text !== "" ? JSON.parse(text) : null,
      });
    };
    request({ hostname, port, path, method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => answer(response, text));
    })
      .on("upgrade", (response, socket) => {
        socket.destroy();
        answer(response, "");
      })
      .on("error", reject)
      .end(body);
  });
}

/** The headers of a native client's upgrade. A refusal of it is an HTTP status. */
export const UPGRADE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** Connects natively to the user's inbox; returns the socket and its `connected` frame. */
export async function inboxSocket(url: string, user: string, since = "latest") {
  const headers = bearer(await tokenOf(user));
  const socket = new TestSocket(url, `/v1/connect?since=${since}`, { headers });
  return { socket, connected: await socket.nextOf("connected") };
}

/** The sub-protocols that a browser offers: ours and its token. */
export const offer = (token: string) => ["belfry.v1", `bearer.${token}`];

/** Connects as a browser does and is refused; returns the error's code and the close code. */
export async function refusedSocket(
  url: string,
  path: string,
  token: string,
  headers: Record<string, string> = {},
): Promise<{ code: string; close: number }> {
  const socket = new TestSocket(url, path, { protocols: offer(token), headers });
  const { code } = await socket.nextOf("error");
  const { code: close } = await socket.nextOf("closed");
  return { code, close };
}
