/**
 * Which jobs run after what became of the others: approvals that are refused or expire, runs that are cancelled, runners
 * that are lost, bad waves. act has no approvals; the conditions are those of the workflows, evaluated as GitHub does.
 */
import { describe, expect, test } from '@jest/globals';
import { type Ended, type JobResult, namesOf, play } from '../support/expressions.ts';
import { defaultsOf, reusable } from '../support/kit-workflows.ts';

describe('progressive: who takes the traffic back', () => {
  const { progressive } = reusable;
  const outcomes = [
    '',
    'paused',
    'promoted',
    'promoted-on-probes',
    'no-change',
    'rolled-back',
    'rollback-failed',
    'interfered',
    'refused',
    'cancelled',
    'timed-out',
  ] as const;
  const good: ReadonlySet<string> = new Set(['paused', 'promoted', 'promoted-on-probes', 'no-change']);
  /** A job that was refused its approval, or waited for too long, failed; a run that was cancelled has cancelled jobs. */
  const endings: readonly Ended[] = outcomes.flatMap((outcome) => {
    const results: readonly JobResult[] =
      outcome === '' || !good.has(outcome) ? ['failure', 'cancelled'] : ['success', 'failure', 'cancelled'];
    return results.map((result) => ({ result, outputs: { outcome } }));
  });
  const playWith = (first: Ended, second: Ended, last: Ended, event = 'push') =>
    play(
      progressive!.jobs,
      { inputs: { 'git-tag': '', 'issue-on-rollback': false }, github: { event_name: event } },
      (job) => ({ first, second, last })[job] ?? { result: 'success', outputs: {} },
    );
  const paused: Ended = { result: 'success', outputs: { outcome: 'paused' } };
  const promoted: Ended = { result: 'success', outputs: { outcome: 'promoted' } };
  const without = (result: JobResult): Ended => ({ result, outputs: {} });
  const ended = (result: JobResult, outcome: string): Ended => ({ result, outputs: { outcome } });

  test.each([
    ['all approved', paused, paused, promoted, false],
    ['the second approval refused, or expired', paused, without('failure'), promoted, true],
    ['the last approval refused, or expired', paused, paused, without('failure'), true],
    ['the run cancelled while it waits for the second', paused, without('cancelled'), promoted, true],
    ['the run cancelled while it waits for the last', paused, paused, without('cancelled'), true],
    ['the runner of the second lost', paused, without('failure'), promoted, true],
    ['the second cancelled in the middle', paused, ended('cancelled', 'cancelled'), promoted, true],
    ['its own way back failed', paused, ended('failure', 'rollback-failed'), promoted, true],
    ['it took the traffic back itself', paused, ended('failure', 'rolled-back'), promoted, false],
    ['the last took it back itself', paused, paused, ended('failure', 'rolled-back'), false],
    ['somebody else has the weights now', paused, ended('failure', 'interfered'), promoted, false],
    ['nothing rested any more', paused, ended('failure', 'refused'), promoted, false],
    ['the first never rested', ended('failure', 'rolled-back'), paused, promoted, false],
    ['the first was refused its inputs', without('failure'), paused, promoted, false],
    ['the last paused too, and then its job failed', paused, paused, ended('failure', 'timed-out'), true],
  ] as const)('%s', (_, first, second, last, back) => {
    const played = playWith(first, second, last);
    expect(played['back']!.result).toBe(back ? 'success' : 'skipped');
    // In the environment of production it is shown from when all of the traffic is on it, not before.
    expect(played['shown']!.result).toBe(played['last'] === promoted ? 'success' : 'skipped');
  });

  test('of all endings: it runs exactly where a weight may still rest that nobody goes on with', () => {
    const mayRest: ReadonlySet<string> = new Set(['', 'cancelled', 'timed-out', 'rollback-failed']);
    let takenBack = 0;
    // Nothing lets the last rest.
    // Of the first only counts whether it rests.
    const firsts = endings.filter(({ outputs }) =>
      ['', 'paused', 'rolled-back'].includes(outputs['outcome']!),
    );
    for (const first of firsts)
      for (const second of endings)
        for (const last of endings.filter(({ outputs }) => outputs['outcome'] !== 'paused')) {
          const { back, second: ran, last: ranLast } = playWith(first, second, last);
          const rests = first.outputs['outcome'] === 'paused';
          const stopped = (job: Ended): boolean =>
            job.result !== 'success' && mayRest.has(job.outputs['outcome'] ?? '');
          const wanted =
            rests && (stopped(ran!) || (second.outputs['outcome'] === 'paused' && stopped(ranLast!)));
          const told = `${JSON.stringify([first, second, last])} -> ${back!.result}`;
          if ((back!.result === 'success') !== wanted) throw new Error(told);
          if (wanted) takenBack++;
        }
    expect(takenBack).toBeGreaterThan(1000);
  });

  test('nothing of it for a pull request', () => {
    expect(playWith(without('failure'), paused, promoted, 'pull_request')['back']!.result).toBe('skipped');
    expect(playWith(paused, without('failure'), promoted, 'pull_request_target')['back']!.result).toBe(
      'skipped',
    );
  });
});

describe('fleet: the first bad wave is the last', () => {
  const { fleet } = reusable;
  const waves = Object.keys(fleet!.jobs).filter((name) => name.startsWith('wave-'));

  test.each(waves.map((_, index) => index + 1))('where it is wave %i of ten', (bad) => {
    const planned = Object.fromEntries(waves.map((name) => [name, '[{"service":"s"}]']));
    const ended = play(
      fleet!.jobs,
      { inputs: defaultsOf(fleet!), github: { event_name: 'push' } },
      (job) => ({
        result: job === `wave-${bad}` ? 'failure' : 'success',
        outputs: job === 'plan' ? planned : {},
      }),
    );
    expect(waves.map((name) => ended[name]!.result)).toEqual(
      waves.map((_, index) => (index + 1 < bad ? 'success' : index + 1 === bad ? 'failure' : 'skipped')),
    );
    expect(ended['outcome']!.result).toBe('success');
  });

  test.each([1, 3, 10])('with %i waves planned, these run', (count) => {
    const planned = Object.fromEntries(waves.map((name, index) => [name, index < count ? '[{}]' : '[]']));
    const ended = play(
      fleet!.jobs,
      { inputs: defaultsOf(fleet!), github: { event_name: 'push' } },
      (job) => ({ result: 'success', outputs: job === 'plan' ? planned : {} }),
    );
    expect(waves.filter((name) => ended[name]!.result === 'success')).toHaveLength(count);
  });

  test('waves give their services all that the fleet was given, and differ in nothing but their services', () => {
    const plain = (name: string) =>
      JSON.stringify(fleet!.jobs[name])
        .replaceAll(/wave-\d+/g, 'wave')
        .replace(/Wave \d+/, 'Wave');
    const [first, ...others] = waves;
    expect(namesOf(fleet!.jobs[first!]!)).toEqual(['plan']);
    for (const name of others)
      expect(plain(name).replace('"needs":["plan","wave"]', '"needs":["plan"]')).toBe(plain(first!));
    // A service that is being deployed is not broken off for another one.
    expect(reusable['fleet-wave']!.jobs['deploy']!.strategy!['fail-fast']).toBe(false);
  });
});
