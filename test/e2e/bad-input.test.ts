import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readActionFile } from '../../src/lab/journey/action-file.ts';
import { root } from '../support/source-files.ts';

/** A committed bundle as a process; nothing listens at the endpoint, so any call to AWS would fail. */
function run(script: string, environment: Readonly<Record<string, string>>) {
  return spawnSync(process.execPath, [script], {
    encoding: 'utf8',
    timeout: 20_000,
    env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_REGION: 'eu-central-1', ...environment },
  });
}

describe.each(readdirSync(join(root, 'actions')))('the committed bundle of %s', (name) => {
  const action = readActionFile(join(root, 'actions', name, 'action.yml'));
  const required = Object.entries(action.inputs)
    .filter(([, input]) => input.required)
    .map(([input]) => input);

  test('answers missing inputs all at once, changes nothing and fails', () => {
    const summary = join(mkdtempSync(join(tmpdir(), 'ips-bad-input-')), 'summary.md');
    const result = run(action.main, { GITHUB_STEP_SUMMARY: summary });
    const errors = result.stdout.split('\n').filter((line) => line.startsWith('::error'));
    expect({ status: result.status, stderr: result.stderr }).toEqual({ status: 1, stderr: '' });
    for (const input of required)
      expect(errors.filter((line) => line.includes(`Input "${input}": given (nothing)`))).toHaveLength(1);
    expect(result.stdout).toContain('Nothing was changed.');
    const summaryText = readFileSync(summary, 'utf8');
    expect(summaryText.match(/^- Input /gm)).toHaveLength(errors.length);
    rmSync(dirname(summary), { recursive: true });
  });

  test('shows a bad value so that it cannot start a workflow command', () => {
    const bad = '\n::set-env name=A::b\n\u001b[31m';
    const environment = Object.fromEntries(required.map((input) => [`INPUT_${input.toUpperCase()}`, bad]));
    const result = run(action.main, environment);
    expect(result.status).toBe(1);
    expect(result.stdout).not.toMatch(/^::set-env/m);
  });
});
