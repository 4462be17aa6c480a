import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { root } from '../support/source-files.ts';

const fresh = mkdtempSync(join(tmpdir(), 'ips-dist-'));

function contents(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true }) as string[];
  return new Map(
    files
      .filter((file) => statSync(join(folder, file)).isFile())
      .sort()
      .map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
  );
}

beforeAll(() => {
  const build = spawnSync(process.execPath, [join(root, 'scripts/build.ts'), '--into', fresh], {
    encoding: 'utf8',
  });
  if (build.status !== 0) throw new Error(`The build failed:\n${build.stdout}\n${build.stderr}`);
}, 60_000);

afterAll(() => rmSync(fresh, { recursive: true, force: true }));

test('dist/ is what the sources build', () => {
  const committed = contents(join(root, 'dist'));
  const built = contents(fresh);
  expect([...committed.keys()]).toEqual([...built.keys()]);
  const different = [...built].filter(([file, text]) => committed.get(file) !== text).map(([file]) => file);
  expect(different).toEqual([]);
});

test.each([
  ['the actions are', (file: string) => !file.startsWith('lab/'), 3_250_000],
  ['the lab is', (file: string) => file.startsWith('lab/'), 2_000_000],
])('%s within the limit', (_what, counts, limit) => {
  const sizes = [...contents(fresh)].flatMap(([file, text]) =>
    counts(file) ? [Buffer.byteLength(text)] : [],
  );
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  expect(bytes).toBeLessThan(limit);
  // What is far below its limit lets anything in.
  expect(bytes).toBeGreaterThan(limit * 0.75);
});

test('an action opens two files to answer a bad input', () => {
  for (const action of [
    'blue-green-shift',
    'build-push-ecr',
    'render-task-def',
    'rollback',
    'rolling-deploy',
  ]) {
    const opened = new Set([`${action}/index.js`]);
    for (const file of opened) {
      const text = contents(fresh).get(file)!;
      for (const [, name] of text.matchAll(/^import .*"\.{1,2}\/([^"]+)";$/gm)) {
        opened.add(name!.startsWith('shared/') ? name! : `shared/${name}`);
      }
    }
    expect([...opened]).toEqual([`${action}/index.js`, 'shared/start.js']);
  }
});

describe('an error of AWS arrives with its code and its words', () => {
  const json = (code: string, message: string) => ({
    type: 'application/x-amz-json-1.1',
    body: JSON.stringify({ __type: code, message }),
  });
  const xml = (code: string, message: string) => ({
    type: 'text/xml',
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
  });
  const cases = [
    ['documented', 'ecs:DescribeTasks', 'ClusterNotFoundException', 'not-found', json],
    ['left out of the bundle', 'ecs:DescribeTasks', 'DaemonNotFoundException', 'not-found', json],
    ['unknown to the SDK', 'ecs:DescribeTasks', 'NewerException', 'rejected', json],
    ['documented', 'elasticloadbalancing:DescribeTargetGroups', 'TargetGroupNotFound', 'not-found', xml],
    [
      'left out of the bundle',
      'elasticloadbalancing:DescribeTargetGroups',
      'SubnetNotFound',
      'not-found',
      xml,
    ],
    ['unknown to the SDK', 'elasticloadbalancing:DescribeTargetGroups', 'Newer', 'rejected', xml],
  ] as const;

  test('what is said to be left out is', () => {
    const files = contents(join(fresh, 'shared'));
    expect(files.get('ecs.js')).toContain('ClusterNotFoundException');
    expect(files.get('ecs.js')).not.toContain('DaemonNotFoundException');
    expect(files.get('elastic-load-balancing.js')).toContain('TargetGroupNotFound');
    expect(files.get('elastic-load-balancing.js')).not.toContain('SubnetNotFound');
  });

  test.each(cases)('%s: %s %s', async (_which, operation, code, kind, shape) => {
    const { type, body } = shape(code, 'What AWS said.');
    const server = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(400, { 'content-type': type }).end(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const script = `
        const { createSdkCaller } = await import(${JSON.stringify(join(fresh, 'shared/caller.js'))});
        try { await createSdkCaller().call(${JSON.stringify(operation)}, { tasks: ['a'] }); }
        catch ({ code, kind, reason }) { console.log(JSON.stringify({ code, kind, reason })); }`;
      const { port } = server.address() as AddressInfo;
      const run = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
        env: {
          AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
          AWS_REGION: 'ap-south-1',
          AWS_ACCESS_KEY_ID: 'a',
          AWS_SECRET_ACCESS_KEY: 'b',
        },
      });
      const told = JSON.parse(run.stdout) as { readonly code: string };
      expect(told).toEqual({ code: expect.any(String), kind, reason: 'What AWS said.' });
      // The SDK calls an error of the Query protocol by its shape or by its code.
      expect(told.code.replace(/Exception$/, '')).toBe(code.replace(/Exception$/, ''));
    } finally {
      server.close();
    }
  });
});
