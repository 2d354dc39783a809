// What the hub keeps, as its HTTP API tells it.

import type { LogMessage } from "../protocol/message.ts";
import { find, h, printTime, write } from "./dom.ts";
import { historyOf } from "./hub.ts";

/**
 * Gives the function that asks anew, of an address if one is given; what is asked while it is being
 * answered is asked once more.
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

/** What a message is called in a list. */
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
