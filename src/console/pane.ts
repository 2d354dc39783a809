// The pane of one user: the inbox, the topic, and the buttons that break the connection.

import type { Environment } from "../client/environment.ts";
import type { Reason, Status } from "../client/index.ts";
import type { BelfryInbox } from "../element/index.ts";
import type { LogMessage } from "../protocol/message.ts";
import { createDevice, type Device, type DeviceEvents, type Seen } from "./device.ts";
import { find, h, printMs, printTime, write } from "./dom.ts";
import { nameOf } from "./history.ts";
import { callHub, TOPIC, type User } from "./hub.ts";
import { awayNote, causeOf, ENDING, printSeconds, returnNote } from "./note.ts";

const TOPIC_MESSAGES_MAX = 50;
/** The interval of the countdown to the next attempt. */
const TICK_MS = 100;
/** How long the note on a click is shown. */
const SAID_MS = 6_000;

type Events = Pick<DeviceEvents, "frame" | "changed" | "arrived">;

/** Adds the pane to the page; returns its device. */
export function addPane(
  user: User,
  environment: Pick<Environment, "now" | "after">,
  events: Events,
): Device {
  const template = find<HTMLTemplateElement>("#pane");
  const pane = (template.content.cloneNode(true) as DocumentFragment).firstElementChild as Element;
  const name = `${user[0]?.toUpperCase()}${user.slice(1)}`;
  pane.classList.add(user);
  pane.setAttribute("aria-label", name);
  write(find(".avatar", pane), name[0] ?? "");
  write(find("h2", pane), name);
  write(find(".address", pane), `user:${user}`);
  const feed = find(".topic-feed", pane);
  const drop = find<HTMLButtonElement>(".drop", pane);
  const offline = find<HTMLButtonElement>(".offline", pane);
  const expire = find<HTMLButtonElement>(".expire", pane);
  const follow = find<HTMLInputElement>(".follow", pane);
  const subscribe = find<HTMLInputElement>(".subscribe", pane);
  let isTicking = false;
  /** `seen.returned` at the click on Expire: the note is about the token's end until it changes. */
  let endedAfter: Seen["returned"] | undefined;
  /** The reason of the last loss, kept during the attempts to reconnect. */
  let reason: Reason | undefined;
  /** The note on the last click in the inbox; empty when there is none to show. */
  let clicked = "";

  const device = createDevice(user, environment, {
    ...events,
    changed() {
      show();
      events.changed();
    },
    topicMessage(message) {
      feed.prepend(topicRow(message));
      if (feed.childElementCount > TOPIC_MESSAGES_MAX) feed.lastElementChild?.remove();
    },
  });
  const { client, wire, seen } = device;
  document.querySelector("main > .timeline")?.before(pane);
  const state = find(".state", pane);
  const note = find(".note", pane);
  const inbox = find<BelfryInbox>("belfry-inbox", pane);

  function show() {
    const { status } = client;
    if ("reason" in status) reason = status.reason;
    if (status.state === "open") reason = undefined;
    else endedAfter = undefined;
    state.setAttribute("data-state", status.state);
    write(state, stateOf());
    // Both need a connection, but stay enabled during a reconnect: a disabled button loses the focus.
    drop.disabled = expire.disabled = wire.isOffline;
    write(note, clicked || noteOf(status));
    if (status.state === "waiting" && !isTicking) tick();
  }

  function noteOf({ state }: Status): string {
    if (reason) return state === "closed" ? reason.message : awayNote(reason);
    return seen.returned === endedAfter ? ENDING : returnNote(seen);
  }

  function tick() {
    isTicking = client.status.state === "waiting";
    if (!isTicking) return;
    write(state, stateOf());
    environment.after(TICK_MS, tick);
  }

  function stateOf(): string {
    const { status } = client;
    switch (status.state) {
      case "open":
        return `connected in ${printMs(seen.connectMs)}`;
      case "waiting":
        return wire.isOffline
          ? "offline"
          : `${causeOf(status.reason)}, back in ${printSeconds((status.until ?? 0) - environment.now())}`;
      case "closed":
        return `closed: ${status.reason.code}`;
      default:
        return status.state;
    }
  }

  drop.addEventListener("click", () => wire.drop("dropped"));
  offline.addEventListener("click", () => {
    wire.setOffline(!wire.isOffline);
    offline.setAttribute("aria-pressed", `${wire.isOffline}`);
    write(offline, wire.isOffline ? "Go online" : "Go offline");
    // The SDK does the same by itself on the browser's `online` event.
    if (!wire.isOffline) client.connect();
    show();
  });
  expire.addEventListener("click", async () => {
    if (client.status.state !== "open") return;
    endedAfter = seen.returned;
    show();
    await device.expire();
  });
  subscribe.addEventListener("change", () => device.subscribe(subscribe.checked));
  follow.addEventListener("change", async () => {
    const topic = client.topic(TOPIC);
    await (follow.checked ? topic.follow() : topic.unfollow());
  });
  inbox.addEventListener("belfry-notification", (event) => {
    const { url, action } = event.detail;
    // The links lead nowhere, and following one would discard all that the page shows.
    event.preventDefault();
    if (!url && !action) return;
    clicked = url
      ? `A click: would open ${url.replace(location.origin, "")}`
      : `A click: the app gets the action “${action}”`;
    show();
    const said = clicked;
    environment.after(SAID_MS, () => {
      if (clicked === said) clicked = "";
      show();
    });
  });
  device.begin();
  inbox.client = client;
  device.subscribe(subscribe.checked);
  isFollowing(user)
    .then((is) => {
      follow.checked = is;
    })
    // The same fault keeps the connection from opening, and the pane reports it there.
    .catch(() => undefined);
  show();
  return device;
}

function topicRow(message: LogMessage): HTMLElement {
  return h(
    "li",
    {},
    h("span", { class: "muted" }, message.offset === null ? "live" : `${message.offset}`),
    h("span", {}, nameOf(message)),
    h("time", { class: "muted" }, printTime(Date.parse(message.time)).slice(0, 8)),
  );
}

/** Asks the hub whether a user follows the topic: a follow outlives this page. */
async function isFollowing(user: User): Promise<boolean> {
  const { body } = await callHub(`/v1/users/${user}/follows`);
  return (body.follows as { topic: string }[]).some(({ topic }) => topic === TOPIC);
}
