// The list of raw frames of both panes, newest first.

import { find, h, printTime, write } from "./dom.ts";
import type { User } from "./hub.ts";
import type { Direction } from "./wire.ts";

export interface Frame {
  user: User;
  direction: Direction;
  text: string;
  /** Milliseconds since 1970. */
  time: number;
}

const KEPT_MAX = 300;
const PREVIEW_UNITS = 400;

/** Returns a function that adds a frame to the list. */
export function startFrames(): (frame: Frame) => void {
  const list = find("#frames");
  const user = find<HTMLSelectElement>("#frames-user");
  const direction = find<HTMLSelectElement>("#frames-direction");
  const text = find<HTMLInputElement>("#frames-text");
  const pause = find<HTMLButtonElement>("#frames-pause");
  const rows: { frame: Frame; node: HTMLElement }[] = [];

  const isPaused = () => pause.getAttribute("aria-pressed") === "true";
  const fits = (frame: Frame) =>
    (user.value === "" || user.value === frame.user) &&
    (direction.value === "" || direction.value === frame.direction) &&
    frame.text.toLowerCase().includes(text.value.toLowerCase());

  function filter() {
    for (const { frame, node } of rows) node.hidden = !fits(frame);
  }

  for (const field of [user, direction, text]) field.addEventListener("input", filter);
  pause.addEventListener("click", () => {
    pause.setAttribute("aria-pressed", `${!isPaused()}`);
    write(pause, isPaused() ? "Go on" : "Pause");
  });
  find("#frames-clear").addEventListener("click", () => {
    rows.length = 0;
    list.replaceChildren();
  });

  return (frame) => {
    if (isPaused()) return;
    const node = rowOf(frame);
    node.hidden = !fits(frame);
    rows.push({ frame, node });
    list.prepend(node);
    if (rows.length > KEPT_MAX) rows.shift()?.node.remove();
  };
}

function rowOf({ user, direction, text, time }: Frame): HTMLElement {
  const whole = h("pre", { class: "whole" });
  const details = h(
    "details",
    {},
    h(
      "summary",
      {},
      h("time", { class: "at" }, printTime(time)),
      h("span", { class: `who ${user}` }, user),
      h("span", { class: `way ${direction}` }, direction === "up" ? "to hub" : "from hub"),
      h("code", { class: "preview" }, text.slice(0, PREVIEW_UNITS)),
    ),
    whole,
  );
  // The whole text is written on the first toggle, since most frames are never opened.
  details.addEventListener("toggle", () => write(whole, indent(text)), { once: true });
  return h("li", { "data-direction": direction }, details);
}

function indent(text: string): string {
  return text.startsWith("{") ? JSON.stringify(JSON.parse(text), null, 2) : text;
}
