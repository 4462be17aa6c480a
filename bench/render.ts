/**
 * A rendering, from start to exit: the guide's file with a new image and a variable, beside
 * aws-actions/amazon-ecs-render-task-definition (where PEER_RENDER names a checkout of it) and an empty Node
 * process; and the guide's docker-compose file, which the peer does not read. Ratios from alternating runs, medians.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, repository, table } from './support.ts';

const work = mkdtempSync(join(tmpdir(), 'ips-bench-render-'));
const empty = join(work, 'empty.mjs');
writeFileSync(empty, '');
const example = join(repository, 'examples/ips-data-acquisition-api');
const ours = join(repository, 'dist/render-task-def/index.js');
const peer = join(process.env['PEER_RENDER'] ?? '', 'dist/index.js');
const image = 'registry.example.com/ips@sha256:'.padEnd(96, 'a');
const account = { 'account-id': '123456789012' };

interface Contestant {
  readonly name: string;
  readonly script: string;
  readonly inputs: Readonly<Record<string, string>>;
}

const contestants: readonly Contestant[] = [
  { name: 'empty process', script: empty, inputs: {} },
  {
    name: 'render-task-def, a file',
    script: ours,
    inputs: {
      ...account,
      'task-definition': join(example, 'task-definition.json'),
      image,
      environment: 'LOG_LEVEL=info',
    },
  },
  {
    name: 'render-task-def, docker-compose',
    script: ours,
    inputs: {
      ...account,
      'from-compose': join(example, 'docker-compose.yml'),
      'compose-variables': 'ECR_REGISTRY=registry.example.com',
      'execution-role': 'ecsTaskExecutionRole',
    },
  },
  {
    name: 'amazon-ecs-render-task-definition',
    script: peer,
    inputs: {
      'task-definition': join(example, 'task-definition.json'),
      'container-name': 'ips-api',
      image,
      'environment-variables': 'LOG_LEVEL=info',
    },
  },
].filter(({ script }) => existsSync(script));

/** Milliseconds; a rendering that fails is no measurement. */
function timeMs({ name, script, inputs }: Contestant): number {
  const output = join(work, 'output');
  writeFileSync(output, '');
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    AWS_REGION: 'ap-south-1',
    GITHUB_OUTPUT: output,
    GITHUB_WORKSPACE: work,
    RUNNER_TEMP: work,
  };
  for (const [input, value] of Object.entries(inputs)) env[`INPUT_${input.toUpperCase()}`] = value;
  const begin = process.hrtime.bigint();
  const run = spawnSync(process.execPath, [script], { env, encoding: 'utf8' });
  const took = Number(process.hrtime.bigint() - begin) / 1e6;
  if (run.status !== 0) throw new Error(`${name}: ${run.stdout}${run.stderr}`);
  return took;
}

const rounds = 15;
const times = contestants.map((): number[] => []);
for (let round = 0; round < rounds; round++) {
  contestants.forEach((contestant, index) => {
    times[index]!.push(timeMs(contestant));
  });
}
rmSync(work, { recursive: true });
const base = median(times[0]!);
console.log(`A rendering, median of ${rounds} alternating runs on Node ${process.version}`);
console.log(
  table(
    ['what', 'ms', 'ratio to an empty process'],
    contestants.map(({ name }, index) => {
      const value = median(times[index]!);
      return [name, value.toFixed(1), (value / base).toFixed(2)];
    }),
  ),
);
if (!existsSync(peer)) console.log('The peer was not measured: PEER_RENDER names no checkout of it.');
