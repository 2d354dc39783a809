// The built `npx belfry` run as a user runs it, in a process of its own, with its output. Each run of the
// tests builds the bundle of the hub, and before it the command line (`[build]` in wrangler.toml).

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { API_KEY } from "../support/vars.ts";

export const COMMAND = resolve(import.meta.dirname, "../../dist/belfry.js");
const WAIT_MS = 25_000;

/** Makes the command believe that it prints to a terminal. */
export const AT_TERMINAL = ["--import", "data:text/javascript,process.stdout.isTTY=true"];

export interface Surroundings {
  /** The hub's address. Absent: the command gets neither an address nor a key. */
  url?: string;
  key?: string;
  cwd?: string;
  terminal?: boolean;
  /** The text piped into stdin. Absent: stdin stays open. */
  input?: string | Buffer;
}

export interface Ended {
  code: number | null;
  out: string[];
  errors: string[];
}

export class Belfry {
  readonly out: string[] = [];
  readonly errors: string[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<number | null>;
  #wake: () => void = () => undefined;

  constructor(args: string[], { url, key, cwd, terminal, input }: Surroundings) {
    const node = terminal ? AT_TERMINAL : [];
    this.#child = spawn(process.execPath, [...node, COMMAND, ...args], {
      cwd: cwd ?? tmpdir(),
      env: {
        PATH: process.env.PATH,
        TZ: "UTC",
        ...(url === undefined ? {} : { BELFRY_URL: url, BELFRY_KEY: key ?? API_KEY }),
      },
    });
    for (const [stream, lines] of [
      [this.#child.stdout, this.out],
      [this.#child.stderr, this.errors],
    ] as const)
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line);
        this.#wake();
      });
    // Writing fails after the command has ended, since nothing reads its stdin any more.
    this.#child.stdin.on("error", () => undefined);
    if (input !== undefined) this.#child.stdin.end(input);
    // `close` comes after the last line; `exit` may come before it.
    this.#ended = new Promise((done) => this.#child.once("close", done));
  }

  /** Pipes more text into stdin. */
  type(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Ends stdin. */
  finish(): void {
    this.#child.stdin.end();
  }

  /** Waits until stdout has `count` lines, and returns them. */
  async lines(count: number): Promise<string[]> {
    await this.#until(() => this.out.length >= count, `${count} lines`);
    return this.out.slice(0, count);
  }

  /** Resolves once a line on stderr matches. */
  async remark(pattern: RegExp): Promise<void> {
    await this.#until(() => this.errors.some((line) => pattern.test(line)), String(pattern));
  }

  async ended(): Promise<Ended> {
    return { code: await this.#ended, out: this.out, errors: this.errors };
  }

  /** Closes stdout, as a reader such as `head` does once it has enough. */
  leave(): void {
    this.#child.stdout.destroy();
  }

  /** Closes stderr in the same way. */
  leaveErrors(): void {
    this.#child.stderr.destroy();
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async #until(isThere: () => boolean, what: string): Promise<void> {
    const late = AbortSignal.timeout(WAIT_MS);
    while (!isThere())
      await new Promise<void>((done, fail) => {
        this.#wake = done;
        late.onabort = () =>
          fail(new Error(`no ${what} in:\n${[...this.out, ...this.errors].join("\n")}`));
      });
  }
}

/** Runs a command to its end. */
export function run(args: string[], surroundings: Surroundings): Promise<Ended> {
  return new Belfry(args, { input: "", ...surroundings }).ended();
}

/** Parses lines of NDJSON. */
// biome-ignore lint/suspicious/noExplicitAny: a test looks into results of every shape.
export const parsed = (lines: string[]): any[] => lines.map((line) => JSON.parse(line));
