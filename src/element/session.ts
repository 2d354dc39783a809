// One inbox and what shows it: what a person does goes to the inbox, what the inbox tells is shown.

import type { Counts, InboxMessage, LogMessage } from "../client/inbox.ts";
import { createAnnouncer } from "./announcer.ts";
import { titleOf } from "./content.ts";
import type { Labels } from "./labels.ts";
import type { Source } from "./source.ts";
import { createTimes } from "./times.ts";
import type { Ui } from "./ui.ts";
import { createView, type View } from "./view.ts";

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
}

export interface Session {
  readonly view: View;
  show(): void;
  stop(): void;
}

/** What each element has told. An app that answers with other words would otherwise be told for ever. */
const told = new WeakMap<HTMLElement, Counts>();
/** `low` and `very-low`. */
const QUIET = /low/;

export function createSession(options: SessionOptions): Session {
  const { host, source, labels, locale, now, style } = options;
  const { inbox, client } = source;
  const page = new AbortController();
  /** Whether something is to be shown that is not yet. */
  let isDue = false;
  /** Up to here all was marked as seen, or could not be. */
  let seen = -1;

  /** Tells the app; false when it has taken the matter into its own hands. */
  const tell = (type: string, detail?: unknown) =>
    host.dispatchEvent(
      new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable: true }),
    );

  const ui: Ui = {
    host,
    labels,
    times: createTimes(locale, now),
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
      const isOurs = tell("belfry-notification", { message, action, url });
      if (!isOurs) event.preventDefault();
      if (offset !== null) ui.act((inbox) => inbox.markRead(offset));
      const isElsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
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

  const view = createView(ui, style, {
    retry: () => client?.connect(),
    toggled(isOpen) {
      seen = -1;
      show();
      tell(isOpen ? "belfry-open" : "belfry-close");
    },
  });
  const announcer = createAnnouncer(labels.arrived);

  /** What is in view of a person is seen. */
  function see() {
    const { notifications, counts } = inbox.getSnapshot();
    const newest = notifications[0]?.offset ?? -1;
    if (!view.isOpen() || document.hidden || !counts.unseen || newest <= seen) return;
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
      const { counts, isLoaded } = snapshot;
      if (!isLoaded || told.get(host) === counts) return;
      told.set(host, counts);
      tell("belfry-counts", counts);
    });
  }

  function arrived(message: LogMessage) {
    // What was seen elsewhere while this page was away is no news, and says so itself.
    const { notification, seen_at, archived_at } = message as InboxMessage;
    if (!notification || seen_at || archived_at) return;
    announcer.arrived(titleOf(message, ui));
    const isInView = view.isOpen() || document.hidden || host.hasAttribute("no-toasts");
    if (!isInView && !QUIET.test(message.urgency ?? "")) view.toasts.show(message);
  }

  for (const type of ["online", "offline", "visibilitychange"])
    addEventListener(type, show, { signal: ui.signal, capture: true });
  const ends = [
    inbox.subscribe(show),
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
