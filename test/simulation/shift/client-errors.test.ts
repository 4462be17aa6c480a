/** A green whose routes are gone answers, and so is well by every count but that of 4xx: whole shifts in virtual time. */
import { describe, expect, test } from '@jest/globals';
import { parseRecording } from '../../../src/shift/recording.ts';
import { replay } from '../../../src/shift/replay.ts';
import { liveWeights, makeRegion, minute, type Region, registerImage, shift } from './region.ts';

const steps = { steps: '10,50,100', 'bake-time': '5m' };
/** Nothing but traffic looks at green. */
const probesOff = { ...steps, 'probe-count': '0', 'probes-per-step': '0' };
const before = { 'api-a': 1, 'api-b': 0 };
const usual = { clientErrorRate: 0.01 };
const gone = { clientErrorRate: 1 };

async function run(
  seed: number,
  apps: Parameters<typeof makeRegion>[1] & object,
  inputs: Readonly<Record<string, string>>,
  disturb: (region: Region) => void = () => undefined,
) {
  const region = await makeRegion('ecs', { seed, ...apps });
  registerImage(region, 'v2');
  disturb(region);
  const files = new Map<string, string>();
  const { outputs, report } = await shift(region, { recording: 'flight.jsonl', ...inputs }, { files });
  const table = (heading: RegExp) => {
    const found = report.sections.find((each) => 'heading' in each && heading.test(each.heading));
    return found?.kind === 'table' ? found : undefined;
  };
  return { region, outputs, report, table, lines: parseRecording(files.get('flight.jsonl') ?? '') };
}

describe('404 to everybody', () => {
  const apps = { apps: { v1: usual, v2: gone } };

  test('is promoted where nobody asks, and says no word of it', async () => {
    const { outputs, table, region } = await run(901, apps, probesOff);
    expect(outputs).toMatchObject({ outcome: 'promoted', cause: '' });
    expect(liveWeights(region)).toMatchObject({ 'api-b': 100 });
    expect(table(/^Evidence$/)?.rows.map(([stream]) => stream)).not.toContain('Refused requests (4xx)');
    expect(table(/^Minutes that were judged/)?.columns).not.toContain('Green 4xx');
  });

  test('goes back at the first step where it is judged', async () => {
    const { outputs, report, table, region } = await run(902, apps, {
      ...probesOff,
      'client-errors': 'judge',
    });
    expect(outputs).toMatchObject({ outcome: 'rolled-back', cause: 'client-errors', step: '10' });
    expect(liveWeights(region)).toEqual(before);
    expect(report.sentence).toMatch(
      /^Rolled back at 10 %: Green refused ([\d,]+) of \1 requests \(4xx\), blue \d+ of [\d,]+; evidence 900:1, limit 400:1\./,
    );
    expect(JSON.parse(outputs['evidence'] ?? '')).toMatchObject({ stream: 'client-errors', limit: 400 });
    // 600 a minute for the two minutes of data and the delay of CloudWatch.
    expect(Number(outputs['harmed'])).toBeGreaterThan(1200);
    expect(Number(outputs['harmed'])).toBeLessThan(3600);
    const row = table(/^Evidence$/)?.rows.find(([stream]) => stream === 'Refused requests (4xx)');
    expect(row?.slice(3)).toEqual(['harm 900:1', '400:1', '❌ worse']);
    expect(table(/^Minutes that were judged/)?.columns).toContain('Green 4xx');
  });

  test('also with all the traffic at once, and while counts are five minutes late', async () => {
    const judge = { ...probesOff, 'client-errors': 'judge' };
    const alone = await run(903, apps, { ...judge, steps: '100' });
    expect(alone.outputs).toMatchObject({ outcome: 'rolled-back', cause: 'client-errors', step: '100' });
    // In the minute of the write blue has some of it; then green is alone.
    expect(alone.report.sentence).toMatch(
      /^Rolled back at 100 %: Green refused .* evidence 750:1, limit 400:1\./,
    );
    const late = await run(904, apps, judge, ({ world }) =>
      world.cloudwatch.setPublishing({ minDelayMs: 5 * minute, maxDelayMs: 5 * minute }),
    );
    expect(late.outputs).toMatchObject({ outcome: 'rolled-back', cause: 'client-errors', step: '10' });
  });

  test('a recording says what the other policy would have done', async () => {
    const ignored = await run(905, apps, probesOff);
    expect(replay(ignored.lines)).toMatchObject({ parting: undefined, ending: 'promoted' });
    const judged = replay(ignored.lines, (plan) => ({ ...plan, clientErrors: 'judge' }));
    expect(judged.parting?.sentence).toMatch(
      /^After [3-5]m\d*s? it would have rolled back: Green refused ([\d,]+) of \1 requests \(4xx\), blue .* The recorded shift did not go back\.$/,
    );
    const { lines } = await run(906, apps, { ...probesOff, 'client-errors': 'judge' });
    expect(replay(lines)).toMatchObject({ parting: undefined, ending: 'rolled-back' });
    const { parting } = replay(lines, (plan) => ({ ...plan, clientErrors: 'ignore' }));
    expect(parting?.sentence).toMatch(
      /it would not have rolled back, as the recorded shift did \(client-errors\)/,
    );
  });
});

describe('where it is judged', () => {
  const judge = { ...steps, 'client-errors': 'judge' };

  test.each([
    ['refuses as much as blue', 911, { clientErrorRate: 0.05 }, { clientErrorRate: 0.05 }],
    ['refuses less', 912, { clientErrorRate: 0.05 }, {}],
    ['refuses nothing, as blue', 913, {}, {}],
  ])('a good green that %s is promoted, its probes among the refused ones', async (_, seed, v1, v2) => {
    const { outputs, table } = await run(seed, { apps: { v1, v2 } }, { ...judge, 'probe-paths': '/cart' });
    expect(outputs).toMatchObject({ outcome: 'promoted', cause: '' });
    expect(
      table(/^Evidence$/)
        ?.rows.find(([stream]) => stream === 'Refused requests (4xx)')
        ?.at(-1),
    ).toBe('✅');
  });

  test.each([
    ['five more in a hundred', 921, 0.06, '10'],
    ['one more in a hundred', 922, 0.02, /^(10|50)$/],
  ])('%s go back', async (_, seed, clientErrorRate, step) => {
    const { outputs } = await run(
      seed,
      { apps: { v1: usual, v2: { clientErrorRate } } },
      { ...judge, 'probe-count': '0', 'probes-per-step': '0' },
    );
    expect(outputs).toMatchObject({ outcome: 'rolled-back', cause: 'client-errors' });
    expect(outputs['step']).toMatch(step);
  });
});
