/**
 * The kit's own release.yml, run for real under act: a small repository in the kit's shape with a bare one as its origin.
 * What only github.com can do has stand-ins: the signature of the attestation, and `gh`.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { runAct } from '../../support/act.ts';
import { root } from '../../support/source-files.ts';
import { toolAvailable } from '../../support/tools.ts';

const workflow = readFileSync(join(root, '.github/workflows/release.yml'), 'utf8');
const withAct = toolAvailable('act', 'test/e2e/kit-release') ? describe : describe.skip;
const deadlineMs = 60_000;

withAct('release.yml', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ips-kit-release-'));
  const origin = join(folder, 'origin.git');
  const work = join(folder, 'work');
  const releases = join(folder, 'releases');
  const programs = join(folder, 'programs');
  let runs = 0;

  const git = (...words: string[]): string =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', ...words], {
      cwd: work,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  const inOrigin = (name: string): string => git('--git-dir', origin, 'rev-parse', `${name}^{commit}`);
  const assetsOf = (tag: string): readonly string[] => readdirSync(join(releases, tag)).sort();
  const isPublished = (tag: string): boolean =>
    existsSync(join(releases, `${tag}.json`)) &&
    JSON.parse(readFileSync(join(releases, `${tag}.json`), 'utf8')).isDraft === false;

  function write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(work, path)), { recursive: true });
      writeFileSync(join(work, path), text);
    }
  }

  /** A commit on `main` of the origin, or of another branch; its sha. */
  function commit(message: string, files: Readonly<Record<string, string>>, branch = 'main'): string {
    write(files);
    git('add', '--all');
    git('commit', '--quiet', '--allow-empty', '--message', message);
    git('push', '--quiet', origin, `HEAD:refs/heads/${branch}`);
    return git('rev-parse', 'HEAD');
  }

  /** Pushes the tag, and runs what GitHub runs then, on a checkout of it with all branches and tags. */
  async function release(
    tag: string,
    at: string,
    exitCode: 0 | 1,
  ): Promise<{ log: string; results: string }> {
    git('tag', '--force', tag, at);
    git('push', '--quiet', '--force', origin, `refs/tags/${tag}`);
    return again(tag, exitCode);
  }

  async function again(tag: string, exitCode: 0 | 1): Promise<{ log: string; results: string }> {
    const checkout = join(folder, `checkout-${++runs}`);
    const clone = (...words: string[]) => execFileSync('git', words, { stdio: 'ignore' });
    clone('clone', '--quiet', origin, checkout);
    clone('-C', checkout, 'checkout', '--quiet', tag);
    clone('-C', checkout, 'remote', 'set-url', 'origin', 'https://github.com/acme/ips-deploy-actions.git');
    const results = join(folder, `results-${runs}`);
    mkdirSync(results);
    const file = (name: string, text: string): string => {
      const path = join(folder, `${name}-${runs}`);
      writeFileSync(path, text);
      return path;
    };
    const event = { ref: `refs/tags/${tag}`, after: git('rev-parse', tag) };
    const environment = `ORIGIN=${origin}\nRELEASES=${releases}\nRESULTS=${results}\n`;
    const standIns = [...workflow.matchAll(/uses: (actions\/(setup-node|attest-build-provenance)@\w+)/g)].map(
      ([, use, name]) =>
        `${use}=${join(root, name === 'setup-node' ? 'test/e2e/workflows/stand-ins/nothing' : 'test/e2e/kit-release/stand-ins/attest')}`,
    );
    const ended = await runAct(
      [
        'push',
        ...['--directory', checkout],
        ...['--workflows', join(checkout, '.github/workflows/release.yml')],
        ...['--platform', 'ubuntu-latest=-self-hosted'],
        ...[...new Set(standIns)].flatMap((each) => ['--local-repository', each]),
        ...['--env-file', file('environment', environment)],
        ...['--secret-file', file('secrets', 'GITHUB_TOKEN=of-the-job\n')],
        ...['--eventpath', file('event', JSON.stringify(event))],
        '--no-cache-server',
      ],
      join(folder, 'home'),
      results,
      deadlineMs,
      undefined,
      [programs],
    );
    if (ended.exitCode !== exitCode) throw new Error(`act ended with ${ended.exitCode}:\n${ended.log}`);
    return ended;
  }

  const changelog = (...versions: string[]): string =>
    `# Changelog\n${versions.map((each) => `\n## ${each}\n- What ${each} changes.\n`).join('')}`;

  beforeAll(() => {
    for (const path of [work, releases, programs, join(folder, 'home')]) mkdirSync(path);
    const gh = join(programs, 'gh');
    const script = join(root, 'test/e2e/kit-release/stand-ins/gh.mjs');
    writeFileSync(gh, `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`);
    chmodSync(gh, 0o755);
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch', 'main', origin]);
    git('init', '--quiet', '--initial-branch', 'main');
    const scripts = { test: 'node check.js', lint: 'node check.js', build: 'node build.js' };
    const manifest = { name: 'ips-deploy-actions', version: '0.0.0', private: true };
    write({
      'package.json': JSON.stringify({ ...manifest, scripts }),
      'package-lock.json': JSON.stringify({ ...manifest, lockfileVersion: 3, packages: { '': manifest } }),
      'check.js': "require('fs').readFileSync('src/index.js');\n",
      'scripts/sbom.mjs': readFileSync(join(root, 'scripts/sbom.mjs'), 'utf8'),
      'build.js': "require('fs').copyFileSync('src/index.js', 'dist/index.js');\n",
      '.github/workflows/release.yml': workflow,
      'dist/licenses.txt': 'MIT\n',
    });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const version = (text: string) => ({ 'src/index.js': `${text}\n`, 'dist/index.js': `${text}\n` });

  test(
    'publishes the archive of the tag with what is bundled and its licences, attested, and makes the tag of the major version',
    async () => {
      const sha = commit('One', { ...version('1'), 'CHANGELOG.md': changelog('1.0.0') });
      const { results } = await release('v1.0.0', sha, 0);
      const assets = ['cdx.json', 'licenses.txt', 'tar.gz'].map((end) => `ips-deploy-actions-v1.0.0.${end}`);
      expect(assetsOf('v1.0.0')).toEqual(assets);
      expect(isPublished('v1.0.0')).toBe(true);
      expect(JSON.parse(readFileSync(join(releases, 'v1.0.0.json'), 'utf8')).notes).toBe(
        '- What 1.0.0 changes.\n',
      );
      const attested = readFileSync(join(results, 'attested.txt'), 'utf8').trim().split('\n').sort();
      const digests = assets.map((name) => {
        const bytes = readFileSync(join(releases, 'v1.0.0', name));
        return `${createHash('sha256').update(bytes).digest('hex')}  ${name}`;
      });
      expect(attested).toEqual(digests.sort());
      const archive = join(releases, 'v1.0.0', 'ips-deploy-actions-v1.0.0.tar.gz');
      const tar = gunzipSync(readFileSync(archive));
      const made = execFileSync('git', ['get-tar-commit-id'], { input: tar, encoding: 'utf8' }).trim();
      expect(made).toBe(sha);
      expect(execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' })).toContain(
        'ips-deploy-actions-v1.0.0/dist/licenses.txt\n',
      );
      expect(inOrigin('refs/tags/v1')).toBe(sha);
    },
    deadlineMs,
  );

  test(
    'refuses a tag that is not on main, a version that the changelog does not tell of, and a dist that is not built',
    async () => {
      const before = inOrigin('refs/tags/v1');
      const main = inOrigin('refs/heads/main');
      const aside = commit('Aside', { 'CHANGELOG.md': changelog('1.0.1') }, 'aside');
      expect((await release('v1.0.1', aside, 1)).log).toContain('::error::v1.0.1 is not on main.');
      git('reset', '--quiet', '--hard', main);
      expect((await release('v1.0.2', main, 1)).log).toContain(
        '::error::CHANGELOG.md has no part "## 1.0.2".',
      );
      const drifted = commit('Drift', { 'src/index.js': '2\n', 'CHANGELOG.md': changelog('1.0.3', '1.0.0') });
      const { log } = await release('v1.0.3', drifted, 1);
      expect(log).toMatch(/Failure - Main dist is what the sources build/);
      for (const tag of ['v1.0.1', 'v1.0.2', 'v1.0.3']) {
        expect(existsSync(join(releases, `${tag}.json`))).toBe(false);
        git('--git-dir', origin, 'tag', '--delete', tag);
      }
      expect(inOrigin('refs/tags/v1')).toBe(before);
    },
    2 * deadlineMs,
  );

  test(
    'cut off in the middle it ends well when it is run again, and v1 moves once, at the end',
    async () => {
      const before = inOrigin('refs/tags/v1');
      const sha = commit('Two', { ...version('2'), 'CHANGELOG.md': changelog('1.1.0', '1.0.0') });
      git('tag', 'v1.1.0', sha);
      git('push', '--quiet', origin, 'refs/tags/v1.1.0');
      const seen: string[] = [];
      const note = (): void => {
        const stand = isPublished('v1.1.0') ? 'published' : 'draft';
        const major = inOrigin('refs/tags/v1') === before ? 'as before' : 'moved';
        seen.push(`${stand}, ${assetsOf('v1.1.0').length} files, v1 ${major}`);
      };
      // After the second of three files, the publication (all are put up again), and the tag of the major version.
      for (const changes of [3, 4, 1]) {
        writeFileSync(join(releases, 'dies'), String(changes));
        await again('v1.1.0', 1);
        note();
      }
      rmSync(join(releases, 'dies'));
      await again('v1.1.0', 0);
      note();
      expect(seen).toEqual([
        'draft, 2 files, v1 as before',
        'published, 3 files, v1 as before',
        'published, 3 files, v1 moved',
        'published, 3 files, v1 moved',
      ]);
      expect(inOrigin('refs/tags/v1')).toBe(sha);
    },
    4 * deadlineMs,
  );

  test(
    'an older version leaves v1 where it is; a tag that was moved is not published again',
    async () => {
      const newest = inOrigin('refs/tags/v1.1.0');
      const sha = commit('Mended', { ...version('1-mended'), 'CHANGELOG.md': changelog('1.1.0', '1.0.9') });
      const older = await release('v1.0.9', sha, 0);
      expect(older.log).toContain('::notice::v1 stays at v1.1.0, which is newer than v1.0.9.');
      expect(isPublished('v1.0.9')).toBe(true);
      const archive = join(releases, 'v1.1.0', 'ips-deploy-actions-v1.1.0.tar.gz');
      const bytes = readFileSync(archive);
      const moved = await release('v1.1.0', sha, 1);
      expect(moved.log).toContain(`::error::v1.1.0 was published from ${newest}. A version is released once`);
      expect(readFileSync(archive)).toEqual(bytes);
      expect(inOrigin('refs/tags/v1')).toBe(newest);
    },
    2 * deadlineMs,
  );
});

describe('what is published about the kit itself', () => {
  interface Bom {
    readonly specVersion: string;
    readonly components: readonly { name: string; version: string; licenses?: readonly unknown[] }[];
  }
  let bom: Bom;

  beforeAll(() => {
    const command = /^ *(node scripts\/sbom\.mjs) > /m.exec(workflow)![1]!;
    bom = JSON.parse(execFileSync('bash', ['-c', command], { cwd: root, encoding: 'utf8' }));
  }, 30_000);

  test('the list of what is bundled is CycloneDX, by its own schema', () => {
    const library = createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json');
    const schema = (name: string) =>
      JSON.parse(readFileSync(join(dirname(library), `res/schema/${name}.SNAPSHOT.schema.json`), 'utf8'));
    const ajv = new Ajv({ strict: false, validateFormats: false });
    for (const name of ['spdx', 'jsf-0.82'])
      ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
    const validate = ajv.compile(schema(`bom-${bom.specVersion}`));
    validate(bom);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ ...bom, components: [{ version: '1' }] })).toBe(false);
  });

  test('names every package of the lock file that users get, with its version and its licence', () => {
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string; dev?: boolean; optional?: boolean; peer?: boolean }>;
    };
    const expected = Object.entries(packages)
      .filter(([path, each]) => path !== '' && !each.dev && !each.optional)
      .map(([path, each]) => `${path.replace(/^.*node_modules\//, '')}@${each.version}`);
    const listed = bom.components.map((each) => `${each.name}@${each.version}`);
    expect([...new Set(listed)].sort()).toEqual([...new Set(expected)].sort());
    expect(bom.components.filter((each) => (each.licenses ?? []).length === 0)).toEqual([]);
  });

  test('every package whose licence is in dist/ is listed, in the same version', () => {
    const licences = readFileSync(join(root, 'dist/licenses.txt'), 'utf8');
    const listed = new Set(bom.components.map((each) => `${each.name}@${each.version}`));
    const licensed = [...licences.matchAll(/^((?:@[\w.-]+\/)?[\w.-]+) (\d\S*) \([^)]+\)$/gm)].map(
      (match) => `${match[1]}@${match[2]}`,
    );
    expect(licensed.length).toBeGreaterThan(15);
    expect(licensed.filter((each) => !listed.has(each))).toEqual([]);
  });
});
