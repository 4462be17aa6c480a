import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
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

/** What the action says of its outputs, by name. */
function declaredOutputs(name: string): Readonly<Record<string, string>> {
  const file = parse(readFileSync(join(root, 'actions', name, 'action.yml'), 'utf8'));
  const outputs: Readonly<Record<string, { description: string }>> = file.outputs ?? {};
  return Object.fromEntries(
    Object.entries(outputs).map(([output, { description }]) => [output, description]),
  );
}

describe.each(readdirSync(join(root, 'actions')))('the committed bundle of %s', (name) => {
  const action = readActionFile(join(root, 'actions', name, 'action.yml'));
  const required = Object.entries(action.inputs)
    .filter(([, input]) => input.required)
    .map(([input]) => input);

  test('answers missing inputs all at once, changes nothing and fails', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ips-bad-input-'));
    const [summary, output] = [join(folder, 'summary.md'), join(folder, 'output')];
    writeFileSync(output, '');
    const result = run(action.main, { GITHUB_STEP_SUMMARY: summary, GITHUB_OUTPUT: output });
    const errors = result.stdout.split('\n').filter((line) => line.startsWith('::error'));
    expect({ status: result.status, stderr: result.stderr }).toEqual({ status: 1, stderr: '' });
    for (const input of required)
      expect(errors.filter((line) => line.includes(`Input "${input}": given (nothing)`))).toHaveLength(1);
    expect(result.stdout).toContain('Nothing was changed.');
    const summaryText = readFileSync(summary, 'utf8');
    expect(summaryText.match(/^- Input /gm)).toHaveLength(errors.length);
    // Whoever branches on the outcome gets one.
    const outputs = readFileSync(output, 'utf8');
    const { outcome, cause } = declaredOutputs(name);
    expect(outputs.includes('\nrefused\n')).toBe(/\brefused\b/.test(outcome ?? ''));
    expect(outputs.includes('\nbad-input\n')).toBe(/\brefus/.test(cause ?? ''));
    rmSync(folder, { recursive: true });
  });

  test('shows a bad value so that it cannot start a workflow command', () => {
    const bad = '\n::set-env name=A::b\n\u001b[31m';
    const environment = Object.fromEntries(required.map((input) => [`INPUT_${input.toUpperCase()}`, bad]));
    const result = run(action.main, environment);
    expect(result.status).toBe(1);
    expect(result.stdout).not.toMatch(/^::set-env/m);
  });
});
