// The package entry belfry/element: importing it defines `<belfry-inbox>`.

import type { Counts } from "../client/inbox.ts";
import { BelfryInbox } from "./element.ts";
import type { NotificationDetail } from "./session.ts";

const TAG = "belfry-inbox";

// A server has no custom elements. On a page that loads this twice, the first definition stays.
if (globalThis.customElements && !customElements.get(TAG)) customElements.define(TAG, BelfryInbox);

declare global {
  interface HTMLElementTagNameMap {
    "belfry-inbox": BelfryInbox;
  }
  interface HTMLElementEventMap {
    "belfry-open": CustomEvent<null>;
    "belfry-close": CustomEvent<null>;
    "belfry-notification": CustomEvent<NotificationDetail>;
    "belfry-counts": CustomEvent<Counts>;
  }
}

export { inbox } from "../client/inbox.ts";
// For pages without a bundler: each module file keeps its own inboxes, so a client made with another
// file would get a second inbox here.
export { createClient } from "../client/index.ts";
export type { InboxAttributes, ReactInboxProps, VueInboxProps } from "./jsx.ts";
export type { Labels } from "./labels.ts";
export type { InboxLike } from "./source.ts";
export type { Counts, NotificationDetail };
export { BelfryInbox };
