// The table of the messages that the hub keeps, read over its HTTP API.

import type { LogMessage } from "../protocol/message.ts";
import { find, h, printTime, write } from "./dom.ts";
import { historyOf } from "./hub.ts";

/**
 * Returns a function that reloads the table, after a switch to `address` if the page offers it. Calls during
 * a load cause one more load at its end.
 */
export function startHistory(): (address?: string) => void {
  const log = find<HTMLSelectElement>("#log");
  const body = find("#history");
  const empty = find("#history-empty");
  let isAsking = false;
  let isStale = false;

  async function ask(address?: string) {
    if (address !== undefined && [...log.options].some(({ value }) => value === address))
      log.value = address;
    isStale = true;
    if (isAsking) return;
    isAsking = true;
    while (isStale) {
      isStale = false;
      await show(log.value);
    }
    isAsking = false;
  }

  async function show(address: string) {
    try {
      const messages = await historyOf(address);
      body.replaceChildren(...messages.map(rowOf));
      write(empty, "Nothing is kept here yet.");
      empty.hidden = messages.length > 0;
    } catch (cause) {
      body.replaceChildren();
      write(empty, (cause as Error).message);
      empty.hidden = false;
    }
  }

  log.addEventListener("input", () => ask());
  ask();
  return ask;
}

function rowOf(message: LogMessage): HTMLElement {
  const { offset, time, id } = message;
  return h(
    "tr",
    {},
    h("td", { class: "number" }, `${offset}`),
    h("td", { class: "muted" }, printTime(Date.parse(time)).slice(0, 8)),
    h("td", {}, nameOf(message)),
    h("td", { class: "muted" }, h("code", { class: "id" }, id)),
  );
}

/** Returns the name of a message in a list: the first of title, body, type and data that it has. */
export function nameOf({
  notification,
  type,
  data,
}: Pick<LogMessage, "notification" | "type" | "data">): string {
  return (
    notification?.title ??
    notification?.body ??
    type ??
    (data === undefined ? "" : JSON.stringify(data))
  );
}
