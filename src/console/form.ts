// The form: the message to publish, and the code that publishes the same.

import type { Message, Notification } from "../protocol/message.ts";
import { find, write } from "./dom.ts";
import { pathOf } from "./hub.ts";
import { type Draft, type Language, printLine } from "./lines.ts";
import { answerOf, type Publish, toneOf } from "./publishes.ts";

export interface FormOptions {
  origin: string;
  /** Returns a unique id for a message. */
  newId(): string;
  /** Publishes; resolves when the hub has answered. */
  send(draft: Draft, count: number): Promise<Publish>;
}

const MANY = 50;
const COPIED_MS = 1_500;
/** Longer, since a user has to read that the copy failed, and then copy by hand. */
const REFUSED_MS = 6_000;

export function startForm({ origin, newId, send }: FormOptions): void {
  const form = find<HTMLFormElement>("#form");
  const line = find("#line");
  const fault = find("#fault");
  const outcome = find("#outcome");
  const again = find<HTMLButtonElement>("#again");
  const copy = find<HTMLButtonElement>("#copy");
  const idField = form.elements.namedItem("id") as HTMLInputElement;
  let last: Draft | undefined;
  let sent = 0;

  function language(): Language {
    return find<HTMLInputElement>("#language input:checked").value as Language;
  }

  function show() {
    const { draft, wrong } = readForm(new FormData(form));
    write(fault, wrong ?? "");
    for (const name of ["to", "data", "ttl"])
      (form.elements.namedItem(name) as HTMLInputElement).setAttribute(
        "aria-invalid",
        `${wrong?.toLowerCase().startsWith(name) ?? false}`,
      );
    if (wrong === null) write(line, printLine(language(), origin, draft));
  }

  /** Sends a draft and shows the outcome beside the buttons; a later send replaces it. */
  async function tell(draft: Draft, count: number) {
    sent += 1;
    const number = sent;
    write(outcome, "…");
    outcome.className = "";
    const publish = await send(draft, count);
    if (number !== sent) return;
    write(outcome, answerOf(publish));
    outcome.className = toneOf(publish);
  }

  /**
   * Publishes the draft that the code shows. The form then takes a new id, or the hub would count the next
   * publish as a duplicate.
   */
  function publish(count: number) {
    const { draft, wrong } = readForm(new FormData(form));
    show();
    if (wrong !== null) return;
    const { id = newId() } = draft.message;
    if (count === 1) last = draft;
    again.disabled = last?.message.id === undefined;
    tell(count === 1 ? draft : { ...draft, message: { ...draft.message, id } }, count);
    if (idField.value !== "") idField.value = newId();
    show();
  }

  idField.value = newId();
  form.addEventListener("input", show);
  find("#language").addEventListener("input", show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    publish(1);
  });
  again.addEventListener("click", () => last && tell(last, 1));
  find("#many").addEventListener("click", () => publish(MANY));
  copy.addEventListener("click", async () => {
    const isCopied = await copied(line.textContent);
    // Select the code, so that one key copies it.
    if (!isCopied) getSelection()?.selectAllChildren(line);
    write(copy, isCopied ? "Copied" : "Refused: it is selected");
    setTimeout(() => write(copy, "Copy"), isCopied ? COPIED_MS : REFUSED_MS);
  });
  show();
}

/**
 * Copies a text; returns whether the clipboard took it. A browser may forbid it, and a page over plain HTTP
 * has no clipboard unless it is local.
 */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Takes the fields; returns the draft, and the first fault as a sentence for the user, or null. */
function readForm(data: FormData): { draft: Draft; wrong: string | null } {
  const text = (name: string) => `${data.get(name) ?? ""}`;
  const given = (name: string) => (text(name) === "" ? undefined : text(name));
  const notification = withoutAbsent({
    title: given("title"),
    body: given("body"),
    url: given("url"),
  }) as Notification;
  const json = parse(text("data"));
  const ttl = text("ttl").trim();
  const message = withoutAbsent({
    id: given("id"),
    type: given("type"),
    notification: Object.keys(notification).length > 0 ? notification : undefined,
    data: json.value,
    ttl: ttl === "" ? undefined : Number(ttl),
  }) as Message;
  const draft = { to: text("to").trim(), message };
  if (pathOf(draft.to) === null) return { draft, wrong: "To is user:<id> or topic:<name>." };
  if (json.wrong) return { draft, wrong: `Data is not JSON: ${json.wrong}` };
  if (message.ttl !== undefined && !(Number.isInteger(message.ttl) && message.ttl >= 0))
    return { draft, wrong: "TTL is a whole number of seconds; 0 is live only." };
  return { draft, wrong: null };
}

function parse(text: string): { value?: unknown; wrong?: string } {
  if (text.trim() === "") return {};
  try {
    return { value: JSON.parse(text) };
  } catch (cause) {
    return { wrong: (cause as Error).message };
  }
}

function withoutAbsent(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
