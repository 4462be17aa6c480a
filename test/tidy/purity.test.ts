import { expect, test } from '@jest/globals';
import { importsOf, type SourceFile, sourceFiles } from '../support/source-files.ts';

/** Pure by their folder; the files named after it are the edges, and each says why. */
const pureFolders = [
  'src/aftercare/',
  'src/announce/',
  'src/cutover/',
  'src/inputs/',
  'src/report/',
  'src/engine/',
  'src/rollout/',
  'src/rollback/',
  'src/shift/',
  'src/taskdef/',
  'src/image/',
  'src/lab/world/',
];

/** What may touch the outside, and what of it. */
const edges: Readonly<Record<string, readonly string[]>> = {
  // HMAC is computation; the module it comes from is not.
  'src/announce/sign.ts': ['node:crypto'],
  // Events are real requests.
  // Questions to name servers, and requests as clients make them.
  'src/cutover/ask-dns.ts': ['node:dgram', 'node:net', 'dns-packet'],
  'src/cutover/http-get.ts': ['node:http', 'node:https'],
  // docker as a process.
  'src/image/buildx/docker.ts': ['environment', 'timer', 'node:child_process', 'node:readline'],
  // DOCKER_CONFIG of one login, removed afterwards.
  'src/image/login-folder.ts': ['node:fs'],
  // The registry's HTTP API.
  'src/image/registry/client.ts': ['network', 'node:stream'],
  // The build context and the layers made of it.
  // Archives and layers, read as streams.
  'src/image/secret-search/search-archive.ts': ['node:fs', 'node:stream', 'tar-stream'],
  'src/image/secret-search/search-layer.ts': ['tar-stream'],
  'src/image/static/context.ts': ['node:fs', 'node:fs/promises'],
  'src/image/static/layer-file.ts': ['node:fs', 'node:stream', 'node:stream/promises'],
  'src/image/work-folder.ts': ['node:fs', 'node:os'],
  // The user's own checks: a process on the runner, a GET request.
  'src/shift/check-runner.ts': ['environment', 'timer', 'network', 'node:child_process'],
  // Probes are real requests.
  'src/shift/http-prober.ts': ['clock', 'node:http', 'node:https'],
};

const touches: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['clock', /\bDate\.now\(|\bnew Date\(\s*\)|\bperformance\.now\(/],
  ['random', /\bMath\.random\b|\brandomUUID\(|\brandomBytes\(/],
  ['environment', /\bprocess\./],
  ['timer', /\bset(Timeout|Interval|Immediate)\(/],
  ['network', /\bfetch\(/],
];
/** Computation only, however it is packaged. */
const harmless = new Set(['ajv', 'node:path', 'node:path/posix', 'node:zlib', 'shlex', 'yaml']);

function touched(file: SourceFile): readonly string[] {
  const code = file.text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const found = touches.filter(([, pattern]) => pattern.test(code)).map(([name]) => name);
  for (const { specifier, typeOnly } of importsOf(file)) {
    if (typeOnly || specifier.startsWith('.') || harmless.has(specifier)) continue;
    if (specifier === 'node:crypto' && /import \{ createHash \} from 'node:crypto'/.test(code)) continue;
    found.push(specifier);
  }
  return found;
}

const files = sourceFiles('src').filter((file) => pureFolders.some((folder) => file.path.startsWith(folder)));

test('the pure parts touch no clock, randomness, environment, timer, network, SDK client or toolkit', () => {
  const wrong = files.flatMap((file) =>
    touched(file)
      .filter((what) => !(edges[file.path] ?? []).includes(what))
      .map((what) => `${file.path}: ${what}`),
  );
  expect(wrong).toEqual([]);
});

test('no edge is named that touches nothing any more', () => {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const stale = Object.entries(edges).flatMap(([path, what]) => {
    const file = byPath.get(path);
    const now = file === undefined ? [] : touched(file);
    return what.filter((each) => !now.includes(each)).map((each) => `${path}: ${each}`);
  });
  expect(stale).toEqual([]);
});

test('types that the SDK brings are imported as types where the SDK is not spoken to', () => {
  const wrong = sourceFiles('src')
    .filter((file) => !file.path.startsWith('src/aws/sdk/') && !file.path.startsWith('src/lab/wire/'))
    .flatMap((file) =>
      importsOf(file)
        .filter(({ specifier, typeOnly }) => !typeOnly && /^@(aws-sdk|smithy)\//.test(specifier))
        .map(({ specifier }) => `${file.path}: ${specifier}`),
    );
  expect(wrong).toEqual([]);
});
