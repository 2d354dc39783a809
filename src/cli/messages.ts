// Messages to publish: one from the arguments of a command, or many from piped input.

import { StringDecoder } from "node:string_decoder";
import { parseJson } from "../protocol/json.ts";
import type { Message, Notification } from "../protocol/message.ts";
import type { Options } from "./command.ts";
import { UsageError } from "./failure.ts";

/** Returns the message of the options and of a text: the title, or with `--title` the body. */
export function messageOf(options: Options, text: string | undefined): Message {
  const [title, body] =
    options.text("title") === undefined ? [text, undefined] : [options.text("title"), text];
  const notification = { title, body, url: options.text("url") };
  const fields = {
    id: options.text("id"),
    type: options.text("type"),
    category: options.text("category"),
    data: dataOf(options.text("data")),
    ttl: options.seconds("ttl"),
    notification: isEmpty(notification) ? undefined : (given(notification) as Notification),
  };
  return given(fields) as Message;
}

function dataOf(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  const read = readJson(text);
  if ("value" in read) return read.value;
  throw new UsageError(`--data is JSON: ${read.fault}. Quote a text twice: '"a text"'`);
}

/**
 * Reads JSON as strictly as the hub does. JSON.parse would lose or round values without an error, and the hub
 * would then receive the changed message.
 */
function readJson(text: string): { value: unknown } | { fault: string } {
  const read = parseJson(text);
  if ("value" in read) return read;
  try {
    JSON.parse(text);
    return { fault: read.fix };
  } catch (cause) {
    // This error names the position.
    return { fault: `not JSON: ${(cause as Error).message}` };
  }
}

const isEmpty = (fields: object) => Object.values(fields).every((value) => value === undefined);

function given(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** One piped message or its fault; `place` names it for a person, such as `line 3`. */
export type Piped = { place: string } & ({ message: Message } | { fault: string });

/** The longest line, and the longest document, which is read whole before it is sent. */
const DOCUMENT_UNITS_MAX = 16 * 1024 * 1024;

/**
 * Takes JSON: one message a line, or one document (a message or an array of messages) over any number of
 * lines. Yields the messages of each read at once, so that none waits for later input. Throws a UsageError when
 * a line or a document is too long.
 */
export async function* pipedMessages(stdin: AsyncIterable<Buffer>): AsyncGenerator<Piped[]> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let line = 0;
  let isDocument: boolean | null = null;
  for await (const piece of stdin) {
    rest += decoder.write(piece);
    if (rest.length > DOCUMENT_UNITS_MAX)
      throw new UsageError("the input has no end of a line: send one message a line");
    const end = rest.lastIndexOf("\n");
    if (isDocument === true || end === -1) continue;
    isDocument ??= beginsDocument(rest);
    if (isDocument) continue;
    const lines = rest.slice(0, end).split("\n");
    rest = rest.slice(end + 1);
    yield lines.flatMap((text) => {
      line += 1;
      return parsePiped(text, `line ${line}`);
    });
  }
  rest += decoder.end();
  if (rest.trim() !== "") yield parsePiped(rest, isDocument === false ? `line ${line + 1}` : "it");
}

/**
 * Returns whether the first line begins a document of several lines: no complete JSON ends with `[`, `{`,
 * `,` or `:`.
 */
function beginsDocument(text: string): boolean {
  const first = text.trimStart().split("\n")[0] ?? "";
  return /^[[{]/.test(first) && /[[{,:]\s*$/.test(first);
}

/** Returns one message per element of an array, and none for an empty line. */
function parsePiped(text: string, place: string): Piped[] {
  if (text.trim() === "") return [];
  const read = readJson(text);
  if ("fault" in read) return [{ place, fault: read.fault }];
  const { value } = read;
  if (!Array.isArray(value)) return [checked(value, place)];
  return value.map((each, i) => checked(each, `${place}, message ${i + 1}`));
}

function checked(value: unknown, place: string): Piped {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { place, fault: "a message is an object" };
  // Only the command line sets the address, since the piped input may come from anyone.
  if ("to" in value) return { place, fault: "it names its own `to`: publish goes to one address" };
  return { place, message: value };
}
