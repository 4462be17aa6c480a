import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseFaultScript } from '../../src/lab/world/faults/index.ts';
import { root } from '../support/source-files.ts';

const guide = readFileSync(join(root, 'docs/lab.md'), 'utf8');

test('the fault script of the guide is a valid one', () => {
  const [, script = ''] = /```json\n([\s\S]*?)```/.exec(guide) ?? [];
  expect(parseFaultScript(JSON.parse(script))).toMatchObject({ ok: true });
});

test.each([
  [
    'throttle',
    'server-error',
    'reset',
    'reset-after-effect',
    'slow',
    'read-lag',
    'access-denied',
    'expired-credentials',
  ],
  [
    'call',
    'set-weights',
    'alarm',
    'zone-dark',
    'zone-back',
    'spot-interruption',
    'metrics-gap',
    'metrics-late',
    'scan-findings',
  ],
])('the guide names every kind (%#)', (...kinds) => {
  for (const kind of kinds) expect(guide).toContain(`\`${kind}\``);
});
