// The memory of a connect with many large topics, from outside: the peak resident set of the process, in
// which all objects of this hub live. Only Linux can report and reset it.

import { readFile, writeFile } from "node:fs/promises";
import { connect as connectTcp, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, expect, inject, it } from "vitest";
import type { Caps } from "../../src/protocol/caps.ts";
import { many, messages, UPGRADE } from "../support/attack.ts";
import { bearer, call, tokenOf } from "../support/backend.ts";
import { type Hub, startHub } from "../support/hub.ts";
import { answersOf, device } from "../support/topic-requests.ts";

/** Topics of 3.8 MB, each just below a snapshot's limit; together twice a user's largest replay. */
const TOPICS = many(16, (i) => `t${i}`);
const PUBLISHES = 4;
const LIST = JSON.stringify(many(16, () => ({ data: "x".repeat(59_500) })));
const ALL = TOPICS.map((topic) => `${topic}~0:0`).join(",");
const CAPS: Caps = { "topic:*": ["subscribe"] };
/** Without this V8 would keep 100 MiB of dead strings, and the resident set would not show the use. */
const V8_FLAGS = ["--max-semi-space-size=1"];

let hub: Hub;
let unread: Socket | undefined;

beforeAll(async () => {
  hub = await startHub(inject("bundle"), {}, V8_FLAGS);
  for (let i = 0; i < PUBLISHES; i++)
    await Promise.all(
      TOPICS.map(async (topic) => {
        const { status, json } = await call(hub.url, "POST", messages(topic), LIST);
        expect([status, json.failed]).toEqual([200, 0]);
      }),
    );
}, 120_000);

afterEach(() => unread?.destroy());
afterAll(() => hub.stop());

async function mibOf(what: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await readFile(`/proc/${hub.pid}/status`, "utf8");
  return Number(new RegExp(`${what}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
}

/** Loads the topics; returns a function for the peak of the hub's memory above that level since then. */
async function atRest(): Promise<() => Promise<number>> {
  // A new process has no memory left over from filling the topics.
  hub = await hub.restart();
  for (const topic of TOPICS) await call(hub.url, "GET", `${messages(topic)}?limit=1`);
  const { socket } = await device(hub.url, "bob", CAPS, "since=latest&topics=t0~0:0");
  await socket.messages();
  socket.drop();
  const rest = await mibOf("VmRSS");
  await writeFile(`/proc/${hub.pid}/clear_refs`, "5");
  return async () => (await mibOf("VmHWM")) - rest;
}

/** Opens a WebSocket, and reads nothing of it after the answer to the upgrade. */
async function connectUnread(user: string, path: string): Promise<Socket> {
  const { hostname, port, host } = new URL(hub.url);
  const headers = { ...UPGRADE, ...bearer(await tokenOf(user, CAPS)), host };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connectTcp(Number(port), hostname);
  socket.on("error", () => undefined);
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
  const head = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
  socket.pause();
  expect(String(head)).toContain("101 Switching Protocols");
  return socket;
}

const isLinux = process.platform === "linux";

it.skipIf(!isLinux)(
  "[SUB10] a connect with topics of 61 MB takes less than 64 MiB",
  {
    timeout: 120_000,
  },
  async () => {
    const peak = await atRest();
    const { socket } = await device(hub.url, "ada", CAPS, `since=latest&topics=${ALL}`);
    const answers = await answersOf(socket, TOPICS.length);
    socket.drop();
    const replies = [...answers.values()].filter(({ type }) => type === "reply");
    expect([9, 10]).toContain(replies.length);
    expect(await peak()).toBeLessThan(64);
  },
);

it.skipIf(!isLinux)(
  "[SUB10] so does a connect that reads nothing",
  {
    timeout: 120_000,
  },
  async () => {
    const peak = await atRest();
    unread = await connectUnread("ada", `/v1/connect?since=latest&topics=${ALL}`);
    // A topic answers in the order of its requests.
    const latest = TOPICS.map((topic) => `${topic}~latest`).join(",");
    const { socket } = await device(hub.url, "ada", CAPS, `since=latest&topics=${latest}`);
    const answers = await answersOf(socket, TOPICS.length);
    socket.drop();
    expect([...answers.values()].every(({ type }) => type === "reply")).toBe(true);
    expect(await peak()).toBeLessThan(64);
  },
);
