// belfry/element: importing it defines `<belfry-inbox>`.

import type { Counts } from "../client/inbox.ts";
import { BelfryInbox } from "./element.ts";
import type { NotificationDetail } from "./session.ts";

const TAG = "belfry-inbox";

// On a server there are no elements; on a page that loads this twice, the first one stays.
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
// For pages without a bundler: a client of another module would be of another inbox.
export { createClient } from "../client/index.ts";
export type { InboxAttributes, ReactInboxProps, VueInboxProps } from "./jsx.ts";
export type { Labels } from "./labels.ts";
export type { InboxLike } from "./source.ts";
export type { Counts, NotificationDetail };
export { BelfryInbox };
