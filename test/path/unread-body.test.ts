// A request with a useless body is answered all the same, and the client reads the answer.

import { connect } from "node:net";
import { expect, it } from "vitest";
import { fresh, inbox, many, messages } from "../support/attack.ts";
import { bearer, tokenOf } from "../support/backend.ts";
import { hubForAll } from "../support/hub-for-all.ts";
import { API_KEY } from "../support/vars.ts";

let url: string;
hubForAll((started) => {
  url = started;
});

const LARGE = "x".repeat(7 * 1024 * 1024);
const key = { authorization: `Bearer ${API_KEY}` };
const json = { "content-type": "application/json" };

interface Post {
  method?: string;
  path: string;
  headers: Record<string, string>;
  isAnnounced?: boolean;
}

/**
 * Sends the whole body before it reads, as a client without a second thread does; resolves with the
 * status, or rejects where the connection broke.
 */
function statusOf({ method = "POST", path, headers, isAnnounced = true }: Post): Promise<number> {
  const { hostname, port } = new URL(url);
  const length = isAnnounced ? `content-length: ${LARGE.length}` : "transfer-encoding: chunked";
  const body = isAnnounced ? LARGE : `${LARGE.length.toString(16)}\r\n${LARGE}\r\n0\r\n\r\n`;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${method} ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n${length}\r\n${lines.join("")}\r\n`;
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.on("close", () => reject(new Error("closed without an answer")));
    socket.on("error", reject);
    socket.write(head + body, () => {
      socket.once("data", (data) => {
        resolve(Number(data.toString("latin1").split(" ", 2)[1]));
        socket.destroy();
      });
    });
  });
}

it.each([
  { status: 401, path: inbox("ada"), headers: json },
  { status: 403, path: inbox("ada"), headers: json, isUser: true },
  { status: 403, path: inbox("ada"), headers: { ...json, ...key, origin: "https://evil.example" } },
  { status: 404, path: "/v1/nothing", headers: { ...json, ...key } },
  { status: 405, path: "/v1/health", headers: json },
  { status: 413, path: messages("t"), headers: { ...json, ...key } },
  { status: 413, path: messages("t"), headers: { ...json, ...key }, isAnnounced: false },
  { status: 415, path: messages("t"), headers: { ...key, "content-encoding": "gzip" } },
  { status: 422, path: "/v1/publish?dry=1", headers: { ...json, ...key } },
  { status: 200, method: "GET", path: "/v1/health", headers: {} },
  { status: 204, method: "DELETE", path: `/v1/users/${fresh()}`, headers: key },
])("[PUB5] $status $path", async ({ status, isUser = false, headers, ...post }) => {
  const user = isUser ? bearer(await tokenOf("ada")) : {};
  const all = { ...headers, ...user };
  const told = await Promise.all(many(6, () => statusOf({ ...post, headers: all })));
  expect(told).toEqual(many(6, () => status));
});

it("[PUB5] a request with an endless body is answered in the end", async () => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST ${inbox("ada")} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-length: 100000\r\n\r\nx`,
  );
  const [data] = await new Promise<[Buffer]>((resolve) =>
    socket.once("data", (first) => resolve([first])),
  );
  socket.destroy();
  expect(data.toString("latin1")).toMatch(/^HTTP\/1\.1 401 /);
});

it("[PUB5] the hub reads at most 8 MiB of an endless body from a stranger", async () => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  let answer = "";
  socket.on("data", (data) => {
    answer += data.toString("latin1");
  });
  // A client that still sends when the connection closes may lose the answer, so an empty one is accepted.
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write(
    `POST ${inbox("ada")} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ntransfer-encoding: chunked\r\n\r\n`,
  );
  const part = "x".repeat(64 * 1024);
  let sent = 0;
  const send = () => {
    do sent += part.length;
    while (socket.write(`${part.length.toString(16)}\r\n${part}\r\n`) && sent < 512 * 1024 * 1024);
  };
  socket.on("drain", send);
  send();
  await closed;
  expect(answer).toMatch(/^(HTTP\/1\.1 401 |$)/);
  // The buffers of both ends come on top.
  expect(sent).toBeLessThan(24 * 1024 * 1024);
});
