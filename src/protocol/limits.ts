// Every cap and interval that a client or a backend can run into, with its unit in its name.
// The deployer's own limits (how much a log keeps) are vars: see ../settings.ts.

/** One message as the hub prints it, in UTF-8. */
export const MESSAGE_BYTES_MAX = 64 * 1024;
/** One HTTP request body. Checked before anything is parsed. */
export const BODY_BYTES_MAX = 1024 * 1024;
/** What is read of a body that is not needed before its request is answered, and for how long. */
export const DRAIN_BYTES_MAX = 8 * BODY_BYTES_MAX;
export const DRAIN_MS = 3_000;
/** One WebSocket frame, in or out. A longer `messages` frame is split (protocol rule CUR9). */
export const FRAME_BYTES_MAX = 256 * 1024;
/** Messages in one published list. */
export const LIST_MESSAGES_MAX = 1000;
/** Addresses in one publish: each is a durable write of its own and has its outcome in the reply. */
export const ADDRESSES_MAX = 500;
/** Objects and arrays inside one another in a body; more serves only to exhaust a stack. */
export const NESTING_MAX = 32;

export const ID_BYTES_MAX = 255;
export const CAPS_BYTES_MAX = 4 * 1024;
/** A token is carried in a header or a sub-protocol, and its claims in a socket's attachment. */
export const TOKEN_BYTES_MAX = 8 * 1024;
export const NAME_LENGTH_MAX = 128;
/** Longest `ttl` a message may ask for; the log's own age ends it sooner as a rule. */
export const TTL_SECONDS_MAX = 10 * 365 * 86_400;

/** Open connections of one user. */
export const CONNECTIONS_MAX = 100;
/** Topics that one connection subscribes to, and those that an event stream can name. */
export const TOPICS_MAX = 100;
export const STREAM_TOPICS_MAX = 10;
/** What a connection carries through hibernation, as JSON: the platform takes 16,384 bytes. */
export const ATTACHMENT_BYTES_MAX = 15_000;
/** Topics that one user follows, and members that one topic delivers to. */
export const FOLLOWS_MAX = 1_000;
export const MEMBERS_MAX = 10_000;
/** Messages on one page of a list or a history. */
export const PAGE_MAX = 100;
/** A replay longer than this is a snapshot instead: it would be built in memory for each socket. */
export const REPLAY_UNITS_MAX = 4 * 1024 * 1024;
/**
 * UTF-16 units after which a page that is answered in a frame, which is not split, takes no further
 * message: three bytes each, and one message more, are below FRAME_BYTES_MAX.
 */
export const FRAME_PAGE_UNITS_MAX = 60 * 1024;
/** Messages in a snapshot (the newest that are not archived). */
export const SNAPSHOT_MESSAGES = 50;
/** Offsets named in one state change. */
export const OFFSETS_MAX = 1000;

/** Frames a socket may send in a second before it is closed with 4008. */
export const FRAMES_PER_SECOND = 30;
/** Unreadable frames that a socket may send at once, and each minute after that; one more ends it with 4502. */
export const UNREADABLE_FRAMES_MAX = 9;
export const UNREADABLE_FRAMES_PER_MINUTE = 1;
/** How often a client sends the text `ping`. */
export const PING_SECONDS = 30;
/** A socket that has pinged before and is silent this long is gone: three pings missed. */
export const SILENCE_MS = 3 * PING_SECONDS * 1000;
/** A socket that has sent nothing for so long after it came may make room for another of its user. */
export const UNHEARD_MS = 10_000;
/** A socket whose unsent bytes are above this, twice and SLOW_MS apart, is too slow. */
export const BUFFERED_BYTES_MAX = 1024 * 1024;
export const SLOW_MS = 5_000;
/** What may lie unsent for all sockets of an object together: it has 128 MB. */
export const UNSENT_BYTES_MAX = 32 * 1024 * 1024;
/** UTF-16 units of topics' messages that one user is replayed: at once, and each second after that. */
export const REPLAYED_UNITS_MAX = 32 * 1024 * 1024;
export const REPLAYED_UNITS_PER_SECOND = 1024 * 1024;
/**
 * Topics that a user asks to join, to follow or to leave: at once, and each second after that. Three
 * connections with 100 topics each begin at once; an hour of it writes 19,500 rows. After a rest one
 * connection may, and go over to some others, so that it is not worth while to let an inbox rest.
 */
export const MEMBERSHIP_CHANGES_MAX = 300;
export const MEMBERSHIP_CHANGES_PER_SECOND = 1;
export const MEMBERSHIP_CHANGES_WOKEN = TOPICS_MAX + 10;
/** Those of them that follow, which are the dearest: they are counted across rests. */
export const FOLLOW_CHANGES_MAX = 300;
export const FOLLOW_CHANGES_PER_SECOND = 1 / 4;
/** Topics that an inbox remembers to have joined: coming back to one of them is no change. */
export const TOPICS_KNOWN_MAX = 1_000;
/** How many times over an inbox's rows are changed by its user: at once, and each minute after that. */
export const MARKED_TIMES_MAX = 10;
/** The window over which clients spread their first reconnect after a loss: it grows with the crowd. */
export const RECONNECT_SPREAD_SECONDS = 5;
export const RECONNECT_SPREAD_SECONDS_MAX = 60;
/** How many connects a second an object takes in without trouble. */
export const RECONNECTS_PER_SECOND = 200;

/** How much a log may be told to keep at most. */
export const RETENTION_MESSAGES_MAX = 100_000;
export const RETENTION_DAYS_MAX = 3_650;
export const DAY_MS = 86_400_000;

/** How long a (source, id) is remembered from its publish, and how many a log remembers. */
export const IDENTITY_MS = 86_400_000;
export const IDENTITIES_MAX = 100_000;

/** A token in a URL may be this old: URLs end up in logs. */
export const URL_TOKEN_AGE_SECONDS_MAX = 300;
/** An event stream is ended after this long; the client comes back with its cursor. */
export const STREAM_SECONDS_MAX = 15 * 60;
/** The comment whose failing write tells that the reader of an event stream is gone. */
export const STREAM_COMMENT_MS = 25_000;
