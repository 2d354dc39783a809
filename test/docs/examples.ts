// The parts of a page of the documentation: headings, and each call with the reply printed under it.

export interface Example {
  /** The nearest heading above, without its marks. */
  heading: string;
  command: string;
  reply: Reply;
}

export interface Reply {
  status: number;
  headers: [string, string][];
  body: string;
}

const HEADING = /^#{1,6} (.*)$/;
const FENCE = /^```(\w*)$/;

/** Returns the examples of a page, in order. Throws when a call has no reply under it. */
export function examplesOf(markdown: string): Example[] {
  const examples: Example[] = [];
  let heading = "";
  let command: string | null = null;
  const lines = markdown.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    heading = HEADING.exec(line)?.[1]?.replaceAll("`", "") ?? heading;
    const language = FENCE.exec(line)?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf("```", i + 1);
    const text = lines.slice(i + 1, end).join("\n");
    i = end;
    if (language === "sh" && text.startsWith("curl ")) {
      if (command !== null) throw new Error(`no reply is printed under: ${command}`);
      command = text;
    } else if (language === "http") {
      if (command === null) throw new Error(`a reply without a call: ${text}`);
      examples.push({ heading, command, reply: parseReply(text) });
      command = null;
    }
  }
  return examples;
}

export function headingsOf(markdown: string): string[] {
  return markdown
    .split("\n")
    .map((line) => HEADING.exec(line)?.[1]?.replaceAll("`", ""))
    .filter((heading) => heading !== undefined);
}

/** Parses `HTTP 201`, header lines, an empty line, and the body. */
function parseReply(text: string): Reply {
  const [head = "", ...rest] = text.split("\n\n");
  const [first = "", ...headers] = head.split("\n");
  const status = /^HTTP (\d{3})$/.exec(first)?.[1];
  if (status === undefined) throw new Error(`a reply begins with its status: ${text}`);
  return {
    status: Number(status),
    headers: headers.map((line) => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
    body: rest.join("\n\n"),
  };
}
