// belfry doctor: checks the address, the hub, the scopes of the key, the round trip of a message, and the
// clock. Each check prints one line, with the fix where one is known.

import { randomUUID } from "node:crypto";
import { createHub, HubError } from "../client/server.ts";
import { SCOPES, type Scope } from "../protocol/api-key.ts";
import { callHub } from "./call-hub.ts";
import type { Call, Command } from "./command.ts";
import { explain, PartlyRefusedError, UnreachableError } from "./failure.ts";
import type { Target } from "./find-hub.ts";
import { roundTrip } from "./round-trip.ts";

/** With a larger clock skew a new token may count as expired, or as not yet valid. */
const SKEW_MS_MAX = 5_000;

export const doctor: Command = {
  name: "doctor",
  operands: "",
  count: [0, 0],
  about: "Checks the hub, the key, and the way of a message to a new user.",
  details: "What it leaves behind ends within a minute, or at once if the key may manage.",
  options: {},
  examples: ["belfry doctor"],
  run: examine,
};

interface Finding {
  check: string;
  outcome: "ok" | "failed" | "skipped";
  detail: string;
  fix?: string;
}

async function examine({ output, hub }: Call): Promise<void> {
  const target = await hub();
  let failed = 0;
  const tell = async (finding: Finding) => {
    if (finding.outcome === "failed") failed += 1;
    const { check, outcome, detail, fix } = finding;
    const mark = { ok: "ok     ", failed: "FAILED ", skipped: "skipped" }[outcome];
    const todo = fix === undefined ? "" : `. ${fix}`;
    await output.result(finding, `${mark}  ${check.padEnd(10)}  ${detail}${todo}`);
    return outcome === "ok";
  };

  await tell({ check: "address", outcome: "ok", detail: `${target.url}, from ${target.found}` });
  const reached = await checkHealth(target);
  await tell(reached.finding);
  if (reached.cause !== null) throw reached.cause;
  const user = `doctor-${randomUUID()}`;
  const { findings, scopes } = await checkKey(target, user);
  for (const finding of findings) await tell(finding);
  const lacking = (["publish", "tokens"] as const).filter((scope) => !scopes.has(scope));
  if (lacking.length > 0)
    await tell({
      check: "round trip",
      outcome: "skipped",
      detail: `it needs a key of this hub with ${lacking.join(" and ")}`,
    });
  else for (const finding of await checkRoundTrip(target, user)) await tell(finding);
  if (scopes.has("manage")) await callHub(target, "DELETE", `users/${user}`);
  if (failed > 0) throw new PartlyRefusedError(`${failed} of the checks failed`);
}

async function checkHealth(
  target: Target,
): Promise<{ finding: Finding; cause: UnreachableError | null }> {
  const began = performance.now();
  const check = "reachable";
  try {
    const health = (await callHub(target, "GET", "health")) as { status?: string } | null;
    if (health?.status !== "ok") throw new SyntaxError("it does not say that it is a hub");
    const detail = `it answered within ${ms(performance.now() - began)}`;
    return { finding: { check, outcome: "ok", detail }, cause: null };
  } catch (cause) {
    const text = explain(cause, target.url)?.text ?? String(cause);
    return {
      finding: { check, outcome: "failed", detail: text },
      cause: new UnreachableError("nothing else can be checked"),
    };
  }
}

/** Returns the scopes of the key. Each scope is probed by a call that changes nothing. */
async function checkKey(
  target: Target,
  user: string,
): Promise<{ findings: Finding[]; scopes: ReadonlySet<Scope> }> {
  const scopes = new Set<Scope>();
  const faults: HubError[] = [];
  const asks: Record<Scope, () => Promise<unknown>> = {
    read: () => callHub(target, "GET", `users/${user}/notifications?limit=1`),
    publish: () => maySendNothing(target),
    // The user is new, so there are no connections to close.
    manage: () => callHub(target, "DELETE", `users/${user}/connections`),
    tokens: () => createHub({ ...target, tries: 1 }).mintToken({ user, ttl: 60 }),
  };
  for (const scope of SCOPES) {
    try {
      await asks[scope]();
      scopes.add(scope);
    } catch (cause) {
      if (!(cause instanceof HubError)) throw cause;
      if (cause.code !== "insufficient_scope") faults.push(cause);
    }
  }
  const unknown = faults.find(({ code }) => code === "unauthorized" || code === "not_configured");
  if (unknown !== undefined) {
    const finding = { check: "key", outcome: "failed", detail: unknown.message } as const;
    return { findings: [finding], scopes };
  }
  const lacks = SCOPES.filter((scope) => !scopes.has(scope));
  const may = `it may ${[...scopes].join(", ") || "do nothing"}`;
  const detail = lacks.length === 0 ? may : `${may}; not ${lacks.join(", ")}`;
  const findings: Finding[] = [{ check: "key", outcome: "ok", detail }];
  for (const { message, code, temporary } of faults) {
    // A lasting error means that the hub is not set up for this call. A temporary error, or an answer
    // that does not come from the hub, is a failure.
    const outcome = temporary || code === "not_the_hub" ? "failed" : "skipped";
    findings.push({ check: "key", outcome, detail: message });
  }
  return { findings, scopes };
}

/** Probes the scope `publish`: the hub checks it first, and then refuses the empty list. */
async function maySendNothing(target: Target): Promise<void> {
  try {
    await createHub({ ...target, tries: 1 }).publishMany([]);
  } catch (cause) {
    if (!(cause instanceof HubError && cause.code === "bad_request")) throw cause;
  }
}

async function checkRoundTrip(target: Target, user: string): Promise<Finding[]> {
  const check = "round trip";
  try {
    const { tookMs, skewMs } = await roundTrip(target, user);
    return [
      { check, outcome: "ok", detail: `published and received within ${ms(tookMs)}` },
      clockFinding(skewMs),
    ];
  } catch (cause) {
    const text = explain(cause, target.url)?.text ?? (cause as Error).message;
    return [{ check, outcome: "failed", detail: text }];
  }
}

function clockFinding(skewMs: number): Finding {
  const detail = `this machine's is ${ms(Math.abs(skewMs))} ${skewMs < 0 ? "behind" : "ahead"}`;
  if (Math.abs(skewMs) <= SKEW_MS_MAX) return { check: "clock", outcome: "ok", detail };
  const fix = "Set it by NTP: tokens that are signed here are refused, or end early";
  return { check: "clock", outcome: "failed", detail, fix };
}

const ms = (duration: number) => `${Math.round(duration)} ms`;
