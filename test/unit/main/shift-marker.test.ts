import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { wasBegun, withMarker } from '../../../src/main/shift-marker.ts';
import type { Runner } from '../../../src/runner/runner.ts';

const folder = mkdtempSync(join(tmpdir(), 'ips-marker-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the post step knows a begun shift by its state, or by the job’s folder where the state is lost', () => {
  const environment = { RUNNER_TEMP: folder, 'INPUT_LISTENER-RULE-ARN': 'arn:rule' };
  const saved: string[] = [];
  const plain = { saveState: (name: string, value: string) => void saved.push(`${name}=${value}`) };
  const runner = withMarker(plain as unknown as Runner, environment);
  expect(wasBegun(environment)).toBe(false);
  runner.saveState('shift', 'begun');
  expect(saved).toEqual(['shift=begun']);
  expect(wasBegun(environment)).toBe(true);
  // A state that did arrive has the word, and another rule's shift is another one.
  expect(wasBegun({ ...environment, STATE_shift: 'over' })).toBe(false);
  expect(wasBegun({ ...environment, 'INPUT_LISTENER-RULE-ARN': 'arn:other' })).toBe(false);
  expect(wasBegun({ STATE_shift: 'begun' })).toBe(true);
  runner.saveState('shift', 'over');
  expect(wasBegun(environment)).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
});
