// npm run smoke -- <url> <API key> [<seconds idle>]: checks a deployed hub from outside. Publishes to a
// user made for it, receives, stays idle until the object has gone to sleep, receives again, resumes,
// cleans up. Exits with 0 when all checks passed, 1 when one failed, 2 for wrong arguments.

export {};

const ANSWER_MS = 10_000;

const [url, key, idle = "15"] = process.argv.slice(2);
if (url === undefined || !URL.canParse(url) || key === undefined || !/^\d+$/.test(idle)) {
  console.error("npm run smoke -- <url of the hub> <API key with all scopes> [<seconds idle>]");
  process.exit(2);
}
const user = `smoke-${crypto.randomUUID()}`;

async function call(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(new URL(path, url), {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return text === "" ? null : JSON.parse(text);
}

const publish = (title: string) =>
  call("POST", `/v1/users/${user}/notifications`, { id: title, notification: { title } });

interface Frame {
  type: string;
  epoch: string;
  to: number;
  recovered?: boolean;
  messages?: { notification: { title: string } }[];
}

const sockets: WebSocket[] = [];

/** Opens a socket. `next` waits for the next frame, and throws an error unless it has that type. */
function connect(token: string, since: string) {
  const address = new URL(`/v1/connect?since=${since}`, url);
  address.protocol = address.protocol.replace("http", "ws");
  const ws = new WebSocket(address, ["belfry.v1", `bearer.${token}`]);
  sockets.push(ws);
  const frames: Frame[] = [];
  let wake: () => void = () => undefined;
  ws.onmessage = ({ data }) => {
    frames.push(JSON.parse(String(data)) as Frame);
    wake();
  };
  ws.onclose = ({ code }) => {
    frames.push({ type: `closed ${code}`, epoch: "", to: 0 });
    wake();
  };
  const next = async (type: string): Promise<Frame> => {
    const late = setTimeout(() => {
      frames.push({ type: `nothing within ${ANSWER_MS / 1000} s`, epoch: "", to: 0 });
      wake();
    }, ANSWER_MS);
    while (frames.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    clearTimeout(late);
    const frame = frames.shift() as Frame;
    if (frame.type === type) return frame;
    throw new Error(`waited for ${type}, got ${JSON.stringify(frame)}`);
  };
  return { ws, next };
}

function expect(what: string, is: unknown, wanted: unknown): void {
  if (is !== wanted) throw new Error(`${what}: expected ${wanted}, got ${is}`);
  console.log(`ok  ${what}`);
}

/** A failed `fetch` holds the actual reason in `cause`. */
const whyOf = ({ message, cause }: Error) =>
  cause instanceof Error ? `${message}: ${cause.message}` : message;

const titleOf = (frame: Frame) => frame.messages?.map((m) => m.notification.title).join(",");

try {
  const { token } = (await call("POST", "/v1/tokens", { user, ttl: 300 })) as { token: string };
  const first = connect(token, "latest");
  await first.next("connected");
  await publish("one");
  expect("a message arrives", titleOf(await first.next("messages")), "one");
  console.log(`..  idle for ${idle} s, so that the object goes to sleep`);
  await new Promise((resolve) => setTimeout(resolve, Number(idle) * 1000));
  await publish("two");
  const { epoch, to } = await first.next("messages").then((frame) => {
    expect("a message wakes it and arrives", titleOf(frame), "two");
    return frame;
  });
  first.ws.close();
  await publish("three");
  await publish("three");
  const second = connect(token, `${epoch}:${to}`);
  expect("it resumes", (await second.next("connected")).recovered, true);
  expect("with what was missed, once", titleOf(await second.next("messages")), "three");
  second.ws.close(1000);
  await second.next("closed 1000");
  await call("DELETE", `/v1/users/${user}`);
  console.log("The hub works.");
} catch (cause) {
  console.error(`FAILED  ${whyOf(cause as Error)}`);
  process.exitCode = 1;
  await call("DELETE", `/v1/users/${user}`).catch(() =>
    console.error(`..      the user ${user} may be left: it was made for this check`),
  );
} finally {
  // An open socket would keep the process alive.
  for (const ws of sockets) ws.close();
}
