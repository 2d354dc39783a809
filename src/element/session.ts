// One inbox and its view: the user's actions go to the inbox, and the view shows its snapshots. A
// session belongs to one user and one epoch, and its state ends with it.

import type { Counts, InboxMessage, InboxSnapshot, LogMessage } from "../client/inbox.ts";
import { createAnnouncer } from "./announcer.ts";
import { hear, isOn } from "./dom.ts";
import type { Labels } from "./labels.ts";
import type { Source } from "./source.ts";
import type { Ui } from "./ui.ts";
import { createView, type View } from "./view.ts";
import { titleOf } from "./words.ts";

/** The detail of a `belfry-notification` event. */
export interface NotificationDetail {
  message: LogMessage;
  /** The action that was clicked; empty for the notification itself. */
  action: string;
  /** The absolute address that the click opens, or null. */
  url: string | null;
}

export interface SessionOptions {
  host: HTMLElement;
  source: Source;
  labels: Labels;
  locale: string | undefined;
  now(): number;
  /** Receives the position of the panel. */
  style: CSSStyleDeclaration;
  /** Called when the inbox belongs to another user or epoch, or to none: it needs a new session. */
  restart(): void;
}

export interface Session {
  readonly view: View;
  show(): void;
  stop(): void;
}

/**
 * The counts in each element's last event. It outlives the sessions, so that an app that sets new labels
 * in response gets no second event.
 */
const told = new WeakMap<HTMLElement, Counts>();
const NOTHING: Counts = { unread: 0, unseen: 0, total: 0 };
/** A session as the others of the page see it. */
interface Peer {
  epoch: unknown;
  readonly host: HTMLElement;
  readonly view: View;
}

/** The sessions of a page, oldest first: of those with the same inbox, only one announces. */
const peers = new Set<Peer>();
/** The urgencies `low` and `very-low`, for which there is no toast. */
const QUIET = /low/;

/** The epoch of an inbox that has never had a message: the first message begins another. */
const EMPTY_EPOCH = "0";

/** Dispatches an event to the app; returns false if the app has cancelled it. */
const tell = (host: HTMLElement, type: string, detail?: unknown, cancelable = true) =>
  host.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable }));

/**
 * Sends the counts if they have changed. Until an inbox is loaded, only an app that knows the counts of
 * another one gets them.
 */
export function tellCounts(host: HTMLElement, counts = NOTHING, isLoaded = false): void {
  const last = told.get(host);
  if (last === counts || !(last || isLoaded)) return;
  told.set(host, counts);
  tell(host, "belfry-counts", counts);
}

export function createSession(options: SessionOptions): Session {
  const { host, source, labels, locale, now, style, restart } = options;
  const { inbox, client } = source;
  const page = new AbortController();
  /** Whether a change is waiting to be shown. */
  let isDue = false;
  /** The offset up to which an attempt was made to mark all messages as seen. */
  let seen = -1;

  const ui: Ui = {
    host,
    labels,
    locale,
    now: () => inbox.now?.() ?? now(),
    signal: page.signal,
    async act(done) {
      try {
        await done(inbox);
      } catch {
        // The inbox undoes a change that the hub refuses; the user sees a message.
        view.snackbar.say(labels.failed);
      }
    },
    choose(message, action, url, event) {
      const { offset } = message;
      const { button, ctrlKey, metaKey, shiftKey } = event;
      // Without an address only the main button acts; the secondary button never does.
      if (button > (url ? 1 : 0)) return;
      const isElsewhere = !!url && (ctrlKey || metaKey || shiftKey || button > 0);
      // A click that opens another tab is the browser's: the app cannot cancel it.
      const isOurs = tell(host, "belfry-notification", { message, action, url }, !isElsewhere);
      if (!isOurs) event.preventDefault();
      if (offset !== null) ui.act((inbox) => inbox.markRead(offset));
      if (isOurs && (!url || isElsewhere)) return;
      if (view.panel.popover && view.isOpen()) view.panel.hidePopover();
    },
    archive(offset) {
      ui.act((inbox) => inbox.archive(offset));
      view.snackbar.say(labels.archived, labels.undo, () =>
        ui.act((inbox) => inbox.unarchive(offset)),
      );
    },
  };

  const view = createView(ui, style, () => client?.connect(), toggled, see);
  const peer: Peer = { epoch: epochOf(inbox.getSnapshot()), host, view };
  const announcer = createAnnouncer(labels.arrived);

  function toggled(isOpen: boolean) {
    seen = -1;
    show();
    tell(host, isOpen ? "belfry-open" : "belfry-close");
  }

  /** Marks all messages of the list as seen once the list is in sight. */
  function see() {
    const { notifications, counts } = inbox.getSnapshot();
    const newest = notifications[0]?.offset ?? -1;
    if (!counts.unseen || newest <= seen || !view.isInSight()) return;
    seen = newest;
    // Nobody has asked for it, so a failure is not reported: the next message tries again.
    inbox.markAllSeen().catch(() => undefined);
  }

  /** Shows only the last of several changes made in the same turn. */
  function show() {
    if (isDue) return;
    isDue = true;
    queueMicrotask(() => {
      isDue = false;
      if (page.signal.aborted) return;
      const snapshot = inbox.getSnapshot();
      view.show(snapshot, client?.status);
      see();
      tellCounts(host, snapshot.counts, snapshot.isLoaded);
    });
  }

  /**
   * Returns the epoch, which belongs to one user's log. An app's own inbox may have none: then the inbox
   * itself stands for it.
   */
  function epochOf({ isLoaded, cursor }: InboxSnapshot) {
    return isLoaded && (cursor?.split(":")[0] ?? inbox);
  }

  function changed() {
    const before = peer.epoch;
    peer.epoch = epochOf(inbox.getSnapshot());
    if (!before || before === peer.epoch || (before === EMPTY_EPOCH && peer.epoch)) show();
    else if (!page.signal.aborted) restart();
  }

  function arrived(message: LogMessage) {
    // A message that was seen elsewhere while this page was away is no news; its own times show that.
    const { notification, seen_at, archived_at } = message as InboxMessage;
    if (!notification || seen_at || archived_at) return;
    // An element that the page hides can show nothing; one with only its bell hidden still can.
    const same = [...peers].filter(
      ({ epoch, host, view }) =>
        epoch === peer.epoch && (host.checkVisibility() || view.nodes[0]?.checkVisibility()),
    );
    if (same[0] === peer) announcer.arrived(titleOf(message, ui));
    const hasToasts = ({ host, view }: Peer) => view.panel.popover && !isOn(host, "no-toasts");
    const isMine = same.find(hasToasts) === peer;
    const isQuiet = document.hidden || same.some(({ view }) => view.isInSight());
    if (isMine && !isQuiet && !QUIET.test(message.urgency ?? "")) view.toast(message);
  }

  hear(["online", "offline", "visibilitychange"], show, ui.signal);
  peers.add(peer);
  const ends = [
    () => peers.delete(peer),
    inbox.subscribe(changed),
    inbox.onMessage(arrived),
    client?.onStatus(show),
    () => page.abort(),
    () => host.shadowRoot?.replaceChildren(),
  ];
  host.shadowRoot?.append(...view.nodes, announcer.node);
  show();
  return {
    view,
    show,
    stop() {
      for (const end of ends) end?.();
    },
  };
}
