/** Recorded shifts are decided again: the same policy comes to the same, another says where it parts. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { ConfigurationError } from '../../../src/runner/configuration-error.ts';
import type { ShiftPlan } from '../../../src/shift/plan.ts';
import { parseRecording } from '../../../src/shift/recording.ts';
import { replay } from '../../../src/shift/replay.ts';
import { putAlarm } from '../alarm.ts';
import { Killed, killedAt } from './dying.ts';
import {
  cluster,
  makeRegion,
  minute,
  type RegionOptions,
  registerImage,
  serviceNow,
  shift,
} from './region.ts';

const probesOff = { 'probe-count': '0', 'probes-per-step': '0' };

async function record(
  options: RegionOptions,
  inputs: Readonly<Record<string, string>> = {},
  disturb: (region: Awaited<ReturnType<typeof makeRegion>>) => void = () => undefined,
) {
  const region = await makeRegion('ecs', options);
  registerImage(region, 'v2');
  disturb(region);
  const files = new Map<string, string>();
  const { outputs } = await shift(
    region,
    { ...inputs, recording: 'flight.jsonl', events: 'events.jsonl' },
    { files },
  );
  return { outputs, text: files.get('flight.jsonl') ?? '', events: files.get('events.jsonl') ?? '', region };
}

describe('the same policy', () => {
  test.each([
    { what: 'a good release', app: {}, inputs: {} },
    { what: 'errors', app: badApps.errors, inputs: probesOff },
    { what: 'hanging', app: badApps.hangs, inputs: {} },
    { what: 'a crash', app: badApps.outOfMemory, inputs: {} },
  ])('comes to the same decisions: $what', async ({ app, inputs }) => {
    const { outputs, text } = await record({ seed: 301, apps: { v2: app } }, inputs);
    const again = replay(parseRecording(text));
    expect(again).toMatchObject({ parting: undefined, ending: outputs['outcome'] });
    expect(again.looks).toBeGreaterThan(10);
  });
  test.each([311, 312, 313, 314])('also where AWS fails and the job is cancelled, seed %i', async (seed) => {
    const { outputs, text } = await record({ seed }, {}, (region) => {
      region.world.loadFaults({
        rules: [
          { id: 'e', match: {}, probability: 0.2, effect: { kind: 'server-error' } },
          { id: 'r', match: { mutates: true }, probability: 0.1, effect: { kind: 'reset-after-effect' } },
        ],
        events: [],
      });
      if (seed % 2 === 0) region.world.kernel.after(4 * minute, () => region.cancel.abort());
    });
    expect(replay(parseRecording(text))).toMatchObject({ parting: undefined, ending: outputs['outcome'] });
  });
});

describe('blue is kept', () => {
  const kept = { 'blue-after': 'scale-to-zero', 'keep-blue-for': '10m', timeout: '2h' };

  test('small, and gets its tasks before its traffic: the same decisions', async () => {
    const { outputs, text } = await record({ seed: 315 }, { ...kept, 'keep-blue-at': '1' }, (region) => {
      const { kernel } = region.world;
      const spoil = (): void => {
        region.world.must('ecs', 'UpdateService', {
          cluster,
          service: 'api-green',
          taskDefinition: 'api:1',
        });
      };
      const look = (): void => {
        if (serviceNow(region, 'api-blue').desiredCount === 1) kernel.after(3 * minute, spoil);
        else kernel.after(1000, look);
      };
      look();
    });
    expect(outputs).toMatchObject({ outcome: 'rolled-back', cause: 'green-superseded' });
    expect(text).toContain('"kind":"refill-blue"');
    expect(replay(parseRecording(text))).toMatchObject({ parting: undefined, ending: 'rolled-back' });
  });

  test('whole, as recordings from before that have it', async () => {
    const { text } = await record({ seed: 316 }, kept);
    const old = text.replace('"keepBlueAt":"all",', '');
    expect(old).not.toBe(text);
    expect(replay(parseRecording(old))).toMatchObject({ parting: undefined, ending: 'promoted' });
  });
});

describe('another policy', () => {
  const withObjective =
    (errorRate: number) =>
    (plan: ShiftPlan): ShiftPlan => ({ ...plan, objectives: { ...plan.objectives, errorRate } });

  test('would have rolled back, and the replay says when', async () => {
    const { outputs, text } = await record(
      { seed: 321, apps: { v2: { errorRate: 0.0008 } } },
      { ...probesOff, steps: '100', 'bake-time': '10m' },
    );
    // Far below what is allowed: the judge lets it pass.
    expect(outputs['outcome']).toBe('promoted');
    const { parting } = replay(parseRecording(text), withObjective(0.0001));
    expect(parting?.replayed).toMatchObject({ phase: 'undo', cause: 'objective-errors' });
    expect(parting?.sentence).toMatch(
      /^After .* it would have rolled back: Green failed .*the objective allows 0\.01 %.*(earlier|did not go back)\.$/,
    );
  });
  test('would not have rolled back', async () => {
    const { outputs, text } = await record({ seed: 322 }, { alarms: 'checkout' }, (region) => {
      putAlarm(region.world, 'checkout');
      region.world.loadFaults({
        rules: [],
        events: [
          { id: 'ring', atMs: 3 * minute, event: { kind: 'alarm', name: 'checkout', state: 'ALARM' } },
        ],
      });
    });
    expect(outputs).toMatchObject({ outcome: 'rolled-back', cause: 'alarm' });
    const { parting } = replay(parseRecording(text), (plan) => ({ ...plan, alarms: [] }));
    expect(parting?.sentence).toContain('it would not have rolled back, as the recorded shift did (alarm)');
  });
  test('would have held longer', async () => {
    const { text } = await record({ seed: 323 });
    const longer = (plan: ShiftPlan): ShiftPlan => ({
      ...plan,
      steps: plan.steps.map((step) => ({ ...step, bakeTimeMs: 20 * minute })),
    });
    expect(replay(parseRecording(text), longer).parting?.sentence).toMatch(
      /it would have gone on holding at 10 %, where the recorded shift went on(\.|: .+\.)$/,
    );
  });
});

describe('npm run replay', () => {
  const command = join(import.meta.dirname, '../../../src/main/replay.ts');
  let folder = '';
  let file = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ips-replay-'));
    file = join(folder, 'flight.jsonl');
    // It fails no more than blue did, so that nothing but the alarm takes it back.
    const failing = { errorRate: 0.02 };
    const { outputs, text } = await record(
      { seed: 351, apps: { v1: failing, v2: failing } },
      { ...probesOff, accept: 'unproven', alarms: 'checkout', steps: '100', 'bake-time': '20m' },
      (region) => {
        putAlarm(region.world, 'checkout');
        const ring = { kind: 'alarm', name: 'checkout', state: 'ALARM' } as const;
        region.world.loadFaults({ rules: [], events: [{ id: 'ring', atMs: 12 * minute, event: ring }] });
      },
    );
    expect(outputs).toMatchObject({ outcome: 'rolled-back', cause: 'alarm' });
    writeFileSync(file, text);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const run = (...words: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...words], { encoding: 'utf8' });
    return { status, said: `${stdout}${stderr}`.trim() };
  };

  test('decides again as it was decided', () => {
    expect(run(file)).toEqual({
      status: 0,
      said: expect.stringMatching(/^\d+ decisions made again, all the same: rolled-back\.$/),
    });
  });

  test('says how much earlier an objective would have taken it back', () => {
    const { status, said } = run(file, '--policy', 'slo-error-rate=1%');
    expect(status).toBe(0);
    const [, after = '', earlier = ''] =
      /^\d+ decisions are the same\. After (\S+) it would have rolled back: Green failed [\d,]+ of [\d,]+ requests, and the objective allows 1 %; evidence [\d,]+:1, limit 400:1\. That is (\S+) earlier\.$/.exec(
        said,
      ) ?? [];
    const secondsOf = (text: string): number => {
      const [, minutes = '0', seconds = '0'] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(text) ?? [];
      return 60 * Number(minutes) + Number(seconds);
    };
    // The alarm rang after twelve minutes; an alarm is looked at every quarter of a minute.
    expect(secondsOf(earlier)).toBeGreaterThan(300);
    expect(Math.abs(secondsOf(after) + secondsOf(earlier) - 12 * 60)).toBeLessThanOrEqual(20);
  });

  test.each([
    ['slo-error-rate=much', /^slo-error-rate cannot be "much"; allowed is a percentage such as 0\.5%/],
    ['client-errors=count', /^client-errors cannot be "count"; allowed is /],
    ['accept=alarm-active', /^alarm-active: findings of the preflight/],
    ['alarms=stock', /^Not in the recording: stock\.$/],
    ['slo-latency=p95 400ms', /^Requests slower than 0\.4 s are not in the recording; none was counted\.$/],
    ['steps=100', /^There is no policy "steps=100"\.\n\nUsage: /],
  ])('a policy that cannot be: %s', (policy, said) => {
    expect(run(file, '--policy', policy)).toEqual({ status: 2, said: expect.stringMatching(said) });
  });

  test('a recording of a version that told nothing of 4xx', () => {
    const old = join(import.meta.dirname, 'recordings', 'whole-looks.jsonl');
    expect(run(old, '--policy', 'client-errors=judge')).toEqual({
      status: 2,
      said: 'The recording is too old: it does not tell of 4xx.',
    });
  });

  test('a file that is not there, and no file', () => {
    expect(run(join(folder, 'none.jsonl'))).toEqual({
      status: 2,
      said: expect.stringMatching(/^ENOENT: no such file/),
    });
    expect(run()).toEqual({ status: 2, said: expect.stringMatching(/^Usage: npm run replay/) });
  });
});

test('a recording holds no secret, and its events are JSON lines with codes', async () => {
  const { text, events } = await record({ seed: 331 });
  expect(text).not.toContain('secret-');
  const codes = events
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).code);
  expect(codes).toEqual(
    expect.arrayContaining(['shift.locked', 'shift.weights-written', 'shift.step-passed', 'shift.promoted']),
  );
});

describe('a run that is killed', () => {
  async function killed(seed: number, call: number) {
    const region = await makeRegion('ecs', { seed });
    registerImage(region, 'v2');
    const files = new Map<string, string>();
    const inputs = { recording: 'flight.jsonl', events: 'events.jsonl' };
    const run = shift(region, inputs, { files, wrap: killedAt(call, true).wrap });
    await expect(run).rejects.toBeInstanceOf(Killed);
    return { text: files.get('flight.jsonl') ?? '', events: files.get('events.jsonl') ?? '', region };
  }

  test.each([60, 120, 240])('at call %i leaves what it saw and decided until then', async (call) => {
    const { text, events, region } = await killed(340 + call, call);
    const again = replay(parseRecording(text));
    expect(again).toMatchObject({ parting: undefined, ending: undefined });
    expect(again.looks).toBe(region.states.length);
    const codes = events.trim().split('\n');
    expect(codes.map((line) => JSON.parse(line).code)).toContain('shift.locked');
  });

  test('in the middle of a line: the rest is read', async () => {
    const { text } = await killed(341, 200);
    const whole = parseRecording(text);
    for (const cut of [text.length - 1, text.length - 40, Math.floor(text.length / 2)]) {
      const lines = parseRecording(text.slice(0, cut));
      expect(lines).toEqual(whole.slice(0, lines.length));
      expect(lines.length).toBe(text.slice(0, cut).split('\n').length - 1);
      expect(replay(lines).parting).toBeUndefined();
    }
  });

  test('a disk that fills up is told, and takes nothing back', async () => {
    const region = await makeRegion('ecs', { seed: 342 });
    registerImage(region, 'v2');
    let left = 20;
    const full = new Error('the disk is full');
    const result = await shift(
      region,
      { recording: 'flight.jsonl' },
      {
        appendFile: async () => {
          if (--left < 0) throw full;
        },
      },
    );
    expect(result.outputs['outcome']).toBe('promoted');
    expect(region.log).toContain('warning: flight.jsonl is not whole: the disk is full');
  });

  test('a file that cannot be written is told before anything is changed', async () => {
    const region = await makeRegion('ecs', { seed: 343 });
    registerImage(region, 'v2');
    const run = shift(
      region,
      { recording: 'flight.jsonl' },
      {
        writeFile: async () => {
          throw new ConfigurationError('file-unwritable', 'flight.jsonl cannot be written.');
        },
      },
    );
    await expect(run).rejects.toThrow('cannot be written');
    expect(region.states).toEqual([]);
  });

  test('a report that cannot be written takes nothing back', async () => {
    const region = await makeRegion('ecs', { seed: 344 });
    registerImage(region, 'v2');
    const { outputs } = await shift(
      region,
      { report: 'report.json' },
      {
        writeFile: async () => {
          throw new ConfigurationError('file-unwritable', 'report.json cannot be written: the disk is full.');
        },
      },
    );
    expect(outputs['outcome']).toBe('promoted');
    expect(region.log).toContain('warning: report.json cannot be written: the disk is full.');
  });
});

test('a recording of the time when each look read everything is decided as it was', () => {
  const file = join(import.meta.dirname, 'recordings', 'whole-looks.jsonl');
  const lines = parseRecording(readFileSync(file, 'utf8'));
  expect(replay(lines)).toEqual({ looks: 60, parting: undefined, ending: 'rolled-back' });
  const { parting } = replay(lines, (plan) => ({ ...plan, maxErrorRate: 0.5, requiredHealthy: 4 }));
  expect(parting?.sentence).toMatch(/^After .* it would have /);
});

test('what is no recording is told by its line', () => {
  expect(() => parseRecording('{"kind":"look"}\nnonsense\n')).toThrow('Line 2 is no line of a recording.');
  expect(() => replay(parseRecording('{"kind":"look"}\n'))).toThrow('does not begin with its plan');
  expect(() => replay([])).toThrow('empty');
});
