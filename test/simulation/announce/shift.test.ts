/** What is told of a shift while it happens: its steps, and why it goes back. */
import { expect, test } from '@jest/globals';
import {
  decisionNotice,
  endedNotice,
  isDecision,
  type Notice,
  startedNotice,
} from '../../../src/announce/notice.ts';
import { mailOf } from '../../../src/announce/plain-notice.ts';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import type { KitEvent } from '../../../src/report/event.ts';
import { noticeProblems } from '../../support/notice-schema.ts';
import { makeRegion, registerImage, shift } from '../shift/region.ts';

const subject = {
  action: 'blue-green-shift',
  cluster: 'shop',
  services: ['api-green'],
  listener: null,
} as const;
const context = {
  repository: 'o/r',
  sha: '0'.repeat(40),
  ref: 'refs/heads/main',
  runId: '1',
  runAttempt: '1',
  job: 'deploy',
  actor: 'someone',
  serverUrl: 'https://github.com',
  apiUrl: '',
  workspace: '',
  tempDir: '',
};
const origin = { subject, environment: 'Production', context };

async function noticesOf(image: string) {
  const region = await makeRegion('ecs', { seed: 11, apps: { bad: badApps.errors } });
  registerImage(region, image);
  const events: KitEvent[] = [];
  const result = await shift(region, {}, { onEvent: (event) => void events.push(event) });
  const told = events.filter(isDecision);
  const notices: readonly Notice[] = [
    startedNotice(origin, 0, result.report.startedAt),
    ...told.map((event, index) => decisionNotice(origin, index + 1, event)),
    endedNotice(origin, told.length + 1, result.report.endedAt, result),
  ];
  const codes = notices.map((each) => (each.kind === 'decision' ? each.code : each.kind));
  return { result, events, notices, codes };
}

test('a good one: each step and the end, in their order, and nothing else', async () => {
  const { events, notices, codes, result } = await noticesOf('v2');
  expect(notices.flatMap(noticeProblems)).toEqual([]);
  // Green is attached at 0 first.
  expect(codes.filter((code) => code === 'shift.weights-written')).toHaveLength(4);
  expect(codes.filter((code) => code === 'shift.step-passed').length).toBeGreaterThanOrEqual(2);
  expect([codes[0], codes.at(-1)]).toEqual(['started', 'ended']);
  expect(codes).toContain('shift.promoted');
  expect(notices.at(-1)).toMatchObject({ ok: true, outcome: 'promoted', message: result.report.sentence });
  // What is told as it happens is what the report says, and less than the log.
  expect(events).toEqual(result.report.events);
  expect(codes.length).toBeLessThan(events.length);
});

test('a bad one: the gate that failed comes before the outcome, with its reason', async () => {
  const { notices, codes } = await noticesOf('bad');
  expect(notices.flatMap(noticeProblems)).toEqual([]);
  expect(codes.indexOf('gate.failed')).toBeGreaterThan(0);
  expect(codes.at(-1)).toBe('ended');
  const ended = notices.at(-1)!;
  expect(ended).toMatchObject({ ok: false, outcome: 'rolled-back' });
  expect(mailOf(ended)).toContain('Outcome: rolled-back');
  expect(codes).not.toContain('shift.promoted');
});
