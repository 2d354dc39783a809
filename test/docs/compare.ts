// Compares a reply with the printed one: `…` stands for any characters within a string; all else must be
// equal.

import { expect } from "vitest";
import type { Reply } from "./examples.ts";

/** The most by which `expires_in` may have fallen between the making of a token and the reply. */
const RUN_DOWN_SECONDS = 60;

/** Compares the real reply with the printed one, a stream only up to its printed events; returns the body. */
export async function expectReply(printed: Reply, response: Response): Promise<string> {
  const type = response.headers.get("content-type") ?? "";
  const body = type.startsWith("text/event-stream")
    ? await readEvents(response, eventsOf(printed.body).length)
    : await response.text();
  expect(response.status, body).toBe(printed.status);
  for (const [name, value] of printed.headers) expect(response.headers.get(name), name).toBe(value);
  if (type.startsWith("text/event-stream"))
    expectSame(eventsOf(printed.body), eventsOf(body), "event");
  else if (type.startsWith("application/x-ndjson"))
    expectSame(linesOf(printed.body), linesOf(body), "line");
  else expectSame(parsed(printed.body), parsed(body), "body");
  return body;
}

function expectSame(printed: unknown, real: unknown, at: string): void {
  if (typeof printed === "string" && printed.includes("…")) {
    const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    expect(real, at).toMatch(new RegExp(`^${printed.split("…").map(literal).join(".+")}$`, "s"));
  } else if (at.endsWith(".expires_in") && typeof printed === "number") {
    expect(real, at).toBeLessThanOrEqual(printed);
    expect(real, at).toBeGreaterThan(printed - RUN_DOWN_SECONDS);
  } else if (Array.isArray(printed) && Array.isArray(real)) {
    expect(real, at).toHaveLength(printed.length);
    for (const [i, each] of printed.entries()) expectSame(each, real[i], `${at}.${i}`);
  } else if (isObject(printed) && isObject(real)) {
    expect(Object.keys(real).sort(), at).toEqual(Object.keys(printed).sort());
    for (const name of Object.keys(printed)) expectSame(printed[name], real[name], `${at}.${name}`);
  } else expect(real, at).toEqual(printed);
}

/** Reads an event stream until `count` events have come. */
async function readEvents(response: Response, count: number): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.split("\n\n").length > count) break;
  }
  return text;
}

/** Returns each event as an object of its fields, with `data` parsed. */
function eventsOf(text: string): unknown[] {
  return text
    .trim()
    .split("\n\n")
    .map((event) => {
      const fields = event.split("\n").map((line) => {
        const colon = line.indexOf(": ");
        return [line.slice(0, colon), line.slice(colon + 2)] as const;
      });
      return Object.fromEntries(
        fields.map(([name, value]) => [name, name === "data" ? JSON.parse(value) : value]),
      );
    });
}

const parsed = (text: string): unknown => (text.trim() === "" ? null : JSON.parse(text));

const linesOf = (text: string): unknown[] => text.trim().split("\n").map(parsed);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
