// A real hub in a process of its own: the shipped bundle under plain workerd, SQLite on disk. It
// can be killed at any moment and started again on the same storage.

import { type ChildProcess, spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { afterAll } from "vitest";
import { TEST_VARS } from "./vars.ts";

const COMPATIBILITY_DATE = "2026-11-02";

export interface Hub {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly pid: number;
  /** Ends the process at once; to the process it is a power cut. */
  kill(): Promise<void>;
  /** Starts it again on the same storage, at another port, and with the bundle if there is one. */
  restart(bundle?: string): Promise<Hub>;
  /** The folder of the databases: a file for each object, below the name of its class. */
  readonly storage: string;
  /** Ends the process and deletes the storage. */
  stop(): Promise<void>;
  /** The lines that the hub has logged so far. */
  readonly log: string[];
}

/** Starts a hub on fresh storage; returns it once it listens. */
export async function startHub(
  bundle: string,
  vars: Record<string, string | undefined> = {},
  v8Flags: string[] = [],
): Promise<Hub> {
  const directory = await mkdtemp(join(tmpdir(), "belfry-hub-"));
  await mkdir(join(directory, "storage"));
  await copyFile(bundle, join(directory, "worker.js"));
  const bindings = Object.entries({ ...TEST_VARS, ...vars }).filter(
    ([, value]) => value !== undefined,
  );
  await writeFile(join(directory, "config.capnp"), configOf(directory, bindings, v8Flags));
  return launch(directory);
}

/** The folders of this file's hubs, each with its process. */
const running = new Map<string, ChildProcess>();
let isOver = false;

// A failed test must not leave a hub behind, and its unfinished steps must not start another one.
afterAll(async () => {
  isOver = true;
  for (const [directory, child] of running) {
    child.kill("SIGKILL");
    await rm(directory, { recursive: true, force: true });
  }
});

async function launch(directory: string): Promise<Hub> {
  if (isOver) throw new Error("the tests of this file are over");
  const child = spawn(
    workerdPath(),
    ["serve", "--experimental", "--control-fd=3", join(directory, "config.capnp")],
    { stdio: ["ignore", "pipe", "pipe", "pipe"] },
  );
  const log: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream as Readable }).on("line", (line) => log.push(line));
  running.set(directory, child);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const port = await listening(child, log);
  const kill = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid as number,
    storage: join(directory, "storage"),
    kill,
    restart: async (bundle) => {
      await kill();
      if (bundle !== undefined) await copyFile(bundle, join(directory, "worker.js"));
      return launch(directory);
    },
    stop: async () => {
      await kill();
      running.delete(directory);
      await rm(directory, { recursive: true, force: true });
    },
    log,
  };
}

function listening(child: ChildProcess, log: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdio[3] as Readable }).on("line", (line) => {
      const message = JSON.parse(line) as { event: string; port?: number };
      if (message.event === "listen" && message.port !== undefined) resolve(message.port);
    });
    child.once("exit", (code) =>
      reject(new Error(`workerd ended with ${code}: ${log.join("\n")}`)),
    );
  });
}

/** The workerd that wrangler brings: the newest one that is installed. */
function workerdPath(): string {
  const require = createRequire(import.meta.url);
  const wrangler = createRequire(require.resolve("wrangler/package.json"));
  return (wrangler("workerd") as { default: string }).default;
}

function configOf(directory: string, bindings: [string, unknown][], v8Flags: string[]): string {
  const text = (value: unknown) => JSON.stringify(value);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "hub", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "${COMPATIBILITY_DATE}",
      globalOutbound = "network",
      durableObjectNamespaces = [
        (className = "Inbox", uniqueKey = "belfry-inbox", enableSql = true),
        (className = "Topic", uniqueKey = "belfry-topic", enableSql = true),
      ],
      durableObjectStorage = (localDisk = "storage"),
      bindings = [
        (name = "INBOX", durableObjectNamespace = "Inbox"),
        (name = "TOPIC", durableObjectNamespace = "Topic"),
        ${bindings.map(([name, value]) => `(name = "${name}", text = ${text(value)})`).join(", ")}
      ],
    )),
    (name = "network", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
    (name = "storage", disk = (path = ${text(join(directory, "storage"))}, writable = true)),
  ],
  v8Flags = [${v8Flags.map(text).join(", ")}],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "hub")],
);
`;
}
