/**
 * Builds dist/ from src/: the actions as one program with many entries, so that what they share is there once
 * (dist/shared), and the lab beside it. Not minified: what runs with the rights to deploy can be read.
 * `--into DIR` builds elsewhere, for the comparison in the tidy test.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type OutputChunk, type OutputOptions, type Plugin, rolldown } from 'rolldown';
import { type ChunkToName, chunkName } from './bundle/chunk-name.ts';
import { licensesOf } from './bundle/licenses.ts';
import { requireNodeHttp } from './bundle/node-http.ts';
import { expectJustTheseCommands, listedOperations } from './bundle/operations.ts';
import { leaveOutUndocumentedErrors, schemasAlone } from './bundle/sdk-errors.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Files of dist/ and their entries below src/. */
const actions = {
  'blue-green-shift/index': 'main/blue-green-shift.ts',
  'blue-green-shift/post': 'main/blue-green-shift-post.ts',
  'build-push-ecr/index': 'main/build-push-ecr.ts',
  'build-push-ecr/post': 'main/build-push-ecr-post.ts',
  'cutover-check/index': 'main/cutover-check.ts',
  'render-task-def/index': 'main/render-task-def.ts',
  'rollback/index': 'main/rollback.ts',
  'rolling-deploy/index': 'main/rolling-deploy.ts',
  'rolling-deploy/post': 'main/rolling-deploy-post.ts',
  'tell-github/index': 'main/tell-github.ts',
  'trust-policy/index': 'main/trust-policy.ts',
  'wait-for-window/index': 'main/wait-for-window.ts',
};
const lab = { index: 'lab/commands/main.ts' };
/** They stand beside the lab as they are: they are loaded by path, into other processes. */
const labCompanions = ['lab/clock/preload.cjs', 'lab/dataplane/tasks/port-map.cjs'];

const argument = process.argv.indexOf('--into');
const into = resolve(argument < 0 ? join(root, 'dist') : process.argv[argument + 1]!);

async function bundle(
  entries: Readonly<Record<string, string>>,
  folder: string,
  output: OutputOptions,
  plugins: readonly Plugin[],
): Promise<readonly OutputChunk[]> {
  const build = await rolldown({
    input: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(root, 'src', file)])),
    cwd: root,
    platform: 'node',
    // The SDK's ES modules: what is not used of a CommonJS one stays.
    resolve: { mainFields: ['module', 'main'] },
    transform: { target: 'node20' },
    preserveEntrySignatures: false,
    plugins: [requireNodeHttp(), ...plugins],
    onLog(level, log) {
      // A module that one action loads later may be another's from the start.
      if (log.code !== 'INEFFECTIVE_DYNAMIC_IMPORT') throw new Error(`${level}: ${log.message}`);
    },
  });
  const { output: files } = await build.write({
    dir: join(into, folder),
    format: 'esm',
    minifyInternalExports: false,
    ...output,
  });
  await build.close();
  return files.flatMap((file) => (file.type === 'chunk' ? [file] : []));
}

/** What is left of them in the bundles. */
function modulesOf(chunks: readonly OutputChunk[]): readonly string[] {
  return chunks.flatMap(({ modules }) =>
    Object.entries(modules).flatMap(([id, { renderedLength }]) => (renderedLength > 0 ? [id] : [])),
  );
}

function kib(chunks: readonly OutputChunk[]): string {
  const bytes = chunks.reduce((sum, { code }) => sum + Buffer.byteLength(code), 0);
  return `${(bytes / 1024).toFixed(0).padStart(6)} KiB in ${chunks.length} files`;
}

rmSync(into, { recursive: true, force: true });
mkdirSync(into, { recursive: true });
const operations = listedOperations(root);
const clients = new Set(operations.map(({ client }) => client)).size;
const actionChunks = await bundle(
  actions,
  '.',
  {
    chunkFileNames: (chunk) => `shared/${chunkName(chunk)}.js`,
    // Each file that is opened takes its time: what actions share to read their inputs is one, and what all
    // clients of AWS share another.
    codeSplitting: {
      groups: [
        { name: 'start', tags: ['$initial'], minShareCount: 2 },
        { name: 'aws-sdk', test: /node_modules\/@(aws-sdk|smithy)\//, minShareCount: clients },
      ],
    },
  },
  [leaveOutUndocumentedErrors(root, operations)],
);
expectJustTheseCommands(operations, modulesOf(actionChunks));
// The lab answers for AWS, in all of AWS's words, and no action loads its files.
const labOutput = { chunkFileNames: (chunk: ChunkToName) => `${chunkName(chunk)}.js` };
const labChunks = await bundle(lab, 'lab', labOutput, [schemasAlone()]);
for (const file of labCompanions) cpSync(join(root, 'src', file), join(into, 'lab', basename(file)));
writeFileSync(join(into, 'package.json'), '{ "type": "module" }\n');
writeFileSync(join(into, 'licenses.txt'), licensesOf([...modulesOf(actionChunks), ...modulesOf(labChunks)]));
console.log(`actions ${kib(actionChunks)}\nlab     ${kib(labChunks)}\nin ${relative(dirname(root), into)}`);
