// The first screen of the README, run as it is written: start, publish, receive; then the hub is
// killed and started again, and what was missed comes by cursor.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { MessagesFrame } from "../../src/protocol/down.ts";
import { bearer } from "../support/backend.ts";
import { TestSocket } from "../support/socket.ts";
import { argumentsOf, parseCurl, performCall } from "./curl.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const README_URL = "http://127.0.0.1:8787";

let storage: string;
let blocks: string[];
const running: ChildProcess[] = [];

beforeAll(async () => {
  storage = await mkdtemp(join(tmpdir(), "belfry-readme-"));
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  blocks = [...readme.matchAll(/^```\w+\n(.*?)^```$/gms)].map((match) => match[1] as string);
});

afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  await rm(storage, { recursive: true, force: true });
});

interface Started {
  url: string;
  token: string;
  /** The lines it prints for publishing and for watching. */
  printed: string[];
  stop(): Promise<void>;
}

/** What `npm start` runs, on a free port and on storage of its own. */
async function start(): Promise<Started> {
  const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  const [command, ...args] = (scripts.start as string).split(" ");
  expect(command).toBe("node");
  const child = spawn(process.execPath, [...args, "--port=0", `--persist-to=${storage}`], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.push(child);
  const exited = new Promise<void>((done) => child.once("exit", () => done()));
  const printed: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(line);
    if (line.includes("stop with Ctrl-C")) break;
  }
  const text = printed.join("\n");
  return {
    url: /Belfry is up at (\S+)/.exec(text)?.[1] as string,
    token: /Authorization: Bearer (ey[\w.-]+)/.exec(text)?.[1] as string,
    printed,
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** A `curl` of the README or of `npm start`, at the hub that was started. */
async function curl(command: string, url: string): Promise<Response> {
  const args = await argumentsOf(command.replaceAll(README_URL, url), {
    PATH: process.env.PATH ?? "",
  });
  return performCall(parseCurl(args), AbortSignal.timeout(20_000));
}

it("[LOG1] the README's first screen: start, publish, receive, and miss nothing over a restart", {
  timeout: 90_000,
}, async () => {
  expect(blocks[0]).toBe("npm ci && npm start\n");
  const [publish, receive] = blocks.slice(1, 3) as [string, string];
  const first = await start();

  const logged: unknown[] = [];
  let wake: () => void = () => undefined;
  const received = new Promise<void>((done) => {
    wake = done;
  });
  const console = {
    log: (value: unknown) => {
      logged.push(value);
      wake();
    },
  };
  const address = receive.replace(
    README_URL.replace("http", "ws"),
    first.url.replace("http", "ws"),
  );
  expect(address).not.toBe(receive);
  const timers: NodeJS.Timeout[] = [];
  const every = (run: () => void, ms: number) => timers.push(setInterval(run, ms));
  const run = new Function("token", "console", "setInterval", `${address}; return ws;`);
  const ws = run(first.token, console, every) as WebSocket;
  await new Promise((done) => ws.addEventListener("open", done));
  expect((await curl(publish, first.url)).status).toBe(201);
  await received;
  expect(logged).toEqual([{ title: "Build passed", url: "/builds/118" }]);
  timers.forEach(clearInterval);
  ws.close();

  // The lines that `npm start` prints: its stream watches, its curl publishes, twice without harm.
  const watch = first.printed.find((line) => line.includes("text/event-stream")) as string;
  const again = first.printed.find((line) => line.startsWith("curl") && line !== watch) as string;
  const reader = (await curl(watch, first.url)).body?.getReader();
  let stream = "";
  const until = async (text: string) => {
    while (!stream.includes(text)) {
      const piece = await reader?.read();
      if (piece?.done !== false) throw new Error(`the stream ended before ${text}`);
      stream += new TextDecoder().decode(piece.value);
    }
  };
  await until('"snapshot":true');
  expect((await curl(again, first.url)).status).toBe(201);
  expect((await curl(again, first.url)).status).toBe(201);
  await until('"to":3');
  await reader?.cancel();
  const cursor = stream
    .match(/id: (\S+)/g)
    ?.at(-1)
    ?.slice(4) as string;
  await first.stop();

  const second = await start();
  expect((await curl(publish, second.url)).status).toBe(201);
  const path = `/v1/connect?since=${cursor}`;
  const socket = new TestSocket(second.url, path, { headers: bearer(second.token) });
  expect((await socket.nextOf("connected")).recovered).toBe(true);
  const missed: MessagesFrame = await socket.messages();
  expect(missed).toMatchObject({ since: 3, to: 4 });
  expect(missed.messages.map(({ offset }) => offset)).toEqual([4]);
  socket.drop();
  await second.stop();
});
