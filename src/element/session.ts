// One inbox and what shows it: what a person does goes to the inbox, what the inbox tells is shown.

import type { Counts, InboxMessage, LogMessage } from "../client/inbox.ts";
import type { Labels } from "./labels.ts";
import type { Place } from "./panel.ts";
import type { Source } from "./source.ts";
import { createTimes } from "./times.ts";
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
  source: Source | null;
  isInline: boolean;
  labels: Labels;
  locale: string | undefined;
  now(): number;
  place: Place;
  /** What may change while the session goes on. */
  settings(): {
    categories: readonly string[] | null;
    badge: keyof Counts;
    hasToasts: boolean;
    readsByHover: boolean;
  };
  /** Tells the app; false when the app has taken the matter into its own hands. */
  tell(type: string, detail?: unknown): boolean;
}

export interface Session {
  readonly view: View;
  show(): void;
  stop(): void;
}

const QUIET: readonly (string | undefined)[] = ["low", "very-low"];

export function createSession(options: SessionOptions): Session {
  const { source, labels, settings, tell } = options;
  const inbox = source?.inbox;
  /** Whether something is to be shown that is not yet. */
  let isDue = false;
  let isMarking = false;
  /** Up to here all was marked as seen, or could not be. */
  let seen = -1;
  let told = "";

  const view = createView(
    { ...options, times: createTimes(options.locale) },
    {
      choose: (message, action, url, event) => choose(message, action, url, event),
      read: ({ offset }) => attempt(inbox?.markRead(offset as number)),
      unread: ({ offset }) => attempt(inbox?.markUnread(offset as number)),
      markAllRead: () => attempt(inbox?.markAllRead()),
      archive,
      loadMore: () => attempt(inbox?.loadMore()),
      readsByHover: () => settings().readsByHover,
      retry: () => source?.retry(),
      opening() {
        seen = -1;
      },
      opened() {
        see();
        tell("belfry-open");
      },
      closed: () => tell("belfry-close"),
    },
  );

  /** What the hub refuses is taken back by the inbox; here it is said. */
  async function attempt(done: Promise<void> | undefined): Promise<void> {
    try {
      await done;
    } catch {
      view.snackbar.say(labels.failed);
    }
  }

  function archive({ offset }: InboxMessage) {
    attempt(inbox?.archive(offset as number));
    view.snackbar.say(labels.archived, {
      label: labels.undo,
      act: () => attempt(inbox?.unarchive(offset as number)),
    });
  }

  function choose(
    message: LogMessage & { read_at?: string | null },
    action: string,
    url: string | null,
    event: MouseEvent,
  ) {
    const detail: NotificationDetail = { message, action, url };
    const isOurs = tell("belfry-notification", detail);
    if (!isOurs) event.preventDefault();
    if (message.offset !== null && !message.read_at) attempt(inbox?.markRead(message.offset));
    const isElsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
    if ((url || !isOurs) && !isElsewhere) view.close();
  }

  /** What is in view of a person is seen. */
  async function see() {
    const { notifications, counts } = inbox?.getSnapshot() ?? {};
    const newest = notifications?.[0]?.offset ?? -1;
    const isInView = view.isOpen && document.visibilityState === "visible";
    if (isMarking || !isInView || !counts?.unseen || newest <= seen) return;
    isMarking = true;
    seen = newest;
    // It is tried again with the next that arrives; nobody has asked for it, and nobody is told.
    await inbox?.markAllSeen().catch(() => undefined);
    isMarking = false;
    see();
  }

  function show() {
    if (isDue || !source || !inbox) return;
    isDue = true;
    // Of many changes in one go only the last is shown.
    queueMicrotask(() => {
      isDue = false;
      if (isStopped) return;
      const snapshot = inbox.getSnapshot();
      const { categories, badge } = settings();
      view.show({ snapshot, status: source.status(), categories, badge });
      see();
      const counts = JSON.stringify(snapshot.counts);
      if (snapshot.isLoaded && counts !== told) tell("belfry-counts", snapshot.counts);
      told = counts;
    });
  }

  function arrived(message: LogMessage) {
    const { notification, urgency } = message;
    if (notification === undefined) return;
    view.announce(message);
    const isHidden = view.isOpen || document.visibilityState !== "visible";
    if (isHidden || QUIET.includes(urgency) || !settings().hasToasts) return;
    view.toast(message, (action, url, event) => choose(message, action, url, event));
  }

  let isStopped = false;
  const page = new AbortController();
  for (const type of ["online", "offline", "visibilitychange"])
    addEventListener(type, show, { signal: page.signal, capture: true });
  const ends = [inbox?.subscribe(show), inbox?.onMessage(arrived), source?.onStatus(show)];
  show();
  return {
    view,
    show,
    stop() {
      isStopped = true;
      page.abort();
      for (const end of ends) end?.();
      view.stop();
      for (const node of view.nodes) node.remove();
    },
  };
}
