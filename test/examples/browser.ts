// A Chromium that needs nothing of the machine. The package brings the browser, and the libraries and
// fonts that a server may lack; it unpacks those only where it takes itself to be on Lambda, and all
// of it into the temporary directory, where another version may lie. So it is told both. And its own
// list of font directories names none that is there: a browser without fonts breaks at the first
// character that it has to look for.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sparticuz from "@sparticuz/chromium";
import { type Browser, chromium } from "playwright-core";

const ARGS = ["--no-sandbox"];

/**
 * Starts a browser, the one at CHROMIUM_PATH if that is set; its files go when it is closed. Arguments
 * that playwright gives by itself can be taken away.
 */
export async function launchBrowser(ignoreDefaultArgs: string[] = []): Promise<Browser> {
  const given = process.env.CHROMIUM_PATH;
  if (given !== undefined)
    return chromium.launch({ executablePath: given, args: ARGS, ignoreDefaultArgs });
  const directory = await mkdtemp(join(tmpdir(), "belfry-chromium-"));
  const executablePath = await unpackInto(directory);
  const fonts = join(directory, "fonts");
  await writeFile(join(fonts, "fonts.conf"), fontsConf(fonts));
  const browser = await chromium.launch({
    executablePath,
    args: ARGS,
    ignoreDefaultArgs,
    env: {
      ...process.env,
      LD_LIBRARY_PATH: join(directory, "al2023", "lib"),
      FONTCONFIG_PATH: fonts,
    },
  });
  browser.on("disconnected", () => rm(directory, { recursive: true, force: true }));
  return browser;
}

const fontsConf = (fonts: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(fonts, "fonts")}</dir>
  <cachedir>${join(fonts, "cache")}</cachedir>
</fontconfig>
`;

async function unpackInto(directory: string): Promise<string> {
  const { TMPDIR, AWS_LAMBDA_JS_RUNTIME } = process.env;
  Object.assign(process.env, { TMPDIR: directory, AWS_LAMBDA_JS_RUNTIME: "nodejs24.x" });
  try {
    return await sparticuz.executablePath();
  } finally {
    restore("TMPDIR", TMPDIR);
    restore("AWS_LAMBDA_JS_RUNTIME", AWS_LAMBDA_JS_RUNTIME);
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
