// The problem of a refused call: the hub's own (RFC 9457), or one made from another server's answer.

export interface Problem {
  title: string;
  code: string;
  fix: string;
  temporary: boolean;
  field?: string;
  request_id?: string;
}

/** Returns the problem of a refused call. A proxy in the hub's place may send other formats. */
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

/** Returns the hub's problem, or null if the text is none: other servers send JSON, too. */
function parseProblem(text: string): Problem | null {
  try {
    const problem = JSON.parse(text) as Partial<Problem> | null;
    const isHubs = typeof problem?.title === "string" && typeof problem.code === "string";
    return isHubs ? (problem as Problem) : null;
  } catch {
    return null;
  }
}
