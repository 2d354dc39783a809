// What stands where the list would: that it is loading, that there is nothing, or that it failed. And
// the line above the list that says when the list may be out of date.

import type { Status } from "../client/index.ts";
import { BELL, h, icon, setText } from "./dom.ts";
import type { Labels } from "./labels.ts";

export interface Notice {
  readonly banner: HTMLElement;
  readonly body: HTMLElement;
  show(state: {
    status: Status | null;
    isLoaded: boolean;
    isEmpty: boolean;
    /** Of one tab only. */
    isFiltered: boolean;
  }): void;
}

const SKELETONS = 4;

export function createNotice(labels: Labels, retry: () => void): Notice {
  const text = h("span", "");
  const again = () => h("button", "retry", { type: "button", click: retry }, labels.retry);
  const bannerRetry = again();
  const banner = h("div", "banner", { role: "status", hidden: true }, text, bannerRetry);

  const skeletons = Array.from({ length: SKELETONS }, () =>
    h("div", "skeleton", {}, h("i", ""), h("b", "")),
  );
  const loading = h(
    "div",
    "loading",
    { role: "status" },
    h("span", "hidden", {}, labels.loading),
    ...skeletons,
  );
  const emptyTitle = h("p", "empty-title");
  const emptyHint = h("p", "", {}, labels.emptyHint);
  const empty = h(
    "div",
    "empty",
    {},
    h("slot", "", { name: "empty" }, icon(BELL), emptyTitle, emptyHint),
  );
  const errorText = h("p", "empty-title");
  const error = h("div", "error", { role: "alert" }, errorText, again());
  const body = h("div", "states", {}, loading, empty, error);

  return {
    banner,
    body,
    show({ status, isLoaded, isEmpty, isFiltered }) {
      const message = messageOf(status, labels);
      const isClosed = status?.state === "closed";
      loading.hidden = isLoaded || isClosed;
      empty.hidden = !isLoaded || !isEmpty;
      error.hidden = isLoaded || !isClosed;
      setText(emptyTitle, isFiltered ? labels.emptyTab : labels.empty);
      emptyHint.hidden = isFiltered;
      setText(errorText, message);
      setText(text, message);
      banner.hidden = !message || !error.hidden;
      bannerRetry.hidden = !isClosed;
    },
  };
}

/** What is wrong with the connection; empty when nothing is. */
function messageOf(status: Status | null, labels: Labels): string {
  switch (status?.state) {
    case "closed":
      return status.reason.code === "unauthorized" ? labels.signedOut : labels.disconnected;
    case "waiting":
      return navigator.onLine ? labels.reconnecting : labels.offline;
    case "connecting":
      // The first attempt is no news.
      return status.attempt ? labels.reconnecting : "";
    default:
      return "";
  }
}
