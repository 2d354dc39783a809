// Checks that no compiler makes: rules and tests name each other, folders import in one direction, files
// stay small, and pages point to things that exist.

import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** Returns the files below a folder with one of the endings, as paths from the root. */
function filesOf(folder: string, ...endings: string[]): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((path) => !/^bench\/out\/|\/node_modules\/|\/\.(next|quick-starts)\//.test(path))
    .sort();
}

const THIS = relative(ROOT, import.meta.filename);
const SOURCES = filesOf("src", ".ts");

describe("rules", () => {
  const tests = filesOf("test", ".test.ts").filter((path) => path !== THIS);
  const ruled = idsOf(read("docs/protocol.md"), /\*\*([A-Z]{3}\d{1,2})\*\*/g);
  const named = tests.flatMap((path) => idsInNames(read(path)).map((id) => ({ id, path })));

  function idsOf(text: string, pattern: RegExp): string[] {
    return [...text.matchAll(pattern)].map(([, id = ""]) => id);
  }

  /** `[ABC12]` at the beginning of a string, alone or with others. */
  function idsInNames(source: string): string[] {
    const names = source.matchAll(/["'`]((?:\[[A-Z]{3}\d{1,2}\] ?)+)/g);
    return [...names].flatMap(([, ids = ""]) => idsOf(ids, /\[([A-Z]{3}\d{1,2})\]/g));
  }

  it("each rule of docs/protocol.md is written once", () => {
    expect(ruled.length).toBeGreaterThan(60);
    expect(ruled.filter((id, i) => ruled.indexOf(id) !== i)).toEqual([]);
  });

  it("each rule of docs/protocol.md is named by a test", () => {
    const tested = new Set(named.map(({ id }) => id));
    expect(ruled.filter((id) => !tested.has(id))).toEqual([]);
  });

  it("each rule that a test names is in docs/protocol.md", () => {
    expect(named.filter(({ id }) => !ruled.includes(id))).toEqual([]);
  });

  it("each rule that a comment names is in docs/protocol.md", () => {
    const cited = SOURCES.flatMap((path) =>
      idsOf(read(path), /\brules? ([A-Z]{3,}\d+)/g).map((id) => ({ id, path })),
    );
    expect(cited.filter(({ id }) => !ruled.includes(id))).toEqual([]);
  });
});

interface Import {
  from: string;
  to: string;
  isType: boolean;
}

describe("imports", () => {
  const imports = SOURCES.flatMap(importsOf);

  function importsOf(from: string): Import[] {
    const statements = read(from).matchAll(
      /^(?:import|export)\s+(type\s+)?([^;]*?)\s*from\s+"(\.[^"]+)";/gm,
    );
    return [...statements].map(([, type, names = "", path = ""]) => ({
      from,
      to: normalize(join(dirname(from), path)),
      isType: type !== undefined || namesTypesOnly(names),
    }));
  }

  /** `{ type A, type B }` */
  function namesTypesOnly(names: string): boolean {
    const inBraces = /^\{([^}]*)\}$/.exec(names)?.[1] ?? "value";
    const each = inBraces.split(",").map((name) => name.trim());
    return each.filter((name) => name !== "").every((name) => name.startsWith("type "));
  }

  /** `src/log/log.ts` is of `log`, `src/worker.ts` of `worker.ts`. */
  const roomOf = (path: string) => path.split("/")[1] as string;

  /** The rooms, each with those that it may import: all of them stand further down. */
  const ROOMS: Record<string, readonly string[]> = {
    cli: ["client", "console", "operate", "protocol"],
    operate: ["console", "protocol"],
    console: ["client", "element", "protocol"],
    element: ["client"],
    client: ["protocol"],
    "worker.ts": ["edge", "inbox", "topic"],
    edge: ["publish", "trust", "objects", "socket", "log", "settings", "protocol"],
    inbox: ["publish", "live", "trust", "objects", "socket", "log", "settings", "protocol"],
    topic: [
      ...["publish", "delivery", "live", "trust", "objects", "socket", "log", "settings"],
      "protocol",
    ],
    publish: ["handlers.ts", "trust", "objects", "socket", "log", "protocol"],
    "handlers.ts": ["protocol"],
    delivery: ["live", "objects", "log", "protocol"],
    live: ["socket", "log", "protocol"],
    trust: ["settings", "protocol"],
    objects: ["log", "settings", "protocol"],
    socket: ["protocol"],
    log: ["settings", "protocol"],
    settings: ["protocol"],
    protocol: [],
  };
  const between = imports.filter(({ from, to }) => roomOf(from) !== roomOf(to));

  it("run downward through the rooms", () => {
    const order = Object.keys(ROOMS);
    for (const [room, below] of Object.entries(ROOMS))
      expect(below.filter((each) => order.indexOf(each) <= order.indexOf(room))).toEqual([]);
    expect(between.filter(({ from, to }) => !ROOMS[roomOf(from)]?.includes(roomOf(to)))).toEqual(
      [],
    );
  });

  it("are all needed", () => {
    const unused = Object.entries(ROOMS).flatMap(([room, below]) =>
      below.filter(
        (each) => !between.some(({ from, to }) => roomOf(from) === room && roomOf(to) === each),
      ),
    );
    expect(unused).toEqual([]);
  });

  /** An app loads none of the hub's code, only its types. */
  it("leave nothing of the protocol in the code of an app", () => {
    const inApps = between.filter(
      ({ from, to }) => /^src\/(client|console)\//.test(from) && roomOf(to) === "protocol",
    );
    expect(inApps.filter(({ isType }) => !isType)).toEqual([]);
  });

  it("make no circle of files, not even of types", () => {
    const next = new Map<string, string[]>();
    for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
    expect(SOURCES.map((start) => circleFrom(start, next)).filter((path) => path !== null)).toEqual(
      [],
    );
  });

  /** Returns the path of imports from a file back to itself, or null. */
  function circleFrom(start: string, next: Map<string, string[]>): string[] | null {
    const seen = new Set<string>();
    const walk = (path: string[]): string[] | null => {
      for (const to of next.get(path[path.length - 1] as string) ?? []) {
        if (to === start) return [...path, to];
        if (seen.has(to)) continue;
        seen.add(to);
        const found = walk([...path, to]);
        if (found !== null) return found;
      }
      return null;
    };
    return walk([start]);
  }
});

describe("source files", () => {
  const LINES_MAX = 300;
  const LINES_MEDIAN_MAX = 100;
  const lengths = SOURCES.map((path) => ({ path, lines: read(path).split("\n").length - 1 }));

  it(`have at most ${LINES_MAX} lines`, () => {
    expect(lengths.filter(({ lines }) => lines > LINES_MAX)).toEqual([]);
  });

  it(`have a median of at most ${LINES_MEDIAN_MAX} lines`, () => {
    const sorted = lengths.map(({ lines }) => lines).sort((a, b) => a - b);
    expect(sorted[sorted.length >> 1]).toBeLessThanOrEqual(LINES_MEDIAN_MAX);
  });

  /** Returns the lines in which a pattern is found, as `path:line text`. */
  function linesWith(paths: string[], pattern: RegExp, strip = (text: string) => text): string[] {
    return paths.flatMap((path) =>
      strip(read(path))
        .split("\n")
        .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1} ${line.trim()}`] : [])),
    );
  }

  const withoutComments = (text: string) =>
    text
      .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ""))
      .replace(/(^|\s)\/\/.*$/gm, "");

  const ALL = [
    ...SOURCES,
    ...filesOf("test", ".ts"),
    ...filesOf("bench", ".ts", ".js"),
    ...filesOf("examples", ".mjs", ".html", ".sh"),
  ];

  /** Waits without an event: for a moment at random, and for a token's end by the hub's clock. */
  const SLEEPS = [
    "test/client/client-hub.test.ts",
    // This test sets the clock itself.
    "test/delivery/pool.test.ts",
    "test/path/crash-erase.test.ts",
    "test/path/crash-members.test.ts",
    "test/path/crash.test.ts",
  ];

  it("wait for events in tests, and not for time to pass", () => {
    const sleep = /\bsetTimeout\((?:.*, (?!0\))[^{}]*|)$|timers\/promises|scheduler\.wait/;
    const found = linesWith(filesOf("test", ".test.ts"), sleep).map((line) => line.split(":")[0]);
    expect(found.filter((path) => path !== THIS)).toEqual(SLEEPS);
  });

  it("leave nothing to be done later", () => {
    expect(
      linesWith(ALL, new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "X" + "XX"].join("|")})\\b`)),
    ).toEqual([]);
  });

  it("do without `any` and without silencing the compiler", () => {
    const own = [...SOURCES, ...filesOf("bench", ".ts")];
    expect(linesWith(own, /([:<,|&(]|\bas)\s*any\b\s*([;,)>=|&[\]{]|$)/, withoutComments)).toEqual(
      [],
    );
    expect(linesWith(own, /biome-ignore lint\/suspicious\/noExplicitAny/)).toEqual([]);
    // This file declares members of modules that an app need not have.
    const others = ALL.filter((path) => path !== "src/element/jsx.ts");
    expect(linesWith(others, new RegExp(`@ts-(${"ignore"}|nocheck|expect-error)`))).toEqual([]);
  });

  /** Without the files that run in a terminal: they print for a person, and have a clock. */
  const HUB = SOURCES.filter((path) => !/^src\/(operate|cli)\//.test(path));

  /** The developer of a page reads its console. */
  const IN_PAGES = /^src\/(client|element)\//;

  it("log nothing but lines of JSON", () => {
    const calls = HUB.filter((path) => !IN_PAGES.test(path)).flatMap((path) =>
      [...withoutComments(read(path)).matchAll(/console\.\w+\(\s*(.*)/g)].map(
        ([, logged = ""]) => ({ path, logged }),
      ),
    );
    expect(calls.length).toBeGreaterThan(0);
    expect(calls.filter(({ logged }) => !logged.startsWith("JSON.stringify("))).toEqual([]);
  });

  /** The files that read the clock: the objects' wiring, and the routes of the edge. */
  const CLOCKS = [
    "src/edge/auth.ts",
    "src/edge/connect.ts",
    "src/edge/inbox-routes.ts",
    "src/edge/stream.ts",
    "src/edge/token-routes.ts",
    "src/edge/topic-routes.ts",
    "src/inbox/inbox.ts",
    "src/topic/topic.ts",
  ];

  it("take the time and chance as arguments", () => {
    const found = (pattern: RegExp) =>
      HUB.filter((path) => pattern.test(withoutComments(read(path))));
    expect(found(/\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/)).toEqual(CLOCKS);
    expect(found(/\bMath\.random\(/)).toEqual([]);
  });

  it("keep an object's own in #private members, which RPC does not reach", () => {
    expect(linesWith(HUB, /^\s*(private|protected)\s/)).toEqual([]);
  });
});

const withoutCode = (text: string) => text.replace(/^```[\s\S]*?^```/gm, "");

describe("plain English", () => {
  /** Words of clauses: as the subject of a sentence, such a clause must be turned round. */
  const TURNED = /\b(what|whatever|who|whoever|whom|whose|told|tells|gives|anew)\b/gi;
  const IN_A_THOUSAND_MAX = 4;

  /** Returns the comments of a file; lines of `//` that follow one another are one. */
  function commentsOf(path: string): string[] {
    const lines = read(path).replace(/(^[ \t]*\/\/.*)\n(?=[ \t]*\/\/)/gm, "$1 ");
    return [...lines.matchAll(/\/\*[\s\S]*?\*\/|(?:^|\s)\/\/.*$/gm)].map(([text]) =>
      text.replace(/^\s*(\/\*\*?|\/\/)|\*\/$|^\s*\*/gm, " ").trim(),
    );
  }

  const inComments = (paths: string[]) =>
    paths.flatMap((path) => commentsOf(path).map((text) => ({ path, text })));
  const TEXTS: [string, { path: string; text: string }[]][] = [
    ["comments of src", inComments(SOURCES)],
    [
      "comments of tests and the bench",
      inComments([...filesOf("test", ".ts"), ...filesOf("bench", ".ts")]),
    ],
    [
      "pages",
      filesOf("docs", ".md")
        .concat("README.md", "CONTRIBUTING.md")
        .map((path) => ({ path, text: withoutCode(read(path)) })),
    ],
  ];

  it.each(TEXTS)(
    `%s have at most ${IN_A_THOUSAND_MAX} words in 1,000 that turn a sentence round`,
    (_, texts) => {
      const counts = (pattern: RegExp) =>
        texts.reduce((sum, { text }) => sum + (text.match(pattern)?.length ?? 0), 0);
      const words = counts(/[A-Za-z][A-Za-z'-]*/g);
      expect(words).toBeGreaterThan(15_000);
      expect((1_000 * counts(TURNED)) / words).toBeLessThanOrEqual(IN_A_THOUSAND_MAX);
    },
  );

  it.each(TEXTS.slice(0, 2))("%s begin with a noun or a verb", (_, texts) => {
    expect(texts.filter(({ text }) => /^(What|Who|Whose)/.test(text))).toEqual([]);
  });
});

describe("pages", () => {
  const PAGES = [
    ...filesOf("docs", ".md"),
    ...filesOf(".github", ".md", ".yml"),
    "README.md",
    "CONTRIBUTING.md",
    "examples/README.md",
    "bench/README.md",
    "CHANGELOG.md",
    "SECURITY.md",
  ].filter((path) => existsSync(join(ROOT, path)));

  /** Made by a command, and so in no checkout. */
  const MADE = new Set(
    read(".gitignore")
      .split("\n")
      .map((line) => line.replace(/\/$/, "")),
  );

  it("link only to files and headings that exist", () => {
    const broken = PAGES.flatMap((page) =>
      [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target = ""]) => target)
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => {
          const [path = "", heading] = target.split("#");
          const file = path === "" ? page : normalize(join(dirname(page), path));
          if (!existsSync(join(ROOT, file))) return true;
          return heading !== undefined && !headingsOf(file).includes(heading);
        })
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it("name only code that is in the file they name beside it", () => {
    const missing = PAGES.flatMap((page) =>
      [...read(page).matchAll(/`#?([\w.]+)`(?: \w+){0,2} (?:in|of)\s+`(src\/[\w./-]+\.ts)`/g)]
        .map(([, name = "", file = ""]) => ({ name: name.split(".").at(-1) as string, file }))
        .filter(({ name, file }) => !new RegExp(`\\b${name}\\b`).test(read(file)))
        .map(({ name, file }) => `${page}: ${name} in ${file}`),
    );
    expect(missing).toEqual([]);
  });

  /** Returns the anchors that GitHub makes of a page's headings. */
  function headingsOf(page: string): string[] {
    return [...withoutCode(read(page)).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    );
  }

  it("name only files that exist", () => {
    // The files of the quick starts are an app's own; tests build the apps.
    const missing = PAGES.filter((page) => page !== "docs/quick-starts.md").flatMap((page) =>
      [
        ...read(page).matchAll(
          /(?<![\w./:-])(?:src|test|bench|docs|examples)\/[\w./{},*-]*[\w/}*]/g,
        ),
      ]
        .flatMap(([path]) => spelledOut(path))
        .filter((path) => !MADE.has(path.replace(/\/$/, "")))
        .filter((path) => globSync(path, { cwd: ROOT }).length === 0)
        .map((path) => `${page}: ${path}`),
    );
    expect(missing).toEqual([]);
  });

  const TABLE_COLUMNS_MAX = 100;

  it(`have tables of at most ${TABLE_COLUMNS_MAX} columns`, () => {
    const wide = PAGES.filter((page) => page === "README.md" || page.startsWith("docs/")).flatMap(
      (page) =>
        withoutCode(read(page))
          .split("\n")
          .filter((line) => line.startsWith("|") && [...line].length > TABLE_COLUMNS_MAX)
          .map((line) => `${page}: ${line.slice(0, 40)}`),
    );
    expect(wide).toEqual([]);
  });

  it("list each decision with its title, its status and its day", () => {
    const listed = read("docs/decisions/README.md").matchAll(
      /^- \[(\d{4})\]\((\S+)\) · (?:accepted|superseded by).* · \d{4}-\d\d-\d\d\n {2}(.+)$/gm,
    );
    const decisions = filesOf("docs/decisions", ".md").filter(
      (path) => !path.endsWith("README.md"),
    );
    expect(
      [...listed].map(([, number, file, title]) => [
        `docs/decisions/${file}`,
        `# ${number}: ${title}`,
      ]),
    ).toEqual(decisions.map((path) => [path, read(path).split("\n")[0]]));
  });

  /** `src/{a,b}.ts` is two paths. */
  function spelledOut(path: string): string[] {
    const braces = /^([^{]*)\{([^}]*)\}(.*)$/.exec(path);
    if (braces === null) return [path];
    const [, before = "", names = "", after = ""] = braces;
    return names.split(",").flatMap((name) => spelledOut(`${before}${name}${after}`));
  }
});

describe("dependencies", () => {
  interface Manifest {
    dependencies?: Record<string, string>;
    devDependencies?: Record<string, string>;
  }

  it("are of one exact version each", () => {
    const { dependencies, devDependencies } = JSON.parse(read("package.json")) as Manifest;
    const versions = Object.entries({ ...dependencies, ...devDependencies });
    const exact = /^(npm:(@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/;
    expect(versions.length).toBeGreaterThan(0);
    expect(versions.filter(([, version]) => !exact.test(version))).toEqual([]);
  });

  it("are locked by their content, and not to the address of a registry", () => {
    const lock = read("package-lock.json");
    expect(lock.includes('"integrity": "sha512-')).toBe(true);
    expect((lock.match(/"resolved": .*/g) ?? []).slice(0, 3)).toEqual([]);
  });
});
