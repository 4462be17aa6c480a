/** The licences of all that bundles hold, in one text. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folder of the package that a module is part of, nested ones included; undefined: it is the kit's own. */
export function packageFolder(module: string): string | undefined {
  return /^.*\/node_modules\/(@[^/]+\/)?[^/]+(?=\/)/.exec(module)?.[0];
}

/** Each text once, below the packages that it stands for. */
export function licensesOf(modules: readonly string[]): string {
  const folders = new Set(modules.flatMap((module) => packageFolder(module) ?? []));
  const packagesByText = new Map<string, string[]>();
  const packages = [...folders].map((folder) => ({
    folder,
    ...(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      readonly name: string;
      readonly version: string;
      readonly license: string;
    }),
  }));
  const key = (each: { readonly name: string; readonly version: string }) => `${each.name} ${each.version}`;
  packages.sort((one, other) => (key(one) < key(other) ? -1 : 1));
  for (const { folder, license, ...each } of packages) {
    const file = readdirSync(folder).find((candidate) => /^licen[cs]e(\.(md|txt))?$/i.test(candidate));
    const text = file === undefined ? `Licence: ${license}` : readFileSync(join(folder, file), 'utf8').trim();
    packagesByText.set(text, [...(packagesByText.get(text) ?? []), `${key(each)} (${license})`]);
  }
  return [...packagesByText]
    .map(([text, names]) => `${[...new Set(names)].join('\n')}\n\n${text}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`);
}
