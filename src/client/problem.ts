// What a refused call is told: the hub's own problem (RFC 9457), or what something in its place said.

export interface Problem {
  title: string;
  code: string;
  fix: string;
  temporary: boolean;
  field?: string;
  request_id?: string;
}

/** What answers in the hub's place, such as a proxy, may not speak its language. */
export async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text();
  const { status } = response;
  return (
    parseProblem(text) ?? {
      title: `HTTP ${status}`,
      code: "not_the_hub",
      fix: text.slice(0, 200),
      temporary: status === 429 || status >= 500,
    }
  );
}

/** Null where it is not a hub's: others have JSON too. */
function parseProblem(text: string): Problem | null {
  try {
    const problem = JSON.parse(text) as Partial<Problem> | null;
    const isHubs = typeof problem?.title === "string" && typeof problem.code === "string";
    return isHubs ? (problem as Problem) : null;
  } catch {
    return null;
  }
}
