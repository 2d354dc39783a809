// Where a command's results go: lines for a person at a terminal, NDJSON for a program behind a pipe.
// Remarks go to stderr, so that they are in nobody's data.

import { once } from "node:events";
import type { Writable } from "node:stream";
import { printable, printJson } from "./printable.ts";

export interface OutputOptions {
  stdout: Writable & { isTTY?: boolean };
  stderr: Writable;
  json: boolean;
  quiet: boolean;
}

export class Output {
  readonly #options: OutputOptions;
  #isRead = true;

  constructor(options: OutputOptions) {
    this.#options = options;
    options.stdout.once("error", () => {
      this.#isRead = false;
    });
  }

  /** Whether results are for a person. */
  get isForPerson(): boolean {
    return !this.#options.json && this.#options.stdout.isTTY === true;
  }

  /** A result: the value for a program, the line for a person. Resolves when there is room for more. */
  async result(value: unknown, line: string): Promise<void> {
    await this.#write(this.isForPerson ? printable(line) : printJson(value));
  }

  /** What was asked for as text, such as a token; the value where `--json` asks for it. */
  async text(value: unknown, text: string): Promise<void> {
    const lines = () => text.split("\n").map(printable).join("\n");
    await this.#write(this.#options.json ? printJson(value) : lines());
  }

  /** A remark on what happens, such as a lost connection. */
  remark(text: string): void {
    if (!this.#options.quiet) this.#options.stderr.write(`${printable(text)}\n`);
  }

  /** What went wrong. `--quiet` does not keep it back. */
  fault(text: string): void {
    this.#options.stderr.write(`${printable(text)}\n`);
  }

  async #write(line: string): Promise<void> {
    const { stdout } = this.#options;
    // What nobody reads has no room to wait for.
    if (!this.#isRead || stdout.write(`${line}\n`)) return;
    await once(stdout, "drain").catch(() => undefined);
  }
}
