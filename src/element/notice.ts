// What stands where the list would: that it is loading, that there is nothing, or that it failed. And
// the line above the list that says when the hub cannot be reached.

import type { Status } from "../client/index.ts";
import { BELL, button, h, icon, setText } from "./dom.ts";
import type { Labels } from "./labels.ts";

/** A line that comes back within this time is not spoken of. */
const LATE_MS = 2_000;

export interface Notice {
  readonly banner: HTMLElement;
  readonly body: HTMLElement;
  /** Takes each change, also while nobody looks: it counts from then. */
  connection(status: Status | undefined, isLoaded: boolean): void;
  /** `isFiltered`: the list is of one tab only. */
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
    // What is to be read out has to be there before.
    banner: h("div", "", { role: "status" }, banner),
    body: h("div", "", {}, loading, empty),
    connection(status, isLoaded) {
      // A list that was never loaded had no connection that it could have again.
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

/** What is wrong with the connection; empty when nothing is. */
function messageOf(status: Status | undefined, connecting: string, labels: Labels): string {
  switch (status?.state) {
    case "closed":
      return status.reason.code === "unauthorized" ? labels.signedOut : labels.disconnected;
    case "waiting":
      return navigator.onLine ? connecting : labels.offline;
    case "connecting":
      // The first attempt is no news.
      return status.attempt ? connecting : "";
    default:
      return "";
  }
}
