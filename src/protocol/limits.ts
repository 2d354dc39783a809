// The limits and intervals that a client or a backend can meet, each with its unit in its name. The
// deployer's own limits (how much a log keeps) are vars: see ../settings/settings.ts.

/** One message as the hub prints it, in UTF-8. */
export const MESSAGE_BYTES_MAX = 64 * 1024;
/** One HTTP request body, checked before it is parsed. */
export const BODY_BYTES_MAX = 1024 * 1024;
/** How much of an unneeded body is read before its request is answered, and for how long. */
export const DRAIN_BYTES_MAX = 8 * BODY_BYTES_MAX;
export const DRAIN_MS = 3_000;
/** One WebSocket frame, in or out. A longer `messages` frame is split (protocol rule CUR9). */
export const FRAME_BYTES_MAX = 256 * 1024;
/** Messages in one published list. */
export const LIST_MESSAGES_MAX = 1000;
/** Addresses in one publish: each is a durable write of its own, with its outcome in the reply. */
export const ADDRESSES_MAX = 500;
/** The depth of objects and arrays in a body. More depth serves only to exhaust a stack. */
export const NESTING_MAX = 32;

export const ID_BYTES_MAX = 255;
export const CAPS_BYTES_MAX = 4 * 1024;
/** A token travels in a header or a sub-protocol, and its claims in a socket's attachment. */
export const TOKEN_BYTES_MAX = 8 * 1024;
export const NAME_LENGTH_MAX = 128;
/** Longest `ttl` of a message. As a rule, the age limit of the log ends the message sooner. */
export const TTL_SECONDS_MAX = 10 * 365 * 86_400;

/** Open connections of one user. */
export const CONNECTIONS_MAX = 100;
/** Topics that one connection may subscribe to, and topics that one event stream may name. */
export const TOPICS_MAX = 100;
export const STREAM_TOPICS_MAX = 10;
/** The state of a connection through hibernation, as JSON: the platform allows 16,384 bytes. */
export const ATTACHMENT_BYTES_MAX = 15_000;
/** Topics that one user follows, and members that one topic delivers to. */
export const FOLLOWS_MAX = 1_000;
export const MEMBERS_MAX = 10_000;
/** Messages on one page of a list or a history. */
export const PAGE_MAX = 100;
/**
 * A longer replay becomes a snapshot instead, since a replay is built in memory for each socket.
 */
export const REPLAY_UNITS_MAX = 4 * 1024 * 1024;
/**
 * UTF-16 units after which a page in a reply takes no further message. A reply is one frame and never
 * split: three bytes for each unit, and one message more, are below FRAME_BYTES_MAX.
 */
export const FRAME_PAGE_UNITS_MAX = 60 * 1024;
/** Messages in a snapshot (the newest that are not archived). */
export const SNAPSHOT_MESSAGES = 50;
/** Offsets named in one state change. */
export const OFFSETS_MAX = 1000;

/** Frames a socket may send in a second before it is closed with 4008. */
export const FRAMES_PER_SECOND = 30;
/**
 * Unreadable frames that a socket may send at once, and in each minute after that. One more closes it with
 * 4502.
 */
export const UNREADABLE_FRAMES_MAX = 9;
export const UNREADABLE_FRAMES_PER_MINUTE = 1;
/** How often a client sends the text `ping`. */
export const PING_SECONDS = 30;
/**
 * A socket that has pinged before and is then silent for this long is gone: it missed three pings.
 */
export const SILENCE_MS = 3 * PING_SECONDS * 1000;
/**
 * A socket that has sent nothing for this long since it came may make room for another of its user.
 */
export const UNHEARD_MS = 10_000;
/** A socket is too slow when two checks, SLOW_MS apart, find its unsent bytes above this. */
export const BUFFERED_BYTES_MAX = 1024 * 1024;
export const SLOW_MS = 5_000;
/** Unsent bytes of all sockets of an object together, which has 128 MB of memory. */
export const UNSENT_BYTES_MAX = 32 * 1024 * 1024;
/**
 * UTF-16 units of topics' messages that a user may be sent in replays: at once, and in each second after
 * that.
 */
export const REPLAYED_UNITS_MAX = 32 * 1024 * 1024;
export const REPLAYED_UNITS_PER_SECOND = 1024 * 1024;
/**
 * Topics that a user may join, follow or leave: at once, and in each second after that. Three connections
 * with 100 topics each can begin at once. An hour of such changes writes 19,500 rows. An inbox that has
 * just woken allows the topics of one connection and ten more, so that letting an inbox sleep gains
 * nothing.
 */
export const MEMBERSHIP_CHANGES_MAX = 300;
export const MEMBERSHIP_CHANGES_PER_SECOND = 1;
export const MEMBERSHIP_CHANGES_WOKEN = TOPICS_MAX + 10;
/** Follows among these changes, which cost most and are counted across hibernation. */
export const FOLLOW_CHANGES_MAX = 300;
export const FOLLOW_CHANGES_PER_SECOND = 1 / 4;
/** Joined topics that an inbox remembers: coming back to one of them is no change. */
export const TOPICS_KNOWN_MAX = 1_000;
/**
 * How many times its user may change all rows of an inbox at once. Each minute allows one time more.
 */
export const MARKED_TIMES_MAX = 10;
/**
 * The window over which clients spread their first reconnect: it grows with the number of sockets.
 */
export const RECONNECT_SPREAD_SECONDS = 5;
export const RECONNECT_SPREAD_SECONDS_MAX = 60;
/** Connects in a second that an object accepts without trouble. */
export const RECONNECTS_PER_SECOND = 200;

/** Upper limits of the settings for how much a log keeps. */
export const RETENTION_MESSAGES_MAX = 100_000;
export const RETENTION_DAYS_MAX = 3_650;
export const DAY_MS = 86_400_000;

/**
 * How long a (source, id) is remembered after its publish, and how many of them a log remembers.
 */
export const IDENTITY_MS = 86_400_000;
export const IDENTITIES_MAX = 100_000;

/** Maximum age of a token in a URL: URLs end up in logs. */
export const URL_TOKEN_AGE_SECONDS_MAX = 300;
/** An event stream ends after this long, and the client comes back with its cursor. */
export const STREAM_SECONDS_MAX = 15 * 60;
/**
 * Interval of the comments on an event stream: a write that fails shows that the reader is gone.
 */
export const STREAM_COMMENT_MS = 25_000;
