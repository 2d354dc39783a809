// How much a log keeps.

export interface Retention {
  messagesMax: number;
  ageMs: number;
}
