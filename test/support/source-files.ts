import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface SourceFile {
  /** Path below the root, with `/`. */
  readonly path: string;
  readonly text: string;
}

export function sourceFiles(folder: string, ending = '.ts'): readonly SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes(`${sep}node_modules${sep}`))
    .sort()
    .map((path) => ({ path: relative(root, path).split(sep).join('/'), text: readFileSync(path, 'utf8') }));
}

export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** Static and dynamic imports of a file, as text (types are stripped at run time, so `import type` costs nothing). */
export function importsOf(file: SourceFile): readonly Import[] {
  const imports: Import[] = [];
  const code = file.text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  for (const match of code.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm)) {
    imports.push({ specifier: match[2]!, typeOnly: match[1] !== undefined });
  }
  for (const match of code.matchAll(/(typeof\s+)?\bimport\(\s*'([^']+)'\s*\)(\.[A-Z])?/g)) {
    imports.push({ specifier: match[2]!, typeOnly: match[1] !== undefined || match[3] !== undefined });
  }
  return imports;
}
