// One inbox and its view: a person's acts go to the inbox, and the view shows its snapshots. A session
// is of one user and one epoch: all that it remembers ends with it.

import type { Counts, InboxMessage, InboxSnapshot, LogMessage } from "../client/inbox.ts";
import { createAnnouncer } from "./announcer.ts";
import { hear, isOn } from "./dom.ts";
import type { Labels } from "./labels.ts";
import type { Source } from "./source.ts";
import type { Ui } from "./ui.ts";
import { createView, type View } from "./view.ts";
import { titleOf } from "./words.ts";

/** What an app is told of a click. */
export interface NotificationDetail {
  message: LogMessage;
  /** Of which of its actions; empty of the notification itself. */
  action: string;
  /** Where the click leads, in full; null where it leads nowhere. */
  url: string | null;
}

export interface SessionOptions {
  host: HTMLElement;
  source: Source;
  labels: Labels;
  locale: string | undefined;
  now(): number;
  /** Of the panel, where it is placed. */
  style: CSSStyleDeclaration;
  /** The inbox is of another user or epoch now, or of nobody: it needs a session of its own. */
  restart(): void;
}

export interface Session {
  readonly view: View;
  show(): void;
  stop(): void;
}

/** The counts of each element's last event: an app that answers with other words gets no second one. */
const told = new WeakMap<HTMLElement, Counts>();
const NOTHING: Counts = { unread: 0, unseen: 0, total: 0 };
/** A session of a page, as the others see it. */
interface Peer {
  epoch: unknown;
  readonly host: HTMLElement;
  readonly view: View;
}

/** The sessions of a page, the first one first: of those of one inbox, one says what arrives. */
const peers = new Set<Peer>();
/** `low` and `very-low`. */
const QUIET = /low/;

/** The epoch of an inbox that has never had a message: the first one begins another. */
const EMPTY_EPOCH = "0";

/** Tells the app; false when it has taken the matter into its own hands. */
const tell = (host: HTMLElement, type: string, detail?: unknown, cancelable = true) =>
  host.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable }));

/** Before an inbox is loaded its counts are news only to an app that knows those of another. */
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
  /** Whether something is to be shown that is not yet. */
  let isDue = false;
  /** Up to here all was marked as seen, or could not be. */
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
        // What the hub refuses is taken back by the inbox; here it is said.
        view.snackbar.say(labels.failed);
      }
    },
    choose(message, action, url, event) {
      const { offset } = message;
      const { button, ctrlKey, metaKey, shiftKey } = event;
      // Without an address only the first button does something, and the second never does.
      if (button > (url ? 1 : 0)) return;
      const isElsewhere = !!url && (ctrlKey || metaKey || shiftKey || button > 0);
      // Another tab is the browser's own.
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

  /** All that is in the list is seen once the list is in sight. */
  function see() {
    const { notifications, counts } = inbox.getSnapshot();
    const newest = notifications[0]?.offset ?? -1;
    if (!counts.unseen || newest <= seen || !view.isInSight()) return;
    seen = newest;
    // Nobody has asked for it, and nobody is told: what arrives next tries again.
    inbox.markAllSeen().catch(() => undefined);
  }

  /** Of many changes in one go only the last is shown. */
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

  /** The epoch is that of one user's log; an inbox of the app's own may have none. */
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
    // What was seen elsewhere while this page was away is no news, and says so itself.
    const { notification, seen_at, archived_at } = message as InboxMessage;
    if (!notification || seen_at || archived_at) return;
    // One that the page hides can show nothing. The app may have hidden the bell alone.
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
