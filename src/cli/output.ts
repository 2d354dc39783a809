// The output of a command: lines for a person at a terminal, NDJSON for a program behind a pipe.
// Remarks go to stderr, so that they never mix with the data.

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

  /** Whether a person reads the results: stdout is a terminal, and `--json` is absent. */
  get isForPerson(): boolean {
    return !this.#options.json && this.#options.stdout.isTTY === true;
  }

  /**
   * Writes a result: the line for a person, the value for a program. Resolves when stdout has room for the
   * next one.
   */
  async result(value: unknown, line: string): Promise<void> {
    await this.#write(this.isForPerson ? printable(line) : printJson(value));
  }

  /** Writes a result that is a text, such as a token; with `--json` the value instead. */
  async text(value: unknown, text: string): Promise<void> {
    const lines = () => text.split("\n").map(printable).join("\n");
    await this.#write(this.#options.json ? printJson(value) : lines());
  }

  /** Writes a remark on an event, such as a lost connection, unless `--quiet` is set. */
  remark(text: string): void {
    if (!this.#options.quiet) this.#options.stderr.write(`${printable(text)}\n`);
  }

  /** Writes an error, even with `--quiet`. */
  fault(text: string): void {
    this.#options.stderr.write(`${printable(text)}\n`);
  }

  async #write(line: string): Promise<void> {
    const { stdout } = this.#options;
    // A stream that has lost its reader never drains, so do not wait for it.
    if (!this.#isRead || stdout.write(`${line}\n`)) return;
    await once(stdout, "drain").catch(() => undefined);
  }
}
