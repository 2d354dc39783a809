// The port of `npm start` when it is taken: refused before anything starts, or replaced by another.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { portFault } from "../../src/operate/port.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const HOST = "127.0.0.1";

const children: ChildProcess[] = [];
let storage = "";
let taker: Server;
let taken = "";
beforeAll(async () => {
  storage = await mkdtemp(join(tmpdir(), "belfry-start-"));
  taker = await take(0);
  taken = String((taker.address() as AddressInfo).port);
});
afterAll(async () => {
  taker.close();
  await rm(storage, { recursive: true, force: true });
});

afterEach(() => {
  for (const child of children) child.kill("SIGTERM");
});

/** Listens on the port, unless another program already does. */
async function take(port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, HOST);
  await once(server, "listening").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EADDRINUSE") throw cause;
  });
  return server;
}

function start(...args: string[]): ChildProcess {
  const script = join(ROOT, "src/operate/start.ts");
  const child = spawn(process.execPath, [script, `--persist-to=${storage}`, ...args], {
    cwd: ROOT,
  });
  children.push(child);
  return child;
}

it.each(["taken", "named wrongly"])(
  "a port that is %s ends the script before anything starts",
  async (what) => {
    const child = start("--port", what === "taken" ? taken : "http");
    const [out, errors, [code]] = await Promise.all([
      text(child.stdout as NodeJS.ReadableStream),
      text(child.stderr as NodeJS.ReadableStream),
      once(child, "exit"),
    ]);
    expect([code, out]).toEqual([1, ""]);
    const why =
      what === "taken" ? `port ${taken} is taken` : 'a port is a number .* and "http" is not';
    expect(errors).toMatch(
      new RegExp(`^Belfry cannot start: ${why}. Choose another: npm start -- --port=<number>\\n$`),
    );
  },
);

it("without `--port` the hub moves to another port when its own is taken, and says so", async () => {
  const own = await take(8787);
  const child = start();
  const ended = once(child, "exit");
  let said: string | undefined;
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    if (line.startsWith("Belfry is up")) break;
    if (line.includes("8787")) said = line;
  }
  expect(said).toMatch(/^8787 is taken, so this hub is at http:\/\/127\.0\.0\.1:(?!8787)\d+$/);
  child.kill("SIGTERM");
  await ended;
  own.close();
});

it.each([
  ["0", null],
  ["65536", /from 0 to 65535/],
  ["-1", /from 0 to 65535/],
  ["", /from 0 to 65535/],
] as const)("the port %j is accepted, or refused with a reason", async (port, fault) => {
  const told = await portFault(port, HOST);
  if (fault === null) expect(told).toBeNull();
  else expect(told).toMatch(fault);
});

it("an address of another machine is refused", async () => {
  expect(await portFault("0", "192.0.2.1")).toMatch(/^port 0 at 192\.0\.2\.1 cannot be had: /);
});
