// The code that publishes the draft of the form: with curl from a shell, with the SDK from a backend, and
// with the CLI.

import type { Message } from "../protocol/message.ts";
import { pathOf } from "./hub.ts";

export interface Draft {
  /** `user:ada`, `topic:news` */
  to: string;
  message: Message;
}

export const LANGUAGES = ["curl", "sdk", "cli"] as const;
export type Language = (typeof LANGUAGES)[number];

export function printLine(language: Language, origin: string, draft: Draft): string {
  return { curl: printCurl, sdk: printSdk, cli: printCli }[language](draft, origin);
}

/** Quotes a text for a shell: no character is special within single quotes. */
const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Quotes a text only if it has a character that may be special to a shell. */
const word = (text: string) => (/^[\w.:/@=+%-]+$/.test(text) ? text : quote(text));

function printCurl({ to, message }: Draft, origin: string): string {
  return [
    `curl ${word(`${origin}${pathOf(to) ?? ""}`)} \\`,
    `  -H "Authorization: Bearer $(cat .dev.key)" \\`,
    `  -d ${quote(JSON.stringify(message))}`,
  ].join("\n");
}

function printSdk({ to, message }: Draft, origin: string): string {
  // Unquotes the keys: a name with a colon at the start of a line is a key, since no JSON string spans
  // two lines.
  const object = JSON.stringify(message, null, 2).replace(/^( *)"([A-Za-z_]\w*)":/gm, "$1$2:");
  return [
    `import { createHub } from "belfry/server";`,
    "",
    `const hub = createHub({ url: "${origin}", key: process.env.BELFRY_KEY });`,
    `await hub.publish(${JSON.stringify(to)}, ${object});`,
  ].join("\n");
}

function printCli({ to, message }: Draft): string {
  const { notification = {}, id, type, data, ttl, ...rest } = message;
  const { title, body, url, ...more } = notification;
  const text = body ?? title;
  const isPlain =
    Object.keys({ ...rest, ...more }).length === 0 &&
    !(body !== undefined && title === undefined) &&
    !text?.startsWith("-");
  // Options cannot express every message: pipe such a message as JSON.
  if (!isPlain)
    return `printf %s ${quote(JSON.stringify(message))} | \\\n  npx belfry publish ${word(to)} -`;
  const options: Record<string, string | undefined> = {
    title: body === undefined ? undefined : title,
    url,
    type,
    data: data === undefined ? undefined : JSON.stringify(data),
    ttl: ttl === undefined ? undefined : `${ttl}`,
    id,
  };
  const given = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}${value.startsWith("-") ? "=" : " "}${word(value)}`],
  );
  const head = `npx belfry publish ${word(to)}${text === undefined ? "" : ` ${quote(text)}`}`;
  return [head, ...given].join(" \\\n  ");
}
