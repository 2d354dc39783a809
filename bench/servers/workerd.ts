// Runs a Worker under plain `workerd serve`, one process with its storage on disk. The dev server
// is never measured: it adds processes and hops that a deployment does not have.

import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { type Child, startChild } from "./child.ts";
import { removeFolder, temporaryFolder } from "./temporary.ts";
import { compatibility } from "./wrangler.ts";

export interface WorkerdOptions {
  /** A folder that holds the Worker's modules, and the name of the first of them. */
  modules: string;
  main: string;
  objects: readonly { binding: string; className: string; uniqueKey: string }[];
  texts: Readonly<Record<string, string>>;
}

const LISTEN_FD = 3;

export async function startWorkerd(options: WorkerdOptions): Promise<Child> {
  const folder = temporaryFolder("belfry-bench");
  mkdirSync(join(folder, "storage"));
  const config = join(folder, "config.capnp");
  writeFileSync(config, configText(options, folder));
  const remove = (): void => removeFolder(folder);
  try {
    const child = await startChild({
      file: workerdBinary().path,
      args: ["serve", "--experimental", config, `--control-fd=${LISTEN_FD}`],
      cwd: folder,
      portFd: LISTEN_FD,
    });
    return { ...child, stop: () => child.stop().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Returns the workerd of wrangler, which may be newer than the one of the test plugin. */
export function workerdBinary(): { path: string; version: string } {
  const fromBench = createRequire(import.meta.url);
  const fromWrangler = createRequire(fromBench.resolve("wrangler/package.json"));
  const workerd = fromWrangler("workerd") as { default: string };
  const { version } = fromWrangler("workerd/package.json") as { version: string };
  return { path: workerd.default, version };
}

function configText(options: WorkerdOptions, folder: string): string {
  const { date, flags } = compatibility();
  const modules = moduleNames(options).map((name) => {
    const path = relative(folder, join(options.modules, name));
    return `(name = ${quote(name)}, ${moduleKind(name)} = embed ${quote(path)})`;
  });
  const namespaces = options.objects.map(
    ({ className, uniqueKey }) =>
      `(className = ${quote(className)}, uniqueKey = ${quote(uniqueKey)}, enableSql = true)`,
  );
  const bindings = [
    ...options.objects.map(
      ({ binding, className }) =>
        `(name = ${quote(binding)}, durableObjectNamespace = ${quote(className)})`,
    ),
    ...Object.entries(options.texts).map(
      ([name, text]) => `(name = ${quote(name)}, text = ${quote(text)})`,
    ),
  ];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "storage", disk = (path = ${quote(join(folder, "storage"))}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${modules.join(", ")}],
  compatibilityDate = ${quote(date)},
  compatibilityFlags = [${flags.map(quote).join(", ")}],
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = (localDisk = "storage"),
  bindings = [${bindings.join(", ")}],
);
`;
}

/** The main module comes first: workerd takes the first as the Worker. */
function moduleNames({ modules, main }: WorkerdOptions): string[] {
  const others = readdirSync(modules).filter(
    (name) => name !== main && !name.endsWith(".map") && name !== "README.md",
  );
  return [main, ...others];
}

function moduleKind(name: string): string {
  if (/\.m?js$/.test(name)) return "esModule";
  if (name.endsWith(".wasm")) return "wasm";
  return /\.(txt|html|css|sql|svg|json)$/.test(name) ? "text" : "data";
}

// Cap'n Proto's strings are C strings, and those know every escape of JSON for ASCII text.
function quote(text: string): string {
  return JSON.stringify(text);
}
