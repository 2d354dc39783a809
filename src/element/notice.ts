// The placeholders that stand where the list would, while it loads or when it is empty, and the banner
// above the list that shows problems of the connection.

import type { Status } from "../client/index.ts";
import { BELL, button, h, icon, setText } from "./dom.ts";
import type { Labels } from "./labels.ts";

/** A connection that is back within this time is not reported. */
const LATE_MS = 2_000;

export interface Notice {
  readonly banner: HTMLElement;
  readonly body: HTMLElement;
  /** Call it on every change, also while the panel is closed: the delay counts from the change. */
  connection(status: Status | undefined, isLoaded: boolean): void;
  /** `isFiltered`: the list shows one tab only. */
  show(isLoaded: boolean, isEmpty: boolean, isFiltered: boolean): void;
}

export function createNotice(labels: Labels, retry: () => void): Notice {
  const text = h("span", "");
  const again = button("retry", labels.retry, retry);
  const banner = h("div", "banner", { hidden: true }, text, again);
  const showBanner = () => {
    banner.hidden = !text.textContent;
  };
  const skeletons = [1, 2, 3, 4].map(() => h("i", ""));
  const loading = h(
    "div",
    "loading",
    {},
    h("span", "hidden", { role: "status" }, labels.loading),
    ...skeletons,
  );
  const title = h("b", "");
  const slot = h("slot", "", { name: "empty" }, icon(BELL), title);
  const empty = h("div", "empty", {}, slot);

  return {
    // A live region must be in the page before its text changes, or the change is not read out.
    banner: h("div", "", { role: "status" }, banner),
    body: h("div", "", {}, loading, empty),
    connection(status, isLoaded) {
      // A list that was never loaded had no connection to restore: "connecting", not "reconnecting".
      const message = messageOf(status, isLoaded ? labels.reconnecting : labels.connecting, labels);
      again.hidden = status?.state !== "closed";
      setText(text, message);
      if (message && again.hidden) setTimeout(showBanner, LATE_MS);
      else showBanner();
    },
    show(isLoaded, isEmpty, isFiltered) {
      loading.hidden = isLoaded || !again.hidden;
      empty.hidden = !isLoaded || !isEmpty;
      setText(title, isFiltered ? labels.emptyTab : labels.empty);
    },
  };
}

/** Returns a text about a problem of the connection; empty when there is none. */
function messageOf(status: Status | undefined, connecting: string, labels: Labels): string {
  switch (status?.state) {
    case "closed":
      return status.reason.code === "unauthorized" ? labels.signedOut : labels.disconnected;
    case "waiting":
      return navigator.onLine ? connecting : labels.offline;
    case "connecting":
      // The first attempt to connect is no problem.
      return status.attempt ? connecting : "";
    default:
      return "";
  }
}
