// The view of one inbox, with all its parts; it shows each new snapshot.

import type { InboxMessage, InboxSnapshot, LogMessage } from "../client/inbox.ts";
import type { Status } from "../client/index.ts";
import { createBell } from "./bell.ts";
import { button, CLOSE, h, isOn, set, tool } from "./dom.ts";
import { load, loaded, unload } from "./later.ts";
import type { Listing } from "./listing.ts";
import { createNotice } from "./notice.ts";
import { createPanel, isOpen, makePopover } from "./panel.ts";
import { watchSight } from "./sight.ts";
import { createSnackbar, type Snackbar } from "./snackbar.ts";
import type { Ui } from "./ui.ts";

export interface View {
  readonly nodes: readonly HTMLElement[];
  readonly panel: HTMLElement;
  readonly snackbar: Snackbar;
  isOpen(): boolean;
  /** Whether the list is in the user's sight. */
  isInSight(): boolean;
  show(snapshot: InboxSnapshot, status: Status | undefined): void;
  /** Shows a message that has arrived, in the corner of the page. */
  toast(message: LogMessage): void;
}

/** Whether the console has been warned that the list cannot be loaded: once for a page. */
let isSaid = false;

export function createView(
  ui: Ui,
  style: CSSStyleDeclaration,
  retry: () => void,
  toggled: (isOpen: boolean) => void,
  /** Called when the list may have come into sight or left it. */
  sighted: () => void,
): View {
  const { labels, host } = ui;
  const isInline = isOn(host, "inline");
  let snapshot: InboxSnapshot | undefined;
  let listing: Listing | undefined;
  /** The messages for toasts, and the inbox's lists since then, kept until the list is loaded. */
  let waiting: LogMessage[] = [];
  let missed: (readonly InboxMessage[])[] = [];

  const bell = createBell();
  const notice = createNotice(labels, () => {
    // The button disappears when the retry starts, so the focus moves first.
    panel.focus();
    retry();
  });
  const focusList = () => (listing ?? panel).focus();
  const snackbar = createSnackbar(focusList);
  const markAll = button("mark-all", labels.markAllRead, () =>
    ui.act((inbox) => inbox.markAllRead()),
  );
  // Shown on narrow screens, where the panel covers everything else that could be pressed.
  const close = tool(CLOSE, labels.close, () => panel.hidePopover());

  const heading = h("slot", "", { name: "header" }, h("h2", "title", {}, labels.title));
  const list = { role: "tabpanel", id: "list", "aria-label": labels.title };
  const main = h("div", "main", list, notice.body);
  const panel = createPanel(
    labels.title,
    isInline,
    h("div", "header", {}, heading, markAll, isInline ? null : close),
    notice.banner,
    main,
    snackbar.node,
  );
  panel.addEventListener("keydown", ({ key, target }) => {
    if (key === "ArrowDown" && target === panel) focusList();
  });
  const popoverToggled = (is: boolean, isBefore: boolean) => {
    if (!isBefore) {
      if (!is) snackbar.hide();
      toggled(is);
      return;
    }
    if (is) fill();
    listing?.toggle(is);
    if (is) render(true);
  };
  if (!isInline) makePopover(panel, bell.node, style, popoverToggled, ui.signal);
  // Load the code before a user opens the panel; a failure is reported when the code is needed.
  for (const type of ["pointerenter", "focus"])
    bell.node.addEventListener(type, () => load().catch(() => undefined));

  /** Creates the list. Until its code is loaded, the panel shows a placeholder. */
  function fill() {
    if (listing || ui.signal.aborted) return;
    const code = loaded();
    if (!code) {
      load().then(fill).catch(failed);
      return;
    }
    const leaveToasts = () => (isInline ? panel : bell.node).focus();
    listing = code.createListing(ui, { panel, banner: notice.banner, main, leaveToasts, render });
    if (!isOpen(panel)) for (const message of waiting) listing.toasts.show(message);
    for (const messages of missed) listing.toasts.update(messages);
    forget();
    render();
    // The list may be in sight already.
    sighted();
  }

  function forget() {
    waiting = [];
    missed = [];
  }

  function failed(error: unknown) {
    unload();
    if (!isSaid) console.warn("belfry: the list cannot be loaded:", error);
    isSaid = true;
    forget();
    if (panel.popover && isOpen(panel)) panel.hidePopover();
  }

  /** A closed panel is not rendered: a closed inbox costs only a badge. */
  function render(isOpening = false) {
    if (!snapshot || !(isOpening || isOpen(panel))) return;
    const { isEmpty = false, isFiltered = false } = listing?.show(snapshot) ?? {};
    notice.show(snapshot.isLoaded && !!listing, isEmpty, isFiltered);
    // Not `disabled`, which would take the focus from a user who has just pressed the button.
    set(markAll, "aria-disabled", !snapshot.counts.unread && "true");
  }

  const isMainInSight = watchSight(main, sighted);
  return {
    nodes: [...(isInline ? [] : [bell.node]), panel],
    panel,
    snackbar,
    isOpen: () => isOpen(panel),
    isInSight: () => !!listing && isMainInSight(),
    show(next, status) {
      snapshot = next;
      if (isInline) fill();
      if (listing) listing.toasts.update(next.notifications);
      else if (waiting[0]) missed.push(next.notifications);
      notice.connection(status, next.isLoaded);
      const kind = host.getAttribute("badge") === "unseen" ? "unseen" : "unread";
      const count = next.counts[kind];
      bell.show(labels.bell(count, kind), count ? labels.badge(count) : "", isOpen(panel));
      render();
    },
    toast(message) {
      if (listing) return listing.toasts.show(message);
      waiting.push(message);
      fill();
    },
  };
}
