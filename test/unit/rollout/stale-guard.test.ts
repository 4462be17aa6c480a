import { describe, expect, test } from '@jest/globals';
import { staleness, staleQuestion } from '../../../src/rollout/stale-guard.ts';

const a = 'a'.repeat(40);
const b = 'b'.repeat(40);
const run = (repository: string, host = 'https://github.com') => `${host}/${repository}/actions/runs/1`;
const question = (
  marks: { commit?: string; run?: string },
  wanted: { commit?: string; repository?: string } = {},
) =>
  staleQuestion(
    { name: 'api:7', marks: { commit: marks.commit, run: marks.run } },
    { commit: 'commit' in wanted ? wanted.commit : b, repository: wanted.repository ?? 'o/r' },
  );

describe('before GitHub is asked', () => {
  test.each([
    ['another commit of this repository', question({ commit: a, run: run('o/r') }), 'ask'],
    ['its repository is not told', question({ commit: a }), 'ask'],
    ['spelt with other capitals', question({ commit: a, run: run('O/R') }), 'ask'],
    [
      'under a path of an enterprise server',
      question({ commit: a, run: run('o/r', 'https://h/git') }),
      'ask',
    ],
    ['the same commit', question({ commit: b }), 'fresh'],
    ['the same commit, shortened by hand', question({ commit: b.slice(0, 7) }), 'fresh'],
    ['no mark', question({}), 'unknown'],
    ['another repository', question({ commit: a, run: run('o/other') }), 'unknown'],
    ['a wanted revision without a mark', question({ commit: a }, { commit: undefined as never }), 'unknown'],
  ])('%s: %s', (_name, found, kind) => expect(found.kind).toBe(kind));
});

describe('the answer', () => {
  const asked = { live: a, wanted: b };
  const compared = (status: 'ahead' | 'behind' | 'identical' | 'diverged') =>
    staleness('api:7', asked, { ok: true, value: { status, aheadBy: 1, behindBy: 2 } });
  test.each([
    ['ahead', 'fresh'],
    ['identical', 'fresh'],
    ['diverged', 'fresh'],
    ['behind', 'stale'],
  ] as const)('%s is %s', (status, kind) => expect(compared(status).kind).toBe(kind));

  test('stale says which commits, and what to do', () => {
    expect(compared('behind')).toMatchObject({
      refusal: {
        code: 'stale-commit',
        reason: expect.stringContaining(
          'api:7, which serves now, was built from aaaaaaa, which is 2 commits ahead of bbbbbbb',
        ),
        remedy: expect.stringContaining('guard-stale: false'),
      },
    });
  });

  test.each(['no-token', 'denied', 'not-found', 'rate-limited', 'unreachable', 'unexpected'] as const)(
    'a failure (%s) is no verdict',
    (kind) =>
      expect(staleness('api:7', asked, { ok: false, kind, reason: 'why' })).toEqual({
        kind: 'unknown',
        why: 'why',
      }),
  );
});
