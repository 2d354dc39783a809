// The log lines of the hub: one JSON object each, with the name of the event first.

/** Writes a log line about a failure. The caller goes on. */
export function report(event: string, fields: Record<string, unknown>, cause?: unknown): void {
  const why = cause === undefined ? {} : { cause: String(cause) };
  console.error(JSON.stringify({ event, ...fields, ...why }));
}
