import { describe, expect, test } from '@jest/globals';
import { stateOf } from '../../../src/announce/deployment.ts';
import { issueOf, markerOf, wantsIssue } from '../../../src/announce/issue.ts';
import { endedNotice } from '../../../src/announce/notice.ts';
import { mailOf, subjectOf } from '../../../src/announce/plain-notice.ts';
import type { ActionResult } from '../../../src/engine/action.ts';
import type { Report } from '../../../src/report/report.ts';
import { longestBody } from '../../../src/runner/github-api.ts';
import { createPorts } from '../image/ports-double.ts';

const { context } = createPorts({ call: () => Promise.reject(new Error('no AWS here')) }, '/temp');
const subject = { action: 'rolling-deploy', cluster: 'c', services: ['api'], listener: null } as const;

function resultOf(change: Partial<Report> = {}): ActionResult {
  const report: Report = {
    title: 'Rolling deploy of api',
    outcome: 'rolled-back',
    ok: false,
    sentence: 'It went back.',
    facts: [],
    events: [],
    sections: [],
    startedAt: 0,
    endedAt: 5000,
    ...change,
  };
  return { ok: report.ok, outputs: { cause: 'container-exited' }, report };
}
const textOf = (change: Partial<Report>) => ({
  subject,
  result: resultOf(change),
  context,
  docsBase: undefined,
  redact: (text: string) => text.replaceAll('hunter2', '***'),
});
const bodyOf = (change: Partial<Report>): string => issueOf(textOf(change)).body;

describe('the body of an issue', () => {
  const section = (text: string) => ({ kind: 'text', heading: 'Last lines', text }) as const;

  test('has untrusted words as text only, and no secrets', () => {
    const body = bodyOf({
      sentence: 'Closes #1, @team: <img src=x> [x](https://evil.example.com) hunter2',
      sections: [section('```\n@team hunter2 <script>')],
    });
    expect(body).not.toMatch(/hunter2|(?<!\\)#1|<img|\]\(https:\/\/evil/);
    expect(body).toContain('@\u200bteam');
    expect(body).toContain('````\n```\n@team *** <script>\n````');
  });

  test.each([60_000, 64_000, 66_000, 300_000])('with a log of %i characters GitHub takes it', (length) => {
    const body = bodyOf({ sections: [section('first'), section('x'.repeat(length))] });
    expect(body.length).toBeLessThanOrEqual(longestBody);
    expect(body.includes('The rest is too long')).toBe(length > 65_000);
    expect(body).toContain('first');
    // No block is left open.
    expect((body.match(/^```/gm) ?? []).length % 2).toBe(0);
  });

  test('a sentence without an end', () => {
    expect(bodyOf({ sentence: 'x'.repeat(100_000) }).length).toBeLessThanOrEqual(longestBody);
  });
});

test('one marker for each service, whoever rolled it back, and none that closes itself early', () => {
  expect(markerOf(subject)).toBe('<!-- ips-deploy-actions: rolling-deploy c api -->');
  expect(markerOf({ ...subject, action: 'rollback' })).toBe(markerOf(subject));
  const shift = {
    action: 'blue-green-shift',
    cluster: 'c',
    services: ['api'],
    listener: 'arn:listener',
  } as const;
  expect(markerOf(shift)).toBe('<!-- ips-deploy-actions: blue-green-shift arn:listener -->');
  expect(markerOf({ ...shift, cluster: null, services: [] })).toBe(markerOf(shift));
  expect(markerOf({ ...subject, services: ['a--> b'] })).toBe(
    '<!-- ips-deploy-actions: rolling-deploy c a b -->',
  );
});

test.each([
  ['rolling-deploy', 'rolled-back', false, true],
  ['rolling-deploy', 'failed', false, true],
  ['rolling-deploy', 'timed-out', false, true],
  ['rolling-deploy', 'refused', false, false],
  ['rolling-deploy', 'cancelled', false, false],
  ['rolling-deploy', 'superseded', false, false],
  ['rolling-deploy', 'succeeded', true, false],
  ['blue-green-shift', 'interfered', false, true],
  ['blue-green-shift', 'promoted', true, false],
  ['rollback', 'succeeded', true, true],
  ['rollback', 'rolled-back', true, true],
  ['rollback', 'no-change', true, false],
  ['rollback', 'planned', true, false],
  ['rollback', 'refused', false, false],
  ['rollback', 'failed', false, true],
] as const)('%s: %s, good %s: an issue %s', (action, outcome, ok, wanted) => {
  expect(wantsIssue(action, resultOf({ outcome, ok }))).toBe(wanted);
});

test.each([
  ['succeeded', true, 'success'],
  ['promoted-on-probes', true, 'success'],
  ['rolled-back', true, 'success'],
  ['rolled-back', false, 'failure'],
  ['timed-out', false, 'failure'],
  ['rollback-failed', false, 'failure'],
  ['refused', false, 'error'],
  ['cancelled', false, 'error'],
  ['unobserved', false, 'error'],
  ['superseded', false, 'inactive'],
  ['started', true, 'in_progress'],
  ['paused', true, 'in_progress'],
] as const)('%s, good %s: %s', (outcome, ok, state) => {
  expect(stateOf(outcome, ok)).toBe(state);
});

test('a mail has one line of ASCII as its subject, and says what to do', () => {
  const notice = endedNotice(
    { subject: { ...subject, services: ['größe'.repeat(40)] }, environment: undefined, context },
    3,
    0,
    resultOf({ remedy: 'Look at the log.', sentence: 'It\nwent back.' }),
  );
  expect(subjectOf(notice)).toMatch(/^FAILED: rolling-deploy of gr\?[ -~]{1,90}$/);
  expect(subjectOf(notice).length).toBeLessThan(100);
  expect(mailOf(notice)).toMatch(
    /What to do: Look at the log\.[\s\S]*Outcome: rolled-back\nCause: container-exited\n/,
  );
});
