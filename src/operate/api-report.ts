// The API of the package as text, so that a diff shows its changes: for each entry all that it exports, and
// the types that those reach, as the compiler declares them and without comments.

import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  isIdentifier,
  isModuleDeclaration,
  isSourceFile,
  isVariableDeclaration,
  type Node,
} from "typescript/unstable/ast";
import { API, type Project, type Symbol as Sym, SymbolFlags } from "typescript/unstable/sync";
import { ENTRIES } from "./entries.ts";
import { emitTypes } from "./types.ts";

const ROOT = resolve(import.meta.dirname, "../..");

type Entry = keyof typeof ENTRIES;

const NAMES = Object.keys(ENTRIES) as Entry[];

/** Returns the report of each entry. */
export function apiReports(): Map<Entry, string> {
  // The compiler names files by their real paths, and a system's folder for such files may be a link.
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "belfry-api-"));
  const api = new API();
  try {
    emitTypes(folder, "--removeComments");
    const declarations = new Declarations(open(api, folder), folder);
    return new Map(NAMES.map((entry) => [entry, formatted(reportOf(entry, declarations))]));
  } finally {
    api.close();
    rmSync(folder, { recursive: true });
  }
}

/** Formats a page, as `npm run check` asks of each. */
function formatted(page: string): string {
  const biome = join(ROOT, "node_modules/@biomejs/biome/bin/biome");
  const args = [biome, "format", "--stdin-file-path=docs/api/entry.md"];
  return execFileSync(process.execPath, args, { cwd: ROOT, input: page, encoding: "utf8" });
}

/** `src/client/index.ts` is declared in `client/index.d.ts`. */
const declaredIn = (entry: Entry) => ENTRIES[entry].slice("src/".length).replace(/ts$/, "d.ts");

function open(api: API, folder: string): Project {
  const config = join(folder, "tsconfig.json");
  const compilerOptions = {
    ...{ target: "es2024", lib: ["es2024", "dom", "dom.iterable"], types: [] },
    ...{ module: "esnext", moduleResolution: "bundler", allowImportingTsExtensions: true },
    noEmit: true,
  };
  writeFileSync(config, JSON.stringify({ compilerOptions, files: NAMES.map(declaredIn) }));
  const project = api.updateSnapshot({ openProjects: [config] }).getProject(config);
  if (project === undefined) throw new Error(`The compiler did not open ${config}.`);
  return project;
}

/** The declarations of the package, as the compiler knows them. */
class Declarations {
  readonly #project: Project;
  readonly #folder: string;
  readonly #owners = new Map<Sym, Entry>();

  constructor(project: Project, folder: string) {
    this.#project = project;
    this.#folder = folder;
    for (const entry of NAMES)
      for (const symbol of this.exportsOf(entry))
        if (!this.#owners.has(symbol)) this.#owners.set(symbol, entry);
  }

  exportsOf(entry: Entry): Sym[] {
    const { checker } = this.#project;
    const module = checker.getSymbolAtLocation(this.#fileOf(entry));
    if (module === undefined) throw new Error(`belfry/${entry} exports nothing.`);
    return checker.getExportsOfModule(module).map((each) => this.#target(each));
  }

  /** Returns the first entry that exports the symbol. */
  ownerOf(symbol: Sym): Entry | undefined {
    return this.#owners.get(symbol);
  }

  /** Returns the statements of the package that declare the symbol. */
  statementsOf(symbol: Sym): Node[] {
    return symbol.declarations
      .filter(({ path }) => path.startsWith(this.#folder))
      .flatMap((handle) => statementOf(handle.resolve(this.#project)) ?? []);
  }

  /** Returns the statements that declare members of other modules or of the page, in these files. */
  augmentations(entry: Entry, statements: readonly Node[]): Node[] {
    const files = new Set([this.#fileOf(entry), ...statements.map(({ parent }) => parent)]);
    return [...files].flatMap((file) => childrenOf(file).filter(isModuleDeclaration));
  }

  /** Returns the symbols that the names within a statement stand for. */
  namedIn(statement: Node): Sym[] {
    const names = identifiersIn(statement);
    const symbols = this.#project.checker.getSymbolAtLocation(names);
    return symbols.flatMap((each) => (each === undefined ? [] : [this.#target(each)]));
  }

  #fileOf(entry: Entry): Node {
    const file = this.#project.program.getSourceFile(join(this.#folder, declaredIn(entry)));
    if (file === undefined) throw new Error(`belfry/${entry} has no declarations.`);
    return file;
  }

  #target(symbol: Sym): Sym {
    if (!(symbol.flags & SymbolFlags.Alias)) return symbol;
    return this.#project.checker.getAliasedSymbol(symbol);
  }
}

/** Returns the statement at the top of a file that makes a declaration; a member has none of its own. */
function statementOf(declaration: Node | undefined): Node | undefined {
  if (declaration === undefined) return undefined;
  const statement = isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  const isOwn = isSourceFile(statement.parent) && !isModuleDeclaration(statement);
  return isOwn ? statement : undefined;
}

function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  node.forEachChild((child) => void children.push(child));
  return children;
}

function identifiersIn(node: Node): Node[] {
  return isIdentifier(node) ? [node] : childrenOf(node).flatMap(identifiersIn);
}

function reportOf(entry: Entry, declarations: Declarations): string {
  const own: Sym[] = [];
  const again: string[] = [];
  for (const symbol of declarations.exportsOf(entry)) {
    const owner = declarations.ownerOf(symbol);
    if (owner === entry) own.push(symbol);
    else again.push(`export { ${symbol.name} } from "belfry/${owner}";`);
  }
  const exported = own.flatMap((symbol) => declarations.statementsOf(symbol));
  const augmented = declarations.augmentations(entry, exported);

  const reached = new Set(own);
  const imported: string[] = [];
  const inner: Node[] = [];
  const toRead = [...exported, ...augmented];
  for (const statement of toRead)
    for (const symbol of declarations.namedIn(statement)) {
      if (reached.has(symbol)) continue;
      reached.add(symbol);
      const owner = declarations.ownerOf(symbol);
      if (owner !== undefined)
        imported.push(`import type { ${symbol.name} } from "belfry/${owner}";`);
      else {
        const statements = declarations.statementsOf(symbol);
        inner.push(...statements);
        toRead.push(...statements);
      }
    }

  return `# belfry/${entry}

\`npm run api\` makes this page from the code. A change of it is a change for apps.
${[
  section("Exports", [...again, ...textsOf([...exported, ...augmented])]),
  section("Types of other entries", imported),
  section("Types that are not exported", textsOf(inner).map(unexported)),
].join("")}`;
}

const textsOf = (statements: Node[]) => [...new Set(statements)].map((each) => each.getText());

const unexported = (text: string) => text.replace(/^export (declare )?/, "");

function section(title: string, parts: string[]): string {
  if (parts.length === 0) return "";
  const sorted = parts.sort((a, b) => (nameIn(a) < nameIn(b) ? -1 : 1));
  return `\n## ${title}\n\n\`\`\`ts\n${sorted.join("\n")}\n\`\`\`\n`;
}

/** Returns the text from the declared name on, for the order of the statements. */
function nameIn(text: string): string {
  return text.replace(
    /^(?:(?:export|import|declare|type|interface|class|function|const|\{) )+/,
    "",
  );
}
