// A Chromium that needs nothing of the machine. The package brings the browser, and the libraries and
// fonts that a server may lack. It unpacks those only where it believes that it runs on Lambda, and
// always into the temporary directory, where another version may lie: so both variables are set for it.
// Its own list of font directories names none that exists here, and a browser without fonts breaks at the
// first character that it has to look up.

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import sparticuz from "@sparticuz/chromium";
import { type Browser, chromium } from "playwright-core";

/** A page lives for a second or two here: its scripts end before optimizing them pays off. */
const ARGS = ["--no-sandbox", "--js-flags=--no-opt --no-maglev"];

/**
 * Starts a browser, the one at CHROMIUM_PATH if that is set. `ignoreDefaultArgs` names arguments that
 * playwright adds by default and that are left out.
 */
export async function launchBrowser(ignoreDefaultArgs: string[] = []): Promise<Browser> {
  const given = process.env.CHROMIUM_PATH;
  if (given !== undefined)
    return chromium.launch({ executablePath: given, args: ARGS, ignoreDefaultArgs });
  const directory = await unpacked();
  return chromium.launch({
    executablePath: join(directory, "chromium"),
    args: ARGS,
    ignoreDefaultArgs,
    env: {
      ...process.env,
      LD_LIBRARY_PATH: join(directory, "al2023", "lib"),
      FONTCONFIG_PATH: join(directory, "fonts"),
    },
  });
}

/**
 * Returns the folder of the browser beside the packages, one for each version. Unpacking takes seconds,
 * so only the first caller does it; of several at once, the first to finish wins.
 */
async function unpacked(): Promise<string> {
  const packages = join(
    dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")),
    "../../..",
  );
  const { version } = JSON.parse(
    await readFile(join(packages, "@sparticuz/chromium/package.json"), "utf8"),
  );
  const directory = join(packages, ".cache", `belfry-chromium-${version}`);
  if (existsSync(directory)) return directory;
  await mkdir(dirname(directory), { recursive: true });
  const own = await mkdtemp(`${directory}-`);
  await unpackInto(own);
  await writeFile(join(own, "fonts", "fonts.conf"), fontsConf(join(directory, "fonts")));
  await rename(own, directory).catch(() => rm(own, { recursive: true }));
  return directory;
}

const fontsConf = (fonts: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(fonts, "fonts")}</dir>
  <cachedir>${join(fonts, "cache")}</cachedir>
</fontconfig>
`;

async function unpackInto(directory: string): Promise<void> {
  const { TMPDIR, AWS_LAMBDA_JS_RUNTIME } = process.env;
  Object.assign(process.env, { TMPDIR: directory, AWS_LAMBDA_JS_RUNTIME: "nodejs24.x" });
  try {
    await sparticuz.executablePath();
  } finally {
    restore("TMPDIR", TMPDIR);
    restore("AWS_LAMBDA_JS_RUNTIME", AWS_LAMBDA_JS_RUNTIME);
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
