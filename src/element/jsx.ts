// The types of `<belfry-inbox>` in the JSX of React 19 and in Vue's templates. Neither has to be
// installed: the declarations use none of their types.

import type { Counts } from "../client/inbox.ts";
import type { Client, TokenSource } from "../client/index.ts";
import type { BelfryInbox } from "./element.ts";
import type { Labels } from "./labels.ts";
import type { NotificationDetail } from "./session.ts";
import type { InboxLike } from "./source.ts";

/** The attributes and properties that have the same names in every framework. */
export interface InboxAttributes {
  url?: string | undefined;
  "token-url"?: string | undefined;
  token?: TokenSource | null | undefined;
  client?: Client | InboxLike | null | undefined;
  labels?: Partial<Labels> | undefined;
  open?: boolean | undefined;
  inline?: boolean | "" | undefined;
  categories?: string | undefined;
  badge?: "unread" | "unseen" | undefined;
  "no-toasts"?: boolean | "" | undefined;
  "no-hover-read"?: boolean | "" | undefined;
  lang?: string | undefined;
  id?: string | undefined;
  slot?: string | undefined;
  hidden?: boolean | undefined;
  dir?: string | undefined;
  title?: string | undefined;
}

type Handler<Detail> = ((event: CustomEvent<Detail>) => void) | undefined;

/** The props in React 19, where a listener is named `on` and the event's name. */
export interface ReactInboxProps extends InboxAttributes {
  key?: string | number | bigint | null | undefined;
  ref?:
    | ((element: BelfryInbox | null) => void)
    | { current: BelfryInbox | null }
    | null
    | undefined;
  children?: unknown;
  className?: string | undefined;
  style?: object | undefined;
  suppressHydrationWarning?: boolean | undefined;
  "onbelfry-open"?: Handler<null>;
  "onbelfry-close"?: Handler<null>;
  "onbelfry-notification"?: Handler<NotificationDetail>;
  "onbelfry-counts"?: Handler<Counts>;
}

/** The props in Vue, where `@belfry-open` is `onBelfryOpen`. */
export interface VueInboxProps extends InboxAttributes {
  onBelfryOpen?: Handler<null>;
  onBelfryClose?: Handler<null>;
  onBelfryNotification?: Handler<NotificationDetail>;
  onBelfryCounts?: Handler<Counts>;
}

// biome-ignore lint/suspicious/noTsIgnore: where the module is installed there is no error to expect.
/** @ts-ignore An app without React has no such module. */
declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "belfry-inbox": ReactInboxProps;
    }
  }
}

// biome-ignore lint/suspicious/noTsIgnore: where the module is installed there is no error to expect.
/** @ts-ignore An app without Vue has no such module. */
declare module "vue" {
  interface GlobalComponents {
    BelfryInbox: new () => { $props: VueInboxProps };
  }
}
