// Reads an event stream of a hub as an EventSource would (WHATWG HTML §9.2).

import { expect } from "vitest";

export interface StreamEvent {
  event: string;
  id: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into frames of every shape.
  data: any;
}

export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.pipeThrough(new TextDecoderStream()).getReader();
  }

  static async open(url: string, path: string, headers: Record<string, string> = {}) {
    const response = await fetch(url + path, {
      headers: { accept: "text/event-stream", ...headers },
    });
    expect(response.status).toBe(200);
    return new EventReader(response.body as ReadableStream<Uint8Array>);
  }

  /** Returns the next event, or null at the stream's end. Comments are skipped. */
  async next(): Promise<StreamEvent | null> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end === -1) {
        const { done, value } = await this.#reader.read();
        if (done) return null;
        this.#text += value;
        continue;
      }
      const lines = this.#text.slice(0, end).split("\n");
      this.#text = this.#text.slice(end + 2);
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? null;
      const event = field("event");
      if (event !== null) return { event, id: field("id"), data: JSON.parse(field("data") ?? "") };
    }
  }

  close(): Promise<void> {
    return this.#reader.cancel();
  }
}
