// Checks the environments of a wrangler.toml. Wrangler passes bindings of the top level on to no
// environment, only warns, and deploys a hub that cannot reach its objects.

import { readFileSync } from "node:fs";

/** A table or a key `env` in TOML. Files without one are not parsed: loading wrangler takes seconds. */
const HAS_ENVIRONMENTS = /^\s*(\[+\s*"?env"?\s*\.|"?env"?\s*[.=])/m;

/** The part of a configuration that is used here. Wrangler's own type is of a package that it does not ship. */
interface Config {
  durable_objects: { bindings: { name: string; class_name?: string }[] };
  definedEnvironments?: string[];
}

/**
 * Takes the path of a configuration; returns the lines that its environments lack, with the sentence that
 * says so, or null when each environment has the objects of the top level.
 */
export async function environmentsFault(path: string): Promise<string | null> {
  if (!HAS_ENVIRONMENTS.test(readFileSync(path, "utf8"))) return null;
  const { unstable_readConfig: readConfig } = await import("wrangler");
  const read = (env?: string): Config =>
    readConfig({ config: path, ...(env === undefined ? {} : { env }) }, { hideWarnings: true });
  const top = read();
  const needed = top.durable_objects.bindings;
  const faulty = (top.definedEnvironments ?? []).filter((env) => {
    const own = read(env).durable_objects.bindings;
    return !needed.every(({ name, class_name }) =>
      own.some((each) => each.name === name && each.class_name === class_name),
    );
  });
  if (faulty.length === 0) return null;
  const bindings = needed.map(
    ({ name, class_name }) => `{ name = "${name}", class_name = "${class_name}" }`,
  );
  const blocks = faulty.map(
    (env) => `[env.${env}.durable_objects]\nbindings = [${bindings.join(", ")}]\n`,
  );
  return `An environment takes over no binding of the top level. Add to ${path}:\n\n${blocks.join("\n")}`;
}
