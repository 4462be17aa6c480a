// Builds dist/ from src/: types stripped by the TypeScript compiler, bundled by ncc, minified by esbuild.
// One process a bundle (ncc keeps much memory). `--into DIR` builds elsewhere, for the comparison in the
// tidy test; `--only NAME` builds one bundle.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './node24.mjs';

const option = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};

/** Bundle name to entry below src/. */
export const bundles = {
  'build-push-ecr': 'main/build-push-ecr.ts',
  'build-push-ecr-post': 'main/build-push-ecr-post.ts',
  'render-task-def': 'main/render-task-def.ts',
  'rolling-deploy': 'main/rolling-deploy.ts',
  'blue-green-shift': 'main/blue-green-shift.ts',
  rollback: 'main/rollback.ts',
  'tell-github': 'main/tell-github.ts',
  'trust-policy': 'main/trust-policy.ts',
  'cutover-check': 'main/cutover-check.ts',
  'wait-for-window': 'main/wait-for-window.ts',
  lab: 'lab/commands/main.ts',
};

/** Files that stand beside a bundle as they are: they are loaded by path, by GitHub or into other processes. */
const companions = {
  'rolling-deploy': ['main/post.js'],
  'blue-green-shift': ['main/post.js'],
  lab: ['lab/clock/preload.cjs', 'lab/dataplane/tasks/port-map.cjs'],
};

async function bundleOne(entry, into) {
  const ncc = createRequire(import.meta.url)('@vercel/ncc');
  const { transform } = await import('esbuild');
  const { code, assets } = await ncc(entry, {
    cache: false,
    minify: false,
    quiet: true,
    esm: true,
    mainFields: ['module', 'main'],
    target: 'es2022',
    license: licensesFile,
  });
  const minify = async (source) =>
    (
      await transform(source, {
        minify: true,
        format: 'esm',
        target: 'node20',
        legalComments: 'none',
        charset: 'utf8',
      })
    ).code;
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  writeFileSync(join(into, 'index.js'), await minify(code));
  for (const [file, asset] of Object.entries(assets)) {
    const path = join(into, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, /\.m?js$/.test(file) ? await minify(asset.source.toString()) : asset.source);
  }
  writeFileSync(join(into, 'package.json'), '{ "type": "module" }\n');
}

/** What ncc lists names the packages; their licences go into one file, each text once. */
function licensesOf(listings) {
  const names = new Set(
    listings
      .flatMap((listing) => listing.split('\n'))
      .filter(
        (line) =>
          /^(@[\w.-]+\/)?[\w.-]+$/.test(line) && existsSync(join(root, 'node_modules', line, 'package.json')),
      ),
  );
  const packagesByText = new Map();
  for (const name of [...names].sort()) {
    const folder = join(root, 'node_modules', name);
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((candidate) => /^licen[cs]e(\.(md|txt))?$/i.test(candidate));
    const text = file === undefined ? `Licence: ${license}` : readFileSync(join(folder, file), 'utf8').trim();
    packagesByText.set(text, [...(packagesByText.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  return [...packagesByText]
    .map(([text, packages]) => `${packages.join('\n')}\n\n${text}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

function sizeOf(folder) {
  return readdirSync(folder, { recursive: true }).reduce((sum, file) => {
    const stat = statSync(join(folder, file));
    return stat.isFile() ? sum + stat.size : sum;
  }, 0);
}

const licensesFile = 'licenses.txt';
const self = fileURLToPath(import.meta.url);
const one = option('--bundle');
const into = resolve(option('--into') ?? join(root, 'dist'));
if (one !== undefined) {
  // Node would print the line of ncc that threw, which is three megabytes long.
  await bundleOne(option('--entry'), join(into, one)).catch((error) => {
    console.error(`${one}: ${error.message}`);
    process.exit(1);
  });
} else if (process.argv[1] === self) {
  // Another build may run at the same time (the tidy test's): each has its own folder below the root,
  // so that modules resolve.
  const work = join(root, 'build', String(process.pid));
  rmSync(work, { recursive: true, force: true });
  const tsc = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/typescript/bin/tsc'),
      '-p',
      join(root, 'tsconfig.json'),
      '--noEmit',
      'false',
      '--noCheck',
      '--outDir',
      work,
      '--rootDir',
      root,
    ],
    { stdio: 'inherit' },
  );
  if (tsc.status !== 0) process.exit(tsc.status ?? 1);
  writeFileSync(join(work, 'package.json'), '{ "type": "module" }\n');
  const only = option('--only');
  let total = 0;
  const listings = [];
  for (const [name, source] of Object.entries(bundles)) {
    if (only !== undefined && only !== name) continue;
    if (!existsSync(join(root, 'src', source))) continue;
    const entry = join(work, 'src', source.replace(/\.ts$/, '.js'));
    const run = spawnSync(
      process.execPath,
      ['--disable-warning=DEP0187', self, '--bundle', name, '--entry', entry, '--into', into],
      {
        // The ids of chunks come from paths relative to here: they must not know where the build runs.
        cwd: work,
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    if (run.status !== 0) process.exit(run.status ?? 1);
    const listing = join(into, name, licensesFile);
    if (existsSync(listing)) {
      listings.push(readFileSync(listing, 'utf8'));
      rmSync(listing);
    }
    for (const file of companions[name] ?? []) {
      mkdirSync(join(into, name), { recursive: true });
      cpSync(join(root, 'src', file), join(into, name, file.split('/').at(-1)));
    }
    const size = sizeOf(join(into, name));
    total += size;
    console.log(`${name.padEnd(22)} ${(size / 1024).toFixed(0).padStart(6)} KiB`);
  }
  if (only === undefined) writeFileSync(join(into, licensesFile), licensesOf(listings));
  console.log(`${relative(root, into) || into}: ${(total / 1024 / 1024).toFixed(2)} MiB`);
  rmSync(work, { recursive: true, force: true });
}
