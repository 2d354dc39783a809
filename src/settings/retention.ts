// The retention of a log: how many messages it keeps, and for how long.

export interface Retention {
  messagesMax: number;
  ageMs: number;
}
