// An example run as its reader runs it, in a process of its own, with its output.

import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const EXAMPLES = resolve(import.meta.dirname, "../../examples");
const WAIT_MS = 25_000;

export class Script {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #wake: () => void = () => undefined;

  /** Runs a script of `examples/` with `sh` or with the Node that runs the tests, the pinned one. */
  constructor(name: string, args: string[], env: Record<string, string>) {
    const command = name.endsWith(".sh") ? "sh" : process.execPath;
    this.#child = spawn(command, [resolve(EXAMPLES, name), ...args], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      if (stream !== null)
        createInterface({ input: stream }).on("line", (line) => {
          this.lines.push(line);
          this.#wake();
        });
    // `close` comes after the last line; `exit` may come before it.
    this.#ended = new Promise((done) => this.#child.once("close", done));
  }

  /** Returns the first line that matches, and waits for it if it is not printed yet. */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    const late = AbortSignal.timeout(WAIT_MS);
    for (;;) {
      for (const line of this.lines) {
        const match = pattern.exec(line);
        if (match) return match;
      }
      await new Promise<void>((done, fail) => {
        this.#wake = done;
        late.onabort = () => fail(new Error(`no ${pattern} in:\n${this.lines.join("\n")}`));
      });
    }
  }

  /** Resolves with the exit code, once the script has ended by itself. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
