import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isImmutableTag } from '../../../src/aws/ecr-repository.ts';
import {
  type BuildxBuild,
  digestFromMetadata,
  getArgs,
  secretEnvironment,
} from '../../../src/image/buildx/arguments.ts';
import {
  makeLoginFolder,
  removeLoginFolder,
  withLogin,
  writeLogin,
} from '../../../src/image/login-folder.ts';
import { parseBearerChallenge } from '../../../src/image/registry/challenge.ts';
import { isLoopback, parseReference, registryUrl } from '../../../src/image/registry/reference.ts';
import { dockerLogin } from '../../../src/image/registry/registries.ts';
import { globToRegExp, parseIgnoreFile } from '../../../src/image/static/patterns.ts';
import { tarHeader } from '../../../src/image/static/tar.ts';
import { renderTags } from '../../../src/image/tag-template.ts';
import { parseBuildPush } from '../../../src/inputs/build-push-ecr.ts';
import type { BuildxOptions } from '../../../src/inputs/buildx-fields.ts';

const facts = {
  sha: '0123456789abcdef0123456789abcdef01234567',
  ref: 'refs/heads/feature/x_1',
  runId: '42',
  runAttempt: '2',
  now: Date.UTC(2026, 0, 31, 23, 59),
};

describe('tags', () => {
  test.each([
    [['{sha}'], [facts.sha]],
    [
      ['v-{sha7}', '{ref}', '{date}', '{run}'],
      ['v-0123456', 'feature-x_1', '20260131', '42.2'],
    ],
    [['latest', 'latest'], ['latest']],
  ])('%j', (templates, expected) => {
    expect(renderTags(templates, facts)).toEqual({ tags: expected, skipped: [] });
  });

  test('of a pull request and of a tag', () => {
    const tagOf = (ref: string): string[] => [...renderTags(['{ref}'], { ...facts, ref }).tags];
    expect([tagOf('refs/pull/7/merge'), tagOf('refs/tags/v1.2.3')]).toEqual([['7-merge'], ['v1.2.3']]);
  });

  const versions = ['{version}', '{major}', '{major.minor}', '{sha7}'];
  test.each([
    ['refs/tags/v1.20.3', ['1.20.3', '1', '1.20', '0123456'], []],
    ['refs/tags/1.20.3+build.7', ['1.20.3', '1', '1.20', '0123456'], []],
    ['refs/tags/v2.0.0-rc.1', ['2.0.0-rc.1', '0123456'], ['{major}', '{major.minor}']],
    ['refs/tags/v1.2', ['0123456'], versions.slice(0, 3)],
    ['refs/tags/v01.2.3', ['0123456'], versions.slice(0, 3)],
    ['refs/heads/v1.2.3', ['0123456'], versions.slice(0, 3)],
  ])('of %s', (ref, tags, skipped) => {
    expect(renderTags(versions, { ...facts, ref })).toEqual({ tags, skipped });
  });

  test('nothing but versions on a branch', () => {
    expect(() => renderTags(['{version}'], facts)).toThrow('no tag is left: {version} need a version tag');
  });

  test('what is not known, or too long, is said', () => {
    expect(() => renderTags(['{sha}'], { ...facts, sha: '' })).toThrow(
      '{sha} is not known outside of a GitHub run',
    );
    expect(() => renderTags([`${'x'.repeat(100)}{sha}`], facts)).toThrow('which is no tag');
  });
});

const noOptions: BuildxOptions = {
  secrets: new Map(),
  secretEnvs: new Map(),
  secretFiles: new Map(),
  ssh: [],
  cacheFrom: [],
  cacheTo: [],
  cacheRepository: undefined,
  noCache: false,
  noCacheFilters: [],
  pull: false,
  provenance: 'false',
  sbom: 'false',
  annotations: [],
  buildContexts: new Map(),
  addHosts: [],
  network: 'default',
  shmSize: undefined,
  ulimits: [],
};

describe('getArgs', () => {
  const plain: BuildxBuild = {
    context: '/home/app',
    dockerfile: '/home/app/Dockerfile',
    references: ['1.dkr/ips:a'],
    platforms: ['linux/amd64'],
    buildArgs: new Map(),
    labels: new Map(),
    target: undefined,
    options: noOptions,
    cacheReference: undefined,
    metadataFile: '/tmp/m.json',
  };
  const start = ['buildx', 'build', '--push', '--progress=plain', '--provenance=false'];
  const files = ['--file', '/home/app/Dockerfile', '--metadata-file', '/tmp/m.json'];
  test.each<[string, Partial<BuildxBuild>, string[]]>([
    ['the least', {}, [...files, '--platform', 'linux/amd64', '--tag', '1.dkr/ips:a', '/home/app']],
    [
      'everything',
      {
        references: ['h/r:a', 'h/r:b'],
        platforms: ['linux/amd64', 'linux/arm64'],
        buildArgs: new Map([
          ['A', 'b=c "d"'],
          ['EMPTY', ''],
        ]),
        labels: new Map([['x.y', 'z']]),
        target: 'prod',
      },
      [
        ...files,
        ...['--platform', 'linux/amd64,linux/arm64', '--tag', 'h/r:a', '--tag', 'h/r:b'],
        ...['--build-arg', 'A=b=c "d"', '--build-arg', 'EMPTY=', '--label', 'x.y=z', '--target', 'prod'],
        '/home/app',
      ],
    ],
  ])('%s', (_, change, expected) => {
    expect(getArgs({ ...plain, ...change })).toEqual([...start, ...expected]);
  });

  test('every option of buildx, and no value of a secret', () => {
    const options: BuildxOptions = {
      secrets: new Map([
        ['npm', 'hunter2'],
        ['pip', 'a=b'],
      ]),
      secretEnvs: new Map([['token', 'GH_TOKEN']]),
      secretFiles: new Map([['key', './key.pem']]),
      ssh: ['default'],
      cacheFrom: ['type=gha'],
      cacheTo: ['type=gha,mode=max'],
      cacheRepository: 'ips-cache',
      noCache: true,
      noCacheFilters: ['build'],
      pull: true,
      provenance: 'mode=max',
      sbom: 'true',
      annotations: ['index:a=b'],
      buildContexts: new Map([['docs', '../docs']]),
      addHosts: ['db:10.0.0.1'],
      network: 'none',
      shmSize: '64m',
      ulimits: ['nofile=1024:2048'],
    };
    const args = getArgs({ ...plain, options, cacheReference: 'h/ips-cache:buildcache' });
    expect(args.slice(4)).toEqual([
      ...['--provenance=mode=max', '--sbom=true'],
      ...[...files, '--platform', 'linux/amd64', '--tag', '1.dkr/ips:a'],
      ...['--secret', 'id=npm,env=IPS_BUILD_SECRET_0', '--secret', 'id=pip,env=IPS_BUILD_SECRET_1'],
      ...['--secret', 'id=token,env=GH_TOKEN', '--secret', 'id=key,src=./key.pem', '--ssh', 'default'],
      ...['--cache-from', 'type=gha', '--cache-from', 'type=registry,ref=h/ips-cache:buildcache'],
      ...['--cache-to', 'type=gha,mode=max', '--cache-to'],
      'type=registry,ref=h/ips-cache:buildcache,mode=max,image-manifest=true,oci-mediatypes=true',
      ...['--no-cache', '--no-cache-filter', 'build', '--pull', '--annotation', 'index:a=b'],
      ...['--build-context', 'docs=../docs', '--add-host', 'db:10.0.0.1', '--network', 'none'],
      ...['--shm-size', '64m', '--ulimit', 'nofile=1024:2048', '/home/app'],
    ]);
    expect(args.join(' ')).not.toContain('hunter2');
    expect(secretEnvironment(options)).toEqual({ IPS_BUILD_SECRET_0: 'hunter2', IPS_BUILD_SECRET_1: 'a=b' });
  });

  test('the digest of the metadata file, and only that', () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    expect(digestFromMetadata(JSON.stringify({ 'containerimage.digest': digest }))).toBe(digest);
    expect(digestFromMetadata('{"containerimage.digest":"latest"}')).toBeUndefined();
    expect(digestFromMetadata('{}')).toBeUndefined();
  });
});

describe('.dockerignore', () => {
  const rules = parseIgnoreFile('# note\n*\n!src\n/src/*.log\n!src/keep.log\n**/.env*\n!\n');
  test.each([
    ['README.md', true],
    ['src', false],
    ['src/app.js', false],
    ['src/a.log', true],
    ['src/deep/a.log', false],
    ['src/keep.log', false],
    ['src/deep/.env.local', true],
    ['other/file', true],
  ])('%s: %s', (path, ignored) => {
    expect(rules.isIgnored(path)).toBe(ignored);
  });

  test('stars stop at slashes, two do not; sets and escapes', () => {
    const matches = (glob: string, path: string): boolean => globToRegExp(glob, true).test(path);
    expect([
      matches('a*', 'ab'),
      matches('a*', 'a/b'),
      matches('a/**', 'a/b/c'),
      matches('**/c', 'c'),
    ]).toEqual([true, false, true, true]);
    expect([
      matches('[a-c]?', 'bz'),
      matches('[a-c]', 'd'),
      matches('\\*', '*'),
      matches('a.b', 'axb'),
    ]).toEqual([true, false, true, false]);
  });
});

describe('references', () => {
  test.each([
    ['node', { host: 'registry-1.docker.io', repository: 'library/node', tag: 'latest', digest: undefined }],
    ['acme/app:1', { host: 'registry-1.docker.io', repository: 'acme/app', tag: '1', digest: undefined }],
    ['localhost:5000/app', { host: 'localhost:5000', repository: 'app', tag: 'latest', digest: undefined }],
    [
      'public.ecr.aws/docker/library/node:24',
      { host: 'public.ecr.aws', repository: 'docker/library/node', tag: '24', digest: undefined },
    ],
    [
      `ghcr.io/a/b@sha256:${'0'.repeat(64)}`,
      { host: 'ghcr.io', repository: 'a/b', tag: undefined, digest: `sha256:${'0'.repeat(64)}` },
    ],
    ['Upper/Case', undefined],
    ['a:b:c', undefined],
    ['a@sha256:12', undefined],
  ])('%s', (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
  });

  test('plain HTTP on loopback only', () => {
    expect(registryUrl('127.0.0.1:5000')).toBe('http://127.0.0.1:5000');
    expect(registryUrl('registry.example.com')).toBe('https://registry.example.com');
    expect(['127.0.0.1.example.com', '10.0.0.1:5000', 'localhost.example.com'].map(isLoopback)).toEqual([
      false,
      false,
      false,
    ]);
  });

  test('the challenge of a registry that wants a token', () => {
    expect(
      parseBearerChallenge(
        'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      ),
    ).toEqual({
      realm: 'https://auth.docker.io/token',
      service: 'registry.docker.io',
      scope: 'repository:a/b:pull,push',
    });
    expect([parseBearerChallenge('Basic realm="ecr"'), parseBearerChallenge(null)]).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe('isImmutableTag', () => {
  const repository = (tagMutability: string, exclusionFilters: string[] = []) => ({
    name: 'r',
    uri: 'u',
    registryId: '1',
    tagMutability,
    exclusionFilters,
  });
  test.each([
    ['MUTABLE', [], 'v1', false],
    ['IMMUTABLE', [], 'v1', true],
    ['IMMUTABLE_WITH_EXCLUSION', ['latest', 'dev-*'], 'v1', true],
    ['IMMUTABLE_WITH_EXCLUSION', ['latest', 'dev-*'], 'dev-7', false],
    ['IMMUTABLE_WITH_EXCLUSION', ['latest', 'dev-*'], 'xdev-7', true],
    ['MUTABLE_WITH_EXCLUSION', ['v*'], 'v1', true],
    ['MUTABLE_WITH_EXCLUSION', ['v*'], 'latest', false],
  ])('%s except %j: %s is %s', (mutability, filters, tag, expected) => {
    expect(isImmutableTag(repository(mutability, filters), tag)).toBe(expected);
  });
});

describe('the login', () => {
  test('is added to what is there; nothing may answer for its host instead', () => {
    expect(
      withLogin(
        {
          auths: { 'ghcr.io': { auth: 'x' }, host: { auth: 'old' } },
          credsStore: 'desktop',
          credHelpers: { host: 'ecr-login', other: 'gcr' },
        },
        'host',
        { username: 'AWS', password: 'p:w' },
      ),
    ).toEqual({
      auths: { 'ghcr.io': { auth: 'x' }, host: { auth: Buffer.from('AWS:p:w').toString('base64') } },
      credHelpers: { other: 'gcr' },
    });
  });

  test('lives in a folder of its own; plugins are found; removing it leaves what its links lead to', () => {
    const temp = mkdtempSync(join(tmpdir(), 'ips-login-'));
    try {
      const original = join(temp, 'docker');
      mkdirSync(join(original, 'cli-plugins'), { recursive: true });
      writeFileSync(join(original, 'cli-plugins/docker-buildx'), 'plugin');
      writeFileSync(join(original, 'config.json'), 'not json');
      const folder = makeLoginFolder(join(temp, 'runner'), original);
      writeLogin(folder, 'host', { username: 'AWS', password: 'pw' }, original);
      expect(readFileSync(join(folder, 'cli-plugins/docker-buildx'), 'utf8')).toBe('plugin');
      expect([statSync(folder).mode & 0o777, statSync(join(folder, 'config.json')).mode & 0o777]).toEqual([
        0o700, 0o600,
      ]);
      removeLoginFolder(folder);
      expect([existsSync(folder), existsSync(join(original, 'cli-plugins/docker-buildx'))]).toEqual([
        false,
        true,
      ]);
      expect(() => removeLoginFolder(original)).toThrow('was not made by this action');
    } finally {
      rmSync(temp, { recursive: true, force: true });
    }
  });

  test('a login that docker left is used for base images', () => {
    const auth = Buffer.from('me:secret:x').toString('base64');
    const login = { username: 'me', password: 'secret:x' };
    expect(dockerLogin(JSON.stringify({ auths: { 'ghcr.io': { auth } } }), 'ghcr.io')).toEqual(login);
    expect(
      dockerLogin(
        JSON.stringify({ auths: { 'https://index.docker.io/v1/': { auth } } }),
        'registry-1.docker.io',
      ),
    ).toEqual(login);
    expect(dockerLogin('{}', 'ghcr.io')).toBeUndefined();
    expect(dockerLogin('broken', 'ghcr.io')).toBeUndefined();
  });
});

test('tar headers are whole blocks with a right checksum, whatever the name', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 300, unit: 'binary' }), fc.nat(), (name, size) => {
      const path = name.replaceAll('\0', '0');
      const bytes = Buffer.from(
        tarHeader({ path, type: 'file', mode: 0o644, uid: 0, gid: 0, size, mtimeSeconds: 0 }),
      );
      expect(bytes.length % 512).toBe(0);
      const block = Buffer.from(bytes.subarray(bytes.length - 512));
      const stated = Number.parseInt(block.toString('latin1', 148, 154), 8);
      block.fill(' ', 148, 156);
      expect(block.reduce((sum, byte) => sum + byte, 0)).toBe(stated);
    }),
  );
});

describe('inputs', () => {
  const defaults = {
    repository: 'ips',
    registryHost: undefined,
    context: '.',
    file: undefined,
    tagTemplates: ['{sha}'],
    buildArgs: new Map(),
    target: undefined,
    platforms: ['linux/amd64'],
    labels: new Map(),
    builder: 'auto',
    buildx: noOptions,
    createRepository: false,
    pushAttempts: 4,
    promoteFrom: undefined,
    alsoPushTo: [],
    searchForSecrets: new Map(),
    placeholders: new Map(),
    placeholderFiles: [],
    dryRun: false,
    reportPath: undefined,
    scan: {
      gate: 'off',
      ignored: [],
      incomplete: 'fail',
      threshold: 'CRITICAL',
      timeoutMs: 600_000,
    },
  };

  test.each<[Record<string, string>, object]>([
    [{}, {}],
    [{ registry: '127.0.0.1:5000' }, { registryHost: '127.0.0.1:5000' }],
    [{ tags: 'a, {ref}-x\n' }, { tagTemplates: ['a', '{ref}-x'] }],
    [
      { 'build-args': 'A=b=c\nB=' },
      {
        buildArgs: new Map([
          ['A', 'b=c'],
          ['B', ''],
        ]),
      },
    ],
    [{ platforms: 'linux/amd64\nlinux/arm64/v8' }, { platforms: ['linux/amd64', 'linux/arm64/v8'] }],
    [
      { builder: 'Static', 'create-repository': 'true', 'push-attempts': '10' },
      { builder: 'static', createRepository: true, pushAttempts: 10 },
    ],
  ])('%j', (given, expected) => {
    expect(parseBuildPush({ repository: 'ips', ...given })).toEqual({
      ok: true,
      request: { ...defaults, ...expected },
    });
  });

  test.each([
    [{ repository: 'Upper' }, ['repository']],
    [{ repository: 'ips', registry: 'https://x.y' }, ['registry']],
    [
      { repository: 'ips', tags: '{branch}', builder: 'kaniko', 'push-attempts': '11' },
      ['tags', 'builder', 'push-attempts'],
    ],
    [{ repository: 'ips', platforms: 'linux/amd64, linux/amd64' }, ['platforms']],
    [{}, ['repository']],
  ])('%j is refused, all at once', (given, inputs) => {
    const parsed = parseBuildPush(given as Record<string, string>);
    expect(parsed.ok ? [] : parsed.problems.map((problem) => problem.input)).toEqual(inputs);
  });
});
